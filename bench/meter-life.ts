// One machine life under three meters at once: ours as it is, over the simulated disk and clock,
// and the two peers beside it. The truth is what the machine did while its controller had power.

import { sha256Hex } from "../runtime/ledger/bytes.ts";
import type { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { HISTORY_EVERY_MS, MinuteHistory, WallClockDifferences } from "./meter-peers.ts";
import { Comebacks } from "./simulate/comebacks.ts";
import { REAL_PARTS } from "./simulate/controller.ts";
import { Life } from "./simulate/life.ts";
import { fastSigner } from "./simulate/run-life.ts";
import { WORLD_BEGINS_UTC } from "./simulate/sim-clock.ts";

export interface Trial {
  /** Power cuts, spread over the life. */
  readonly cuts: number;
  /** Steps of the wall clock, each put right hours later. */
  readonly steps: number;
  /** Local time that a meter of wall-clock differences reads. */
  readonly zone: string;
  /** The clocks change to summer time so long after the life began. */
  readonly summerAt?: number;
}

/** Machines of this number are sampled at the instant of each change. */
const EXACT_MACHINE = 1;
const HOUR_MS = 3_600_000;
const CLOSE_BEFORE_MS = 25_000;
/** When clocks changed to summer time in Europe. */
const SUMMER_UTC = Date.UTC(2026, 2, 29, 1);
const DOWN_MS = [5_000, 10 * 60_000] as const;

type Event = { readonly at: number; readonly kind: "cut" | "step" | "right" };

export class MeteredLife {
  readonly #random: SeededRandom;
  readonly #lengthMs: number;
  readonly #trial: Trial;
  readonly #life: Life;
  readonly #comebacks: Comebacks;
  readonly #wall = new WallClockDifferences();
  readonly #history = new MinuteHistory();
  #workedAt: number | null = null;
  /** How far the wall clock is from the truth; it goes on while the controller is down. */
  #errorMs = 0;

  constructor(random: SeededRandom, lengthMs: number, trial: Trial) {
    this.#random = random;
    this.#lengthMs = lengthMs;
    this.#trial = trial;
    const software = sha256Hex("metered");
    this.#life = new Life(EXACT_MACHINE, random.seed, REAL_PARTS, fastSigner(1), software);
    this.#comebacks = new Comebacks(this.#life, (chance) => chance.integer(...DOWN_MS));
  }

  /**
   * Lives it, and says by how many milliseconds each meter has counted too much or, below zero, too
   * little.
   */
  async errors(): Promise<Record<"ours" | (typeof PEERS)[number], number>> {
    const life = this.#life;
    life.onSample = (state) => {
      this.#wall.sampled(state, this.#localMs());
      this.#history.sampled(state);
      if (state === "WORKING") this.#workedAt ??= life.time.now;
    };
    await this.#comebacks.powerOn();
    this.#setWall();
    for (const event of this.#events()) {
      await this.#goTo(event.at - CLOSE_BEFORE_MS);
      await life.goTo(event.at, "closely");
      await this.#happens(event.kind);
    }
    await this.#goTo(this.#lengthMs - CLOSE_BEFORE_MS);
    await life.goTo(this.#lengthMs, "closely");
    // To the next rest: then nothing that was worked is undecided.
    while (life.truth.state === "WORKING") {
      await life.goTo(life.truth.changesAt + 1_000, "closely");
    }
    const trueMs = life.laws.trueMs.WORKING;
    return {
      ours: life.meter.metering.usage.registers.working - trueMs,
      "wall-clock differences": this.#wall.workingMs(this.#localMs()) - trueMs,
      "history sampled each minute": this.#history.workingMs(this.#utcMs()) - trueMs,
    };
  }

  async #happens(kind: Event["kind"]): Promise<void> {
    const life = this.#life;
    if (kind === "cut") {
      this.#wall.cut();
      this.#history.cut();
      life.disk.syncMs = 20;
      life.disk.cutPower();
      await this.#comebacks.afterCut();
    } else {
      const hours = this.#random.next() * 4 - 2;
      this.#errorMs = kind === "right" ? 0 : Math.round(hours * HOUR_MS);
    }
    this.#setWall();
  }

  #setWall(): void {
    const { wall } = this.#life.clock;
    wall.errorMs = this.#errorMs;
    wall.isSynchronised = this.#errorMs === 0;
    this.#life.lookAtWall();
  }

  /** In steps of a minute while the history has to look. */
  async #goTo(until: number): Promise<void> {
    const life = this.#life;
    while (life.time.now < until) {
      const nextAt = (Math.floor(life.time.now / HISTORY_EVERY_MS) + 1) * HISTORY_EVERY_MS;
      await life.goTo(Math.min(until, nextAt), "leaping");
      this.#history.commitsBy(this.#utcMs());
      if (life.time.now === nextAt) this.#history.minute(this.#utcMs());
    }
    this.#history.commitsBy(this.#utcMs());
  }

  #events(): readonly Event[] {
    const events: Event[] = [];
    const anyTime = () => this.#random.integer(HOUR_MS, this.#lengthMs - 2 * HOUR_MS);
    for (let cut = 0; cut < this.#trial.cuts; cut++) events.push({ at: anyTime(), kind: "cut" });
    for (let step = 0; step < this.#trial.steps; step++) {
      const at = anyTime();
      const rightAt = Math.min(this.#lengthMs - HOUR_MS, at + this.#random.integer(1, 6) * HOUR_MS);
      events.push({ at, kind: "step" }, { at: rightAt, kind: "right" });
    }
    return events.sort((one, other) => one.at - other.at);
  }

  /** When the machine first worked; null where it did not. */
  get workedAt(): number | null {
    return this.#workedAt;
  }

  #utcMs(): number {
    const { summerAt } = this.#trial;
    const beginsUtc = summerAt === undefined ? WORLD_BEGINS_UTC : SUMMER_UTC - summerAt;
    return beginsUtc + this.#life.time.now + this.#errorMs;
  }

  /** Local time as milliseconds, the way a clock on the wall is read. */
  #localMs(): number {
    const utc = this.#utcMs();
    return utc + offsetMs(utc, this.#trial.zone);
  }
}

export const PEERS = ["wall-clock differences", "history sampled each minute"] as const;

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetMs(utc: number, zone: string): number {
  if (zone === "UTC") return 0;
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" });
    formats.set(zone, format);
  }
  const name = format.formatToParts(utc).find(({ type }) => type === "timeZoneName")!.value;
  const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? ["", "+", "0", "0"];
  return (sign === "-" ? -1 : 1) * (Number(hours) * HOUR_MS + Number(minutes) * 60_000);
}
