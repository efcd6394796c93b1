// What befalls a simulated controller, and what must hold afterwards: cuts, stops, sensors, clocks,
// disks, and images of old disks that a witness has to prove.

import type { LeafDetails } from "../../runtime/ledger/leaf.ts";
import type { KeptRegisters } from "../../runtime/usage/past-life.ts";
import { observedMs, REGISTER_NAMES, ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { hold, Laws } from "./laws.ts";
import type { Life } from "./life.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import { CUT_POINTS, type DiskImage } from "./sim-disk.ts";
import { downMs, type EventKind, type WeatherEvent } from "./weather.ts";
import { brokenRuleOf } from "./whole-chain.ts";
import type { SimWitness } from "./witness.ts";

const MINUTE_MS = 60_000;
/** What a cut takes at most, beside one sync. */
const CUT_TAKES_MS_MAX = 10_000;
/** The longest sync that a cut here meets; the meter reckons with as much. */
const SYNC_MS_MAX = 2_000;
/** The world is looked at closely for so long before something that depends on the last saves. */
const CLOSE_BEFORE_MS = 25_000;
/** A cut at a write comes without one after so long. */
const WRITE_WITHIN_MS = 30_000;
/** Restarts in a row in which the power fails again before the meter is up. */
const FALSE_STARTS_MAX = 8;

/** Events that a failure names. */
const RECENT_MAX = 6;

export interface Toll {
  cuts: number;
  restarts: number;
  worstLossMs: number;
  lostMs: number;
  provenRollbacks: number;
  recoveredFrom: Record<"slots" | "ledger" | "journal" | "nothing", number>;
  events: Partial<Record<EventKind, number>>;
}

interface Ended {
  readonly observedMs: number;
  /** World time. */
  readonly at: number;
}

export class Misfortunes {
  readonly toll: Toll = {
    cuts: 0,
    restarts: 0,
    worstLossMs: 0,
    lostMs: 0,
    provenRollbacks: 0,
    recoveredFrom: { slots: 0, ledger: 0, journal: 0, nothing: 0 },
    events: {},
  };
  /** What befell the controller last, for whoever reads a failure. */
  readonly recent: string[] = [];
  readonly #life: Life;
  readonly #witness: SimWitness;
  #image: { readonly disk: DiskImage; readonly registers: Laws["registers"] } | null = null;
  #recovery: LeafDetails["RECOVERY"] | null = null;
  /** Since when slot writes fail; null while they do not. */
  #failsSince: number | null = null;
  /** A stretch that nobody observed, and until when a cut may come before it was saved. */
  #unsaved = { forMs: 0, until: 0 };
  #slotsSpoiled = false;

  constructor(life: Life, witness: SimWitness) {
    this.#life = life;
    this.#witness = witness;
    life.controller.onLeaf = (leaf) => {
      if (leaf.typ === "RECOVERY") this.#recovery = leaf.d;
    };
  }

  async firstStart(): Promise<void> {
    await this.#powerOn();
  }

  async happens({ at, kind }: WeatherEvent): Promise<void> {
    const life = this.#life;
    const isCut = CUTS.has(kind);
    await life.goTo(isCut ? at - CLOSE_BEFORE_MS : at, "leaping");
    if (isCut) await life.goTo(at, "closely");
    this.toll.events[kind] = (this.toll.events[kind] ?? 0) + 1;
    this.recent.push(`${kind}@${life.time.now}`);
    if (this.recent.length > RECENT_MAX) this.recent.shift();
    await this.#do(kind);
    await this.#afterCut();
  }

  async ends(at: number): Promise<void> {
    await this.#life.goTo(at, "leaping");
    await this.#afterCut();
    const { disk } = this.#life;
    hold(disk.isTreeTrue(), "the tree is that of its leaves", () => disk.leaves.length);
    const broken = brokenRuleOf(disk.leaves);
    hold(broken === null, "the verifier finds nothing in an honest ledger", () => broken);
  }

  async #do(kind: EventKind): Promise<void> {
    const life = this.#life;
    const { random, disk } = life;
    if (kind === "image-taken") {
      // An honest copy, made while the controller was off.
      this.#image = { disk: disk.image(), registers: life.laws.registers };
      return;
    }
    switch (kind) {
      case "power-cut":
        disk.syncMs = random.pick([0, 20, 300, SYNC_MS_MAX]);
        await life.goTo(life.time.now + random.integer(0, 9_000), "closely");
        return disk.cutPower();
      case "cut-at-write":
        disk.syncMs = random.pick([0, 0, 40]);
        disk.cutAtWrite(random.integer(1, 5), random.pick(CUT_POINTS));
        await life.goTo(life.time.now + WRITE_WITHIN_MS, "closely");
        return disk.cutPower();
      case "announced-power-fail":
        disk.syncMs = 0;
        life.meter.metering.stop("power-fail");
        disk.commit();
        await life.goTo(life.time.now + random.integer(0, 3_000), "closely");
        return disk.cutPower();
      case "clean-restart":
        return this.#restart("asked");
      case "killed-process":
        return this.#restart("killed");
      case "stopped-process":
        return this.#unobserved(random.integer(6_000, 30 * MINUTE_MS), (forMs) =>
          life.stopProcess(forMs),
        );
      case "suspend":
        return this.#unobserved(random.integer(2_000, 600 * MINUTE_MS), (forMs) =>
          life.suspend(forMs),
        );
      case "clock-step":
        return this.#stepClock(random.integer(-7_200_000, 7_200_000));
      case "clock-slew":
        return this.#stepClock(random.integer(-900, 900));
      case "sensor-bad":
      case "sensor-silent":
        life.turnSensors(kind === "sensor-bad" ? "bad" : "silent");
        await this.#forAWhile(random.integer(1_000, 90 * MINUTE_MS));
        life.turnSensors("good");
        return;
      case "flapping":
        life.truth.flap(life.time.now, random.integer(2_000, 3 * MINUTE_MS));
        return;
      case "close-sampling":
        return this.#sampleClosely();
      case "disk-full":
        disk.isFull = true;
        await this.#forAWhile(random.integer(MINUTE_MS, 3_000 * MINUTE_MS));
        disk.isFull = false;
        return;
      case "slots-failing":
        this.#failsSince = life.time.now;
        disk.isFailing = true;
        await this.#forAWhile(random.integer(1_000, 120 * MINUTE_MS));
        disk.isFailing = false;
        return;
      case "lying-disk":
        disk.isLying = true;
        await this.#forAWhile(random.integer(MINUTE_MS, 600 * MINUTE_MS));
        return;
      case "spoiled-slots":
        await life.goTo(life.time.now + CLOSE_BEFORE_MS, "closely");
        disk.cutPower();
        disk.spoilSlots();
        this.#slotsSpoiled = true;
        return;
      case "image-restored":
        return this.#restoreImage();
      case "witness-visits":
        return this.#visit();
      case "cut-burst":
      case "cut-month":
        throw new TypeError("bursts are made of cuts");
    }
  }

  /** Nobody can save in it, nor what is known of it before the first sync that follows. */
  #unobserved(forMs: number, pass: (forMs: number) => void): void {
    pass(forMs);
    this.#unsaved = { forMs, until: this.#life.time.now + CLOSE_BEFORE_MS };
  }

  async #forAWhile(forMs: number): Promise<void> {
    await this.#life.goTo(this.#life.time.now + forMs, "leaping");
  }

  /** After a cut: law, night, and back again; as often as the power fails at once. */
  async #afterCut(): Promise<void> {
    const life = this.#life;
    for (let starts = 0; life.disk.isDead; starts++) {
      const before = this.#ended();
      life.endMeter();
      this.toll.cuts++;
      await life.goTo(life.time.now + downMs(life.random), "leaping");
      life.disk.restorePower();
      life.disk.syncMs = 0;
      if (starts < FALSE_STARTS_MAX && life.random.chance(0.1)) {
        life.disk.cutAtWrite(life.random.integer(1, 3), life.random.pick(CUT_POINTS));
      }
      await this.#comeBack(before, "cut");
      life.disk.disarm();
    }
  }

  /** What the meter has observed by now, or by when it starts again in the same boot. */
  #ended(pauseMs = 0): Ended {
    const { laws, clock, time } = this.#life;
    return { observedMs: laws.observedUntil(clock.mono() + pauseMs), at: time.now };
  }

  async #powerOn(): Promise<void> {
    this.#life.configuration = this.#life.wide;
    this.#life.boot();
    await this.#life.startMeter();
  }

  /** The meter starts again. */
  async #comeBack(ended: Ended, after: "cut" | "end"): Promise<void> {
    const life = this.#life;
    const { observedMs: observedBefore, at: endedAt } = ended;
    this.#recovery = null;
    if (after === "cut") await this.#powerOn();
    else await life.startMeter();
    const { past, began, slotsWereBroken } = life.meter;
    this.toll.recoveredFrom[past?.from ?? "nothing"]++;
    this.#isWhatWasSaved();
    const sameBoot = past?.boot === life.clock.boot;
    const lostMs = observedBefore - observedMs(began);
    life.laws.recovered(began, lostMs);
    const shown = life.meter.lastLeaf?.regs ?? ZERO_REGISTERS;
    hold(
      REGISTER_NAMES.every((name) => began[name] >= shown[name]),
      "registers go on from at least what the ledger has",
      () => ({ began, shown }),
    );
    hold(!slotsWereBroken || this.#slotsSpoiled, "a cut breaks one slot at most", () => past);
    if (sameBoot) {
      hold(lostMs === 0, "a restart within one boot loses nothing", () => ({ lostMs, past }));
      return;
    }
    this.#isWithinBound(lostMs, endedAt);
    this.toll.lostMs += lostMs;
  }

  #isWithinBound(foundMs: number, cutAt: number): void {
    const { disk, meter, configuration } = this.#life;
    const from = meter.past?.from ?? "nothing";
    const stated = this.#recovery;
    const isExcused = this.#slotsSpoiled || this.#failsSince !== null || disk.lostWrites > 0;
    // Time that went to UNKNOWN at once: it was not running time that anybody had counted.
    const unsavedMs = cutAt <= this.#unsaved.until ? this.#unsaved.forMs : 0;
    const lostMs = Math.max(0, foundMs - unsavedMs);
    if (!isExcused) {
      const most = CUT_TAKES_MS_MAX + SYNC_MS_MAX;
      hold(lostMs <= most, "a cut takes at most 10 s and one sync", () => ({ lostMs, from }));
      this.toll.worstLossMs = Math.max(this.toll.worstLossMs, lostMs);
      if (stated !== null) {
        const missingMs = lostMs + stated.undecidedMs;
        hold(missingMs <= stated.lossBoundMs, "a recovery states the bound", () => ({
          missingMs,
          stated,
        }));
      }
    } else {
      // Then the ledger has it, as far as was decided at its newest leaf.
      const most = CUT_TAKES_MS_MAX + SYNC_MS_MAX + 15 * MINUTE_MS + configuration.staleMs;
      hold(lostMs <= most, "what a bad disk forgets the ledger has", () => ({ lostMs, from }));
    }
    disk.lostWrites = 0;
    disk.isLying = false;
    this.#slotsSpoiled = false;
    this.#failsSince = disk.isFailing ? this.#failsSince : null;
  }

  /**
   * What a life goes on from is something that an earlier one saved, with what was open UNKNOWN.
   */
  #isWhatWasSaved(): void {
    const { meter, controller, clock } = this.#life;
    const { past, began, startedAt, lastLeaf } = meter;
    if (past === null) return;
    const isThere = (kept: KeptRegisters) =>
      kept.boot === past.boot &&
      kept.mono === past.mono &&
      REGISTER_NAMES.every((name) => kept.registers[name] === past.registers[name]);
    const isOfLeaf = lastLeaf !== null && isThere({ ...lastLeaf, registers: lastLeaf.regs });
    const isSaved = controller.saves.some((save) => isThere(save) && save.savedAt === past.savedAt);
    hold(isSaved || isOfLeaf, "a life goes on from what was saved", () => past);
    const gapMs = past.boot === clock.boot ? startedAt - past.savedAt : 0;
    const unknown = past.registers.unknown + (past.savedAt - past.mono) + gapMs;
    const expected = { ...past.registers, unknown };
    hold(
      REGISTER_NAMES.every((name) => began[name] === expected[name]),
      "a recovery adds to UNKNOWN what was open, and nothing else",
      () => ({ began, expected }),
    );
  }

  async #restart(how: "asked" | "killed"): Promise<void> {
    const life = this.#life;
    const { random, disk } = life;
    if (how === "asked") {
      life.meter.metering.stop("asked");
      disk.commit();
      await life.goTo(life.time.now, "closely");
    }
    disk.endProcess();
    const pauseMs = random.integer(50, how === "asked" ? 5_000 : 20 * MINUTE_MS);
    const before = this.#ended(pauseMs);
    life.endMeter();
    await life.goTo(life.time.now + pauseMs, "leaping");
    this.toll.restarts++;
    await this.#comeBack(before, "end");
  }

  /** A configuration in which a value turns stale after seconds, with everything in it. */
  async #sampleClosely(): Promise<void> {
    const life = this.#life;
    life.configuration = life.close;
    await this.#restart("asked");
    for (let turn = life.random.integer(1, 4); turn > 0; turn--) {
      life.turnSensors(life.random.pick(["good", "bad", "silent"] as const));
      await this.#forAWhile(life.random.integer(500, 20_000));
      life.turnSensors("good");
      if (life.random.chance(0.3)) life.truth.flap(life.time.now, life.random.integer(500, 20_000));
      await this.#forAWhile(life.random.integer(500, 60_000));
    }
    if (life.disk.isDead) return;
    life.configuration = life.wide;
    await this.#restart("asked");
  }

  /** Somebody sets the clock wrong, or a time daemon sets it right; it slews by less. */
  #stepClock(byMs: number): void {
    const { clock, random } = this.#life;
    const { wall } = clock;
    const isSlewed = Math.abs(byMs) < 1_000;
    if (wall.errorMs === null || random.chance(0.6)) {
      wall.errorMs = 0;
      wall.isSynchronised = true;
    } else if (isSlewed && wall.isSynchronised) {
      // Within what a time daemon tolerates.
      wall.errorMs = Math.round(byMs / 2);
    } else {
      wall.errorMs += byMs;
      wall.isSynchronised = false;
    }
    this.#life.lookAtWall();
  }

  #visit(): void {
    const { disk, meter, clock, time } = this.#life;
    if (!disk.commit()) return;
    const note = meter.keeper.checkpoint(clock.mono());
    const seconds = Math.floor((WORLD_BEGINS_UTC + time.now) / 1_000);
    const answer = this.#witness.judge(note, (one, other) => disk.consistency(one, other), seconds);
    hold("line" in answer, "a witness never refuses an honest controller", () => answer);
    const detail = { note, witness: this.#witness.name, time: seconds };
    meter.keeper.add("COSIGNATURE", detail, meter.metering.moment());
    disk.commit();
  }

  /** Somebody puts an old image onto the disk: hours go back, and the witness can prove it. */
  async #restoreImage(): Promise<void> {
    const life = this.#life;
    const { disk, laws } = life;
    const image = this.#image;
    if (image === null || image.disk.leaves.length >= this.#witness.size) return;
    await life.goTo(life.time.now + CLOSE_BEFORE_MS, "closely");
    disk.cutPower();
    const before = this.#ended();
    const saves = life.controller.saves.slice();
    life.endMeter();
    const honest = disk.image();
    disk.restore(image.disk);
    disk.restorePower();
    await this.#powerOn();
    life.laws = new Laws(life.meter.began);
    life.laws.begins(life.meter.began, life.meter.startedAt);
    await this.#forAWhile(life.random.integer(1_000, 3_000 * MINUTE_MS));
    disk.commit();
    const note = life.meter.keeper.checkpoint(life.clock.mono());
    const answer = this.#witness.judge(note, (one, other) => disk.consistency(one, other), 0);
    const isProven = "refusal" in answer && ["rollback", "fork"].includes(answer.refusal);
    hold(isProven, "a witness proves a restored image", () => answer);
    this.toll.provenRollbacks++;
    disk.cutPower();
    life.endMeter();
    disk.restore(honest);
    disk.restorePower();
    life.laws = laws;
    life.controller.saves.splice(0, Number.POSITIVE_INFINITY, ...saves);
    await this.#comeBack(before, "cut");
  }
}

const CUTS: ReadonlySet<EventKind> = new Set<EventKind>(["power-cut", "cut-at-write"]);
