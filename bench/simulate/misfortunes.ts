// What befalls a simulated controller, and what must hold afterwards: cuts, stops, sensors, clocks,
// disks, and images of old disks that a witness has to prove.

import type { Signer } from "../../runtime/ledger/keys.ts";
import { Comebacks, SYNC_MS_MAX, type Toll } from "./comebacks.ts";
import { hold, Laws } from "./laws.ts";
import type { Life } from "./life.ts";
import { Parties } from "./parties.ts";
import { CUT_POINTS, type DiskImage } from "./sim-disk.ts";
import { Swaps } from "./swaps.ts";
import type { EventKind, WeatherEvent } from "./weather.ts";

const MINUTE_MS = 60_000;
/** Statements at the end of a life. */
const STATEMENTS = 2;
/** The world is looked at closely for so long before something that depends on the last saves. */
const CLOSE_BEFORE_MS = 25_000;
/** A cut at a write comes without one after so long. */
const WRITE_WITHIN_MS = 30_000;

/** Events that a failure names. */
const RECENT_MAX = 6;

export class Misfortunes {
  /** What befell the controller last, for whoever reads a failure. */
  readonly recent: string[] = [];
  readonly #life: Life;
  #image: { readonly disk: DiskImage; readonly registers: Laws["registers"] } | null = null;
  readonly parties: Parties;
  readonly swaps: Swaps;
  readonly #comebacks: Comebacks;

  /** @param signerOf the key of the n-th controller after the first, from 1; 0 is the witness's. */
  constructor(life: Life, signerOf: (controller: number) => Signer) {
    this.#life = life;
    this.#comebacks = new Comebacks(life);
    this.parties = new Parties(life, signerOf(0));
    this.swaps = new Swaps(life, this.parties, this.#comebacks, signerOf);
  }

  get toll(): Toll {
    return this.#comebacks.toll;
  }

  async firstStart(): Promise<void> {
    await this.#comebacks.powerOn();
    const { desk, hire } = this.parties;
    desk.beginHire(hire, hire.lease);
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
    await this.#comebacks.afterCut();
  }

  async ends(at: number): Promise<void> {
    await this.#life.goTo(at, "leaping");
    await this.#comebacks.afterCut();
    const endsAt = Math.max(at, this.#life.time.now);
    this.swaps.isWhole();
    await this.parties.settleAll(STATEMENTS, endsAt, this.swaps.replacedHire);
    this.swaps.sumsUp();
    this.swaps.keptIsValid(endsAt);
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
      case "contradiction":
        life.turnContact(random.pick(["shut", "open"] as const));
        await this.#forAWhile(random.integer(1_000, 90 * MINUTE_MS));
        return life.turnContact("true");
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
        this.#comebacks.failsSince = life.time.now;
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
        this.#comebacks.slotsSpoiled = true;
        return;
      case "image-restored":
        return this.#restoreImage();
      case "witness-visits":
        return this.parties.visit();
      case "controller-swap":
        this.#image = null;
        return this.swaps.swap();
      case "cut-burst":
      case "cut-month":
        throw new TypeError("bursts are made of cuts");
    }
  }

  /** Nobody can save in it, nor what is known of it before the first sync that follows. */
  #unobserved(forMs: number, pass: (forMs: number) => void): void {
    pass(forMs);
    this.#comebacks.unsaved = { forMs, until: this.#life.time.now + CLOSE_BEFORE_MS };
  }

  async #forAWhile(forMs: number): Promise<void> {
    await this.#life.goTo(this.#life.time.now + forMs, "leaping");
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
    const before = this.#comebacks.ended(pauseMs);
    life.endMeter();
    await life.goTo(life.time.now + pauseMs, "leaping");
    this.toll.restarts++;
    await this.#comebacks.comeBack(before, "end");
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

  /** Somebody puts an old image onto the disk: hours go back, and the witness can prove it. */
  async #restoreImage(): Promise<void> {
    const life = this.#life;
    const { disk, laws } = life;
    const image = this.#image;
    if (image === null || image.disk.leaves.length >= this.parties.witness.size) return;
    await life.goTo(life.time.now + CLOSE_BEFORE_MS, "closely");
    disk.cutPower();
    const before = this.#comebacks.ended();
    const saves = life.controller.saves.slice();
    life.endMeter();
    const honest = disk.image();
    disk.restore(image.disk);
    disk.restorePower();
    await this.#comebacks.powerOn();
    life.laws = new Laws(life.meter.began);
    life.laws.begins(life.meter.began, life.meter.startedAt);
    await this.#forAWhile(life.random.integer(1_000, 3_000 * MINUTE_MS));
    disk.commit();
    const note = life.meter.keeper.checkpoint(life.clock.mono());
    const answer = this.parties.witness.judge(
      note,
      (one, other) => disk.consistency(one, other),
      0,
    );
    const isProven = "refusal" in answer && ["rollback", "fork"].includes(answer.refusal);
    hold(isProven, "a witness proves a restored image", () => answer);
    this.toll.provenRollbacks++;
    disk.cutPower();
    life.endMeter();
    disk.restore(honest);
    disk.restorePower();
    life.laws = laws;
    life.controller.saves.splice(0, Number.POSITIVE_INFINITY, ...saves);
    await this.#comebacks.comeBack(before, "cut");
  }
}

const CUTS: ReadonlySet<EventKind> = new Set<EventKind>(["power-cut", "cut-at-write"]);
