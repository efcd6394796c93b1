// What befalls a simulated controller, and what must hold afterwards: cuts, stops, sensors, clocks,
// disks, and images of old disks that a witness has to prove.

import { ledgerKeyName } from "../../runtime/ledger/keeper.ts";
import { verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { addSignature } from "../../runtime/ledger/note.ts";
import { Comebacks, SYNC_MS_MAX, type Toll } from "./comebacks.ts";
import { Hire, readerOf } from "./hire.ts";
import { hold, Laws } from "./laws.ts";
import type { Life } from "./life.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import { CUT_POINTS, type DiskImage } from "./sim-disk.ts";
import type { EventKind, WeatherEvent } from "./weather.ts";
import { brokenRuleOf } from "./whole-chain.ts";
import type { SimWitness } from "./witness.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
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
  readonly #witness: SimWitness;
  #image: { readonly disk: DiskImage; readonly registers: Laws["registers"] } | null = null;
  /** Made and verified at the end of the life. */
  statements = 0;
  readonly #comebacks: Comebacks;
  readonly #hire: Hire;

  constructor(life: Life, witness: SimWitness) {
    this.#life = life;
    this.#witness = witness;
    this.#comebacks = new Comebacks(life);
    const { controller, habit } = life;
    this.#hire = new Hire({
      controller: controller.id,
      deviceKey: verifierKeyOf(ledgerKeyName(controller.id), controller.signer).text,
      witnessKey: witness.key,
      zone: habit.zone,
    });
  }

  get toll(): Toll {
    return this.#comebacks.toll;
  }

  async firstStart(): Promise<void> {
    await this.#comebacks.powerOn();
    const { meter, disk } = this.#life;
    this.#hire.begin(meter.keeper, meter.metering.moment());
    disk.commit();
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
    const { disk } = this.#life;
    hold(disk.isTreeTrue(), "the tree is that of its leaves", () => disk.leaves.length);
    const broken = brokenRuleOf(disk.leaves);
    hold(broken === null, "the verifier finds nothing in an honest ledger", () => broken);
    await this.#settleAll(at);
  }

  /** Statements about days, weeks and months, among them the ones in which clocks change. */
  async #settleAll(endsAt: number): Promise<void> {
    const { disk, meter, clock, random, controller } = this.#life;
    disk.isFull = false;
    hold(disk.commit(), "the ledger is on the disk in the end", () => disk.waitingLeaves);
    const note = meter.keeper.checkpoint(clock.mono());
    const { origin, key } = meter.keeper;
    const facts = { controller: controller.id, origin, key };
    const reader = readerOf(disk, facts, note, this.#witness.cosigned);
    for (let statement = 0; statement < STATEMENTS; statement++) {
      const days = Math.min(random.pick([1, 7, 28]), Math.floor(endsAt / DAY_MS) - 1);
      if (days < 1) return;
      const first = random.integer(0, Math.floor(endsAt / DAY_MS) - days - 1);
      const from = WORLD_BEGINS_UTC + first * DAY_MS;
      const now = WORLD_BEGINS_UTC + endsAt + DAY_MS;
      await this.#hire.settle(reader, from, from + days * DAY_MS, now);
      this.statements++;
    }
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
        return this.#visit();
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

  #visit(): void {
    const { disk, meter, clock, time } = this.#life;
    if (!disk.commit()) return;
    const note = meter.keeper.checkpoint(clock.mono());
    const seconds = Math.floor((WORLD_BEGINS_UTC + time.now) / 1_000);
    const answer = this.#witness.judge(note, (one, other) => disk.consistency(one, other), seconds);
    hold("line" in answer, "a witness never refuses an honest controller", () => answer);
    const cosigned = addSignature(note, answer.line);
    const detail = { note: cosigned, witness: this.#witness.name, time: seconds };
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
    await this.#comebacks.comeBack(before, "cut");
  }
}

const CUTS: ReadonlySet<EventKind> = new Set<EventKind>(["power-cut", "cut-at-write"]);
