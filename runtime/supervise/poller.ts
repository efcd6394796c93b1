// Keeps one device going: asks it at its own pace, or starts it and starts it again, behind its own
// circuit breaker, and says what became of it. Nothing that a device does reaches another device.

import { Fault, type FaultCode, reasonOf } from "../signal/fault.ts";
import type { Clock, Mono } from "../signal/instant.ts";
import type { Log } from "../signal/log.ts";
import type { Reason } from "../signal/quality.ts";
import type { Timer, Timers } from "../signal/timers.ts";
import { Breaker } from "./breaker.ts";
import { type RoundTrips, RoundTripWindow } from "./round-trips.ts";

/** How often a device that speaks unasked is looked after while it is away. */
const RESTART_MS = 1_000;

/** A started device has proved itself once it has stayed for this long. */
const STEADY_MS = 10_000;

/**
 * After a failure so many good reads in a row make a device `up` again: one event, not one a
 * second.
 */
const SUCCESSES_TO_RECOVER = 3;

/**
 * A port that is not there, or a host that refuses, says so at once and costs nobody anything: it
 * is looked for each second, so that an adapter that is plugged in again is read at once.
 */
const CHEAP_FAILURE_MS = 100;
const CHEAP_REST_MAX_MS = 1_000;

/** A driver bounds its own reads; one that is still not back after this long is reported. */
const HANG_MS = 60_000;

export type DeviceState = "starting" | "up" | "failing" | "resting";

/** What a driver's device looks like from here: one of the two. */
export interface SupervisedDevice {
  read?(): Promise<void>;
  start?(): Promise<void>;
}

/** How a device fares, for a page, `telltale status` and the stream. */
export interface DeviceSummary {
  readonly name: string;
  readonly bus: string;
  readonly driver: string;
  /** `resting` is what an open circuit breaker makes of it. */
  readonly state: DeviceState;
  /** Reads (or starts) that succeeded. */
  readonly reads: number;
  /** Reads that were passed over because the one before had not ended. */
  readonly skippedReads: number;
  /** Failures by fault code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly lastError: {
    readonly code: string;
    readonly message: string;
    readonly age: number;
  } | null;
  /** Milliseconds since the last good answer; null before the first. */
  readonly lastGoodAge: number | null;
  /** Round-trip time of the last good answer in milliseconds; null where there is none. */
  readonly roundTripMs: number | null;
  /** Of the last good answers, at most 100; null where there is none. */
  readonly roundTrips: RoundTrips | null;
  /** Frames that went to the device, and that came from it, good or not. */
  readonly requests: number;
  readonly answers: number;
}

export interface PollerParts {
  readonly name: string;
  readonly bus: string;
  readonly driver: string;
  readonly device: SupervisedDevice;
  readonly everyMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  /**
   * After each failure: the device's points have no value now, but for those that were delivered at
   * `keepsSince`, the beginning of the attempt, or later.
   */
  readonly onBad: (reason: Reason, keepsSince: Mono) => void;
  /** Once per change of state, with the fault behind it where there is one. */
  readonly onTransition: (state: DeviceState, fault: Fault | null) => void;
  /** Each failure, as it happens. */
  readonly onFault?: (fault: Fault) => void;
  /** What went over the device's wire so far. */
  readonly frames?: () => { readonly requests: number; readonly answers: number };
}

const BAD_REASON: Partial<Readonly<Record<FaultCode, Reason>>> = {
  BUS_TIMEOUT: "timeout",
  BUS_CHECKSUM: "checksum",
  // An answer came and cannot be believed: the same to a reader as a wrong checksum.
  BUS_WRONG_ANSWER: "checksum",
  BUS_EXCEPTION: "exception",
  SOURCE_OVERRUN: "overrun",
  SETTING_INVALID: "not-configured",
};

/** What a fault of its device makes of a point. */
export function badReasonOf(fault: Fault): Reason {
  return BAD_REASON[fault.code] ?? "not-connected";
}

export class DevicePoller {
  readonly #parts: PollerParts;
  readonly #breaker = new Breaker();
  readonly #errors: Partial<Record<FaultCode, number>> = {};
  #timer: Timer | null = null;
  #attempt: Promise<void> | null = null;
  #attemptBeganAt: Mono = 0;
  #hasReportedHang = false;
  /** A fault whose policy is not `retry` ends the attempts until the next start of the meter. */
  #isGivenUp = false;
  #isStopped = false;
  /** Since when a started device has been running; null while it is not. */
  #runningSince: Mono | null = null;
  #state: DeviceState = "starting";
  #reads = 0;
  #skippedReads = 0;
  #successesInRow = 0;
  #lastFault: { readonly fault: Fault; readonly at: Mono } | null = null;
  #lastGoodAt: Mono | null = null;
  #roundTripMs: number | null = null;
  readonly #roundTrips = new RoundTripWindow();

  constructor(parts: PollerParts) {
    this.#parts = parts;
  }

  start(): void {
    const { device, everyMs, timers } = this.#parts;
    const periodMs = device.read ? everyMs : RESTART_MS;
    this.#timer = timers.every(periodMs, () => this.#beat());
    this.#beat();
  }

  /** A started device has fallen away; it is started again when its breaker allows. */
  lost(error: Error): void {
    if (this.#runningSince === null) return;
    const now = this.#parts.clock.mono();
    const runMs = now - this.#runningSince;
    // Each second that it stayed counts like a good read.
    if (runMs >= STEADY_MS) this.#breaker.succeeded(Math.floor(runMs / 1_000));
    this.#runningSince = null;
    this.#fail(error, now);
  }

  /** Hot path: a started device has brought something. */
  heard(at: Mono): void {
    this.#lastGoodAt = at;
  }

  /** No callback comes after this. Resolves when the attempt under way has ended; never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#attempt;
  }

  summary(now: Mono): DeviceSummary {
    const { name, bus, driver } = this.#parts;
    const last = this.#lastFault;
    return {
      name,
      bus,
      driver,
      state: this.#state,
      reads: this.#reads,
      skippedReads: this.#skippedReads,
      errors: { ...this.#errors },
      lastError:
        last === null
          ? null
          : { code: last.fault.code, message: last.fault.message, age: age(now, last.at) },
      lastGoodAge: this.#lastGoodAt === null ? null : age(now, this.#lastGoodAt),
      roundTripMs: this.#roundTripMs,
      roundTrips: this.#roundTrips.summary(),
      ...(this.#parts.frames?.() ?? { requests: 0, answers: 0 }),
    };
  }

  #beat(): void {
    const now = this.#parts.clock.mono();
    if (this.#isStopped || this.#isGivenUp) return;
    if (this.#attempt !== null) {
      if (this.#parts.device.read) this.#skippedReads += 1;
      this.#reportHang(now);
    } else if (this.#runningSince === null && this.#breaker.allows(now)) {
      this.#attemptBeganAt = now;
      this.#attempt = this.#try().finally(() => {
        this.#attempt = null;
      });
    }
  }

  /** Never rejects: an attempt's end is its report. */
  async #try(): Promise<void> {
    const { device, clock } = this.#parts;
    this.#hasReportedHang = false;
    try {
      if (device.read) {
        await device.read();
        this.#answered(clock.mono());
      } else {
        // Known to run before it says so: it may push, and fall away, before `start` resolves.
        this.#runningSince = clock.mono();
        await device.start?.();
        if (this.#runningSince !== null) this.#started();
      }
    } catch (error) {
      const hasFallenAway = !device.read && this.#runningSince === null;
      this.#runningSince = null;
      if (!hasFallenAway) this.#fail(error, clock.mono());
    }
  }

  #answered(now: Mono): void {
    if (this.#isStopped) return;
    this.#breaker.succeeded();
    this.#reads += 1;
    this.#successesInRow += 1;
    this.#lastGoodAt = now;
    this.#roundTripMs = now - this.#attemptBeganAt;
    this.#roundTrips.add(this.#roundTripMs);
    const isRecovering = this.#state === "failing" && this.#successesInRow < SUCCESSES_TO_RECOVER;
    if (!isRecovering) this.#enter("up", null);
  }

  /** The breaker hears of it only when the device has stayed, or has fallen away again. */
  #started(): void {
    if (this.#isStopped) return;
    this.#reads += 1;
    this.#enter("up", null);
  }

  #fail(error: unknown, now: Mono): void {
    if (this.#isStopped) return;
    const fault = this.#faultOf(error);
    const isCheap =
      fault.code === "BUS_UNREACHABLE" && now - this.#attemptBeganAt < CHEAP_FAILURE_MS;
    this.#breaker.failed(now, isCheap ? CHEAP_REST_MAX_MS : undefined);
    this.#successesInRow = 0;
    this.#isGivenUp = fault.policy !== "retry";
    this.#count(fault, now);
    this.#parts.log.debug("device failed", { device: this.#parts.name, code: fault.code });
    // A device that pushes has lost all of its points, whatever it delivered before.
    const keepsSince = this.#parts.device.read ? this.#attemptBeganAt : Number.POSITIVE_INFINITY;
    this.#parts.onBad(badReasonOf(fault), keepsSince);
    this.#enter(this.#breaker.state === "open" || this.#isGivenUp ? "resting" : "failing", fault);
  }

  #reportHang(now: Mono): void {
    if (this.#hasReportedHang || now - this.#attemptBeganAt < HANG_MS) return;
    this.#hasReportedHang = true;
    const fault = new Fault(
      "BUS_TIMEOUT",
      `Device ${this.#parts.name} has not come back within ${HANG_MS / 1_000} s of being asked.`,
      "Too many silent devices on one bus? Give them shorter timeouts, or a bus of their own.",
    );
    this.#count(fault, now);
    this.#parts.onBad("timeout", this.#attemptBeganAt);
    this.#enter("failing", fault);
  }

  #count(fault: Fault, at: Mono): void {
    this.#errors[fault.code] = (this.#errors[fault.code] ?? 0) + 1;
    this.#lastFault = { fault, at };
    this.#parts.onFault?.(fault);
  }

  #enter(state: DeviceState, fault: Fault | null): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#parts.onTransition(state, fault);
  }

  /** A driver throws faults; anything else is an error in it, which must not stop the others. */
  #faultOf(error: unknown): Fault {
    if (error instanceof Fault) return error;
    const { name, driver, log } = this.#parts;
    log.error("a driver has failed in an unforeseen way", { device: name, driver, error });
    return new Fault(
      "DRIVER_DEFECT",
      `Device ${name}: the driver ${driver} failed: ${reasonOf(error)}.`,
      "Report this with the log; the device is tried again.",
      { cause: error },
    );
  }
}

function age(now: Mono, at: Mono): number {
  return Math.max(0, now - at);
}
