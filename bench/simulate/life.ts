// One simulated machine's life: the world goes on event by event, leaps over quiet time, and looks
// closely at the seconds before each cut. What befalls the controller is in misfortunes.ts.

import assert from "node:assert/strict";
import type { Signer } from "../../runtime/ledger/keys.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { type MeterLife, type Parts, SimController, settleSaves } from "./controller.ts";
import { Laws } from "./laws.ts";
import { MachineTruth, type TrueState } from "./machine-truth.ts";
import {
  type Configuration,
  type Contact,
  configurationOf,
  type Habit,
  habitOf,
  readingsOf,
  STALE_CLOSE_MS,
  STALE_WIDE_MS,
} from "./machines.ts";
import { expectedTimes } from "./oracle.ts";
import { SimClock, type WorldTime } from "./sim-clock.ts";
import { SimDisk } from "./sim-disk.ts";

const TICK_MS = 250;
/** What the host calls a step of the wall clock. */
const STEP_MS = 1_000;
/** How often a quiet machine is sampled beside its changes: at most so long until a heartbeat. */
const QUIET_HEARTBEAT_MS = STALE_WIDE_MS - 2 * 60_000;
const CLOSE_HEARTBEAT_MS = 1_000;
/** A second computation reads all samples of a life: beyond these only its end is checked. */
const SAMPLES_TO_COMPARE_OFTEN = 2_000;

export type Sensors = "good" | "bad" | "silent";

export class Life {
  readonly time: WorldTime = { now: 0 };
  readonly random: SeededRandom;
  readonly habit: Habit;
  readonly truth: MachineTruth;
  controller: SimController;
  /** Of all controllers, the present one's last. */
  readonly disks: SimDisk[] = [];
  readonly wide: Configuration;
  readonly close: Configuration;
  configuration: Configuration;
  laws: Laws;
  sensors: Sensors = "good";
  /** Hears each sample; null is a bad one. For another meter beside ours. */
  onSample: (state: TrueState | null) => void = () => undefined;
  /** Milliseconds that a sensor's samples come after a change, where it is polled. */
  readonly #phaseMs: number;
  readonly #parts: Parts;
  readonly #software: string;
  #clock: SimClock | null = null;
  #boots = 0;
  /** What the last sample said, while the next one makes a pair with it. */
  #sampled: TrueState | null = null;
  #sampledAt = 0;
  #changeSampledAt = 0;
  #contact: Contact = "true";
  /** From when changes of the machine have not been sampled yet; Infinity where all have. */
  #unsampledSince = Number.POSITIVE_INFINITY;

  constructor(machine: number, seed: number, parts: Parts, signer: Signer, software: string) {
    const random = new SeededRandom(seed);
    this.random = random;
    this.habit = habitOf(machine, random);
    this.truth = new MachineTruth(new SeededRandom(random.integer(0, 2 ** 31)));
    this.#parts = parts;
    this.#software = software;
    const disk = new SimDisk(new SeededRandom(random.integer(0, 2 ** 31)));
    this.disks.push(disk);
    this.wide = configurationOf(this.habit, STALE_WIDE_MS);
    this.close = configurationOf(this.habit, STALE_CLOSE_MS);
    this.configuration = this.wide;
    this.#phaseMs = random.integer(0, this.habit.pollMs ?? 0);
    const id = this.#controllerId();
    this.controller = new SimController({ id, signer, disk, parts, software });
    this.laws = new Laws(ZERO_REGISTERS);
  }

  get disk(): SimDisk {
    return this.controller.disk;
  }

  /** Another controller stands there, with an empty disk and a key of its own. */
  replaceController(signer: Signer): void {
    const parts = this.#parts;
    const empty = new SimDisk(new SeededRandom(this.random.integer(0, 2 ** 31)));
    const disk = parts.freshDisk(empty, this.disk);
    this.disks.push(disk);
    const id = this.#controllerId();
    this.controller = new SimController({ id, signer, disk, parts, software: this.#software });
  }

  #controllerId(): string {
    const [count, seed] = [this.disks.length, this.random.seed].map((part) => part.toString(16));
    return `${count!.padStart(24, "0")}${seed!.padStart(8, "0")}`;
  }

  get isOn(): boolean {
    return this.controller.life !== null;
  }

  get meter(): MeterLife {
    assert(this.controller.life !== null, "the meter runs");
    return this.controller.life;
  }

  get clock(): SimClock {
    assert(this.#clock !== null, "the controller was on");
    return this.#clock;
  }

  /** Another boot: its wall clock is at 1970, at what a battery kept, or already set. */
  boot(): SimClock {
    const { random } = this;
    const kind = random.next();
    const errorMs = random.integer(-120_000, 120_000);
    const isSynchronised = kind >= 0.8;
    const wall = {
      errorMs: kind < 0.4 ? null : isSynchronised ? 0 : errorMs,
      isSynchronised,
    };
    this.#boots++;
    const id = `boot-${random.seed.toString(16)}-${this.#boots}`;
    this.#clock = new SimClock(this.time, id, random.integer(4_000, 20_000), wall);
    return this.#clock;
  }

  /** The meter process starts in the present boot. */
  async startMeter(): Promise<void> {
    this.#sampled = null;
    this.sensors = "good";
    const meter = await this.controller.start(this.clock, this.configuration);
    this.laws.begins(meter.began, meter.metering.usage.settledAt);
    // The first sample comes when the device has answered.
    this.#sampledAt = this.time.now;
    this.#unsampledSince = this.time.now + this.random.integer(0, 3_000);
  }

  /** The meter is no more; what it counted is compared with a second computation. */
  endMeter(): MeterLife {
    const meter = this.meter;
    this.compare();
    this.controller.life = null;
    this.#sampled = null;
    return meter;
  }

  /** The world goes on until then; closely where something is about to happen. */
  async goTo(until: number, how: "leaping" | "closely"): Promise<void> {
    const isClose = how === "closely" || this.configuration === this.close;
    while (this.time.now < until && this.isOn && !this.disk.isDead) {
      const sampleAt = this.#nextSampleAt(isClose);
      const tickAt = isClose ? this.time.now + TICK_MS - (this.clock.mono() % TICK_MS) : until;
      this.#advance(Math.min(until, sampleAt, tickAt));
      const samples = this.time.now >= sampleAt;
      if (samples) this.#sample();
      // In a leap the meter looks up when something was sampled.
      if (!isClose || this.time.now >= tickAt) await this.#tick();
    }
    if (!this.isOn && this.time.now < until) this.#advance(until);
  }

  /** A device that fails is noticed at its next poll. */
  turnSensors(sensors: Sensors): void {
    this.sensors = sensors;
    this.#unsampledSince = Math.min(this.#unsampledSince, this.time.now);
  }

  turnContact(contact: Contact): void {
    this.#contact = contact;
    this.#unsampledSince = Math.min(this.#unsampledSince, this.time.now);
  }

  /** The controller stands still and the world does not. */
  suspend(forMs: number): void {
    this.clock.suspend(forMs);
    while (this.truth.changesAt <= this.time.now) this.#changeTruth();
    this.laws.added(forMs);
    this.#comesTo();
  }

  /** The process does not run; the clock does. */
  stopProcess(forMs: number): void {
    this.#sampled = null;
    this.#advance(this.time.now + forMs, "stopped");
    this.#comesTo();
  }

  /** The host looks at the wall clock, and tells the meter of a step. */
  lookAtWall(): void {
    const { clock } = this;
    const wasBelieved = clock.instantAt(0).tq !== "U";
    const movedMs = clock.look();
    if (!wasBelieved || Math.abs(movedMs) < STEP_MS) return;
    this.meter.metering.timeStep(movedMs, clock.mono());
  }

  /** The process looks at both clocks, whichever its timers call first. */
  #comesTo(): void {
    const isWallFirst = this.random.chance(0.5);
    if (isWallFirst) this.lookAtWall();
    this.controller.look();
    if (!isWallFirst) this.lookAtWall();
    this.#sampled = null;
    this.#unsampledSince = this.time.now;
  }

  /** The registers say what all samples say when they are read at once. */
  compare(): void {
    const { metering, samples, configuration, startedAt, began } = this.meter;
    const { usage } = configuration.machine;
    const until = metering.usage.settledAt;
    const expected = expectedTimes(usage, samples, startedAt, until);
    const unknown = expected.unknown + this.laws.addedMs;
    this.laws.matches({ ...expected, unknown }, began, metering.usage.registers);
  }

  async #tick(): Promise<void> {
    const { controller, disk, laws } = this;
    disk.advance(this.time.now);
    controller.tick();
    await settleSaves();
    if (disk.isDead) return;
    const { usage } = this.meter.metering;
    laws.step(usage.registers, usage.settledAt, this.clock.mono());
    const [log] = this.meter.samples;
    if (log!.at.length < SAMPLES_TO_COMPARE_OFTEN && laws.steps % 512 === 0) this.compare();
  }

  #sample(): void {
    const { state } = this.truth;
    if (this.#unsampledSince <= this.time.now) this.#changeSampledAt = this.time.now;
    this.#unsampledSince = Number.POSITIVE_INFINITY;
    this.#sampledAt = this.time.now;
    const isGood = this.sensors === "good";
    readingsOf(state, this.#contact).forEach((value, signal) => {
      this.controller.sample(signal, isGood ? value : Number.NaN);
    });
    this.#sampled = isGood ? state : null;
    this.onSample(this.#sampled);
  }

  #nextSampleAt(isClose: boolean): number {
    if (this.sensors === "silent") return Number.POSITIVE_INFINITY;
    const heartbeatAt = this.#sampledAt + (isClose ? CLOSE_HEARTBEAT_MS : QUIET_HEARTBEAT_MS);
    const changedAt = Math.min(this.#unsampledSince, this.truth.changesAt);
    const at = Math.min(heartbeatAt, this.#polledAt(changedAt), this.#confirmedAt());
    return Math.max(this.time.now, at);
  }

  /**
   * Polls that find nothing new are leapt over, except two that a debounce needs: one when a change
   * has lasted long enough, and the last one before the next change.
   */
  #confirmedAt(): number {
    const { pollMs, minOnMs, minOffMs } = this.habit;
    if (pollMs === null) return Number.POSITIVE_INFINITY;
    const heldAt = this.#polledAt(this.#changeSampledAt + Math.max(minOnMs, minOffMs));
    const lastAt = this.#polledAt(this.truth.changesAt) - pollMs;
    return Math.min(
      heldAt > this.#sampledAt ? heldAt : Number.POSITIVE_INFINITY,
      lastAt > this.#sampledAt ? lastAt : Number.POSITIVE_INFINITY,
    );
  }

  /** When a change is sampled: at its very instant, or at the next poll. */
  #polledAt(changedAt: number): number {
    const { pollMs } = this.habit;
    if (pollMs === null) return changedAt;
    return Math.ceil((changedAt - this.#phaseMs) / pollMs) * pollMs + this.#phaseMs;
  }

  /** The machine does what it does; the process looks at its clocks in between. */
  #advance(until: number, process: "runs" | "stopped" = "runs"): void {
    const { truth, time, controller, laws } = this;
    while (time.now < until) {
      const from = time.now;
      const looks = this.isOn && process === "runs";
      const lookAt = looks ? controller.looksNextAt(from) : until;
      time.now = Math.max(from, Math.min(until, truth.changesAt, lookAt));
      if (this.isOn) laws.observed(time.now - from, truth.state, this.#sampled);
      if (time.now === truth.changesAt) this.#changeTruth();
      if (looks && time.now === lookAt && time.now < until) controller.look();
    }
  }

  #changeTruth(): void {
    const { truth, habit, laws } = this;
    truth.change();
    this.#unsampledSince = Math.min(this.#unsampledSince, this.time.now);
    const hidesMs = Math.max(habit.minOnMs, habit.minOffMs);
    if (hidesMs === 0) return;
    const hiddenMs = hidesMs + 2 * (habit.pollMs ?? 0);
    if (truth.lastedMs <= hiddenMs) laws.debouncedMs += truth.lastedMs + hiddenMs;
  }
}
