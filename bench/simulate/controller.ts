// A simulated controller: the real meter, register slots and ledger keeper over a simulated disk
// and clock. It starts, samples, ticks, stops and is cut as the meter process does it.

import { ClockWatch, STOPPED_MS } from "../../firmware/meter/clock-watch.ts";
import { Metering, type MeteringOptions } from "../../firmware/meter/metering.ts";
import { LedgerKeeper } from "../../runtime/ledger/keeper.ts";
import type { Signer } from "../../runtime/ledger/keys.ts";
import { type Leaf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import { type PastLife, pastLife } from "../../runtime/usage/past-life.ts";
import {
  RegisterSlots,
  type SavedRegisters,
  type SlotFile,
  SlotsBroken,
} from "../../runtime/usage/register-slots.ts";
import type { Registers } from "../../runtime/usage/usage-state.ts";
import type { Configuration } from "./machines.ts";
import { SampleLog } from "./oracle.ts";
import type { SimClock } from "./sim-clock.ts";
import type { SimDisk } from "./sim-disk.ts";

const QUARTER_HOUR_MS = 15 * 60_000;
/** The clocks are looked at more often than what counts as a stopped process. */
const LOOK_EVERY_MS = STOPPED_MS - 100;
/** Saves that a life remembers: what a recovery may find is among the newest. */
const SAVES_KEPT_MAX = 64;
/** Chained promises that a save and its successor need to end. */
const TURNS_PER_SAVE = 6;

/** What a test may replace by something that is wrong, to see that the world finds it. */
export interface Parts {
  readonly slotFile: (file: SlotFile) => SlotFile;
  readonly clock: (clock: SimClock) => Clock;
  readonly past: typeof pastLife;
  readonly metering: (options: MeteringOptions) => Metering;
  readonly savedState: (state: SavedRegisters) => SavedRegisters;
  /** What a controller does with the hours of another one that it continues. */
  readonly offset: (metering: Metering, registers: Registers) => void;
  /** The disk of a controller that replaces another. */
  readonly freshDisk: (fresh: SimDisk, old: SimDisk) => SimDisk;
  /** Whether the meter is told of a bad sample. */
  readonly tellsBad: boolean;
}

export const REAL_PARTS: Parts = {
  slotFile: (file) => file,
  clock: (clock) => clock,
  past: pastLife,
  metering: (options) => new Metering(options),
  savedState: (state) => state,
  offset: () => undefined,
  freshDisk: (fresh) => fresh,
  tellsBad: true,
};

export interface ControllerOptions {
  readonly id: string;
  readonly signer: Signer;
  readonly disk: SimDisk;
  readonly parts: Parts;
  readonly software: string;
}

/** The meter process, from one start to its end. */
export interface MeterLife {
  readonly clock: SimClock;
  readonly metering: Metering;
  readonly keeper: LedgerKeeper;
  readonly configuration: Configuration;
  readonly past: PastLife | null;
  readonly startedAt: number;
  /** Registers after the recovery. */
  readonly began: Registers;
  /** What the meter was told, by signal. */
  readonly samples: readonly SampleLog[];
  readonly slotsWereBroken: boolean;
  /** The newest leaf that was on the disk when it started. */
  readonly lastLeaf: Leaf | null;
}

export class SimController {
  readonly id: string;
  readonly disk: SimDisk;
  readonly signer: Signer;
  life: MeterLife | null = null;
  /** What the newest lives asked to be saved. */
  readonly saves: SavedRegisters[] = [];
  onLeaf: (leaf: Leaf) => void = () => {};
  readonly #options: ControllerOptions;
  #watch: ClockWatch | null = null;
  #lookedAt = 0;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.id = options.id;
    this.disk = options.disk;
    this.signer = options.signer;
  }

  /** The meter process starts: what is on the disk decides what it goes on from. */
  async start(clock: SimClock, configuration: Configuration): Promise<MeterLife> {
    const { disk, parts } = this.#options;
    const opened = await this.#openSlots();
    const end = disk.ledgerEnd();
    const last = end.lastLeaf === null ? null : parseLeaf(end.lastLeaf);
    if (typeof last === "string") throw new TypeError(last);
    const ledger = last && {
      boot: last.boot,
      mono: last.mono,
      registers: last.regs,
      starts: last.bseq,
    };
    const past = parts.past({ slots: opened.saved, ledger, journal: null });
    const keeper = this.#keeperOf(clock, configuration, opened.saved?.ledger, end);
    const metering = this.#meteringOf(clock, configuration, past, keeper, opened.slots);
    const startedAt = clock.mono();
    if (end.size === 0) metering.recover({ key: keeper.key, segment: 1 });
    else metering.recover();
    if (last !== null && last.cfg !== configuration.sha256) {
      const detail = { previous: last.cfg, file: "simulated.yaml" };
      keeper.add("CONFIG", detail, metering.moment());
    }
    this.#watch = this.#watchOf(clock, metering);
    this.#lookedAt = clock.mono();
    this.life = {
      clock,
      metering,
      keeper,
      configuration,
      past,
      startedAt,
      began: metering.usage.registers,
      samples: configuration.machine.signals.map(() => new SampleLog()),
      slotsWereBroken: opened.wereBroken,
      lastLeaf: last,
    };
    disk.commit();
    await settleSaves();
    return this.life;
  }

  /** NaN is a bad sample. */
  sample(signal: number, value: number): void {
    const { metering, samples, clock } = this.life!;
    const at = clock.mono();
    samples[signal]!.add(at, value);
    if (!Number.isNaN(value)) metering.intake.accept(signal, value, at);
    else if (this.#options.parts.tellsBad) metering.intake.reject(signal, "timeout", at);
  }

  /** In a quiet stretch the process looks at its clocks, and nothing else happens. */
  looksNextAt(worldTime: number): number {
    return worldTime + LOOK_EVERY_MS - (this.life!.clock.mono() - this.#lookedAt);
  }

  look(): void {
    this.#lookedAt = this.life!.clock.mono();
    this.#watch!.look();
  }

  tookOffset(metering: Metering, registers: Registers): void {
    this.#options.parts.offset(metering, registers);
  }

  tick(): void {
    const { metering, clock } = this.life!;
    this.look();
    metering.tick(clock.mono());
    this.disk.commit();
  }

  #watchOf(clock: SimClock, metering: Metering): ClockWatch {
    return new ClockWatch({
      clock,
      sinceBoot: () => clock.sinceBoot(),
      events: {
        gap: (cause, forMs, addedMs, now) => {
          metering.gap(cause, forMs, addedMs, now);
          // Nobody sampled in between: the second computation is told as by a bad sample.
          for (const log of this.life!.samples) log.add(now, Number.NaN);
        },
        anchor: (source) => metering.anchor({ source }),
      },
    });
  }

  #keeperOf(
    clock: SimClock,
    configuration: Configuration,
    slots: SavedRegisters["ledger"],
    end: ReturnType<SimDisk["ledgerEnd"]>,
  ): LedgerKeeper {
    const { id, signer, software, disk } = this.#options;
    return new LedgerKeeper({
      controller: id,
      segment: 1,
      end,
      log: disk,
      instantAt: (at) => clock.instantAt(at),
      signer,
      software,
      configuration: configuration.sha256,
      checkpointEveryMs: QUARTER_HOUR_MS,
      tickEveryMs: QUARTER_HOUR_MS,
      ...(slots ? { counters: slots } : {}),
      onLeaf: (leaf) => this.onLeaf(leaf),
    });
  }

  #meteringOf(
    clock: SimClock,
    { machine }: Configuration,
    past: PastLife | null,
    keeper: LedgerKeeper,
    slots: RegisterSlots,
  ): Metering {
    const { parts } = this.#options;
    return parts.metering({
      machine,
      clock: parts.clock(clock),
      recorder: NO_JOURNAL,
      keeper,
      past,
      save: (state) => {
        this.saves.push(state);
        if (this.saves.length > SAVES_KEPT_MAX) this.saves.shift();
        // A save that fails is made again with the next one; the meter process logs it.
        slots.save(parts.savedState(state)).catch(ignoreFailedSave);
      },
    });
  }

  async #openSlots() {
    const { disk, parts } = this.#options;
    const slots = new RegisterSlots(parts.slotFile(disk));
    try {
      return { slots, saved: await slots.open(), wereBroken: false };
    } catch (error) {
      if (!(error instanceof SlotsBroken)) throw error;
      disk.clearSlots();
      const fresh = new RegisterSlots(parts.slotFile(disk));
      return { slots: fresh, saved: await fresh.open(), wereBroken: true };
    }
  }
}

function ignoreFailedSave(error: unknown): void {
  if (!(error instanceof Error && error.message === "EIO")) throw error;
}

/** A journal is not asked here: slots and ledger are what hours go on from. */
const NO_JOURNAL = { sample: () => undefined, record: () => undefined };

/** Lets saves that end at once come to their end. */
export async function settleSaves(): Promise<void> {
  for (let turn = 0; turn < TURNS_PER_SAVE; turn++) await null;
}
