// The queue of one bus: one request at a time, in the order in which they were asked. A device that
// stays silent stands back: its requests wait until nobody else's do, and may cost the others a
// small share of the bus, so that five dead devices do not slow down eleven that live.

import { Fault, type FaultCode } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Timer, Timers } from "../../runtime/signal/timers.ts";
import { type Ask, ModbusException, type Target } from "./line.ts";

/**
 * Each device waits for its own answer, so this many wait only where as many devices share a bus.
 */
const WAITING_MAX = 512;

/**
 * Requests in a row without an answer that make a device a silent one; one where it never gave any.
 */
const SILENT_AFTER = 3;

/** The share of the time that all silent devices together may take from those that answer. */
const SILENT_SHARE = 1 / 16;

/** However much they have cost at start: one of them is asked again after this at the latest. */
const SILENT_PAUSE_MAX_MS = 60_000;

/** Who answered within this time has to be protected from those who do not. */
const LIVELY_MS = 60_000;

/**
 * A silent device that has waited this long for its turn is told to come back later; half of what
 * the poller takes for a hang.
 */
const SILENT_WAIT_MS = 30_000;

/** Faults of the bus itself: they say nothing of the unit that was asked. */
const OF_THE_BUS: ReadonlySet<FaultCode> = new Set([
  "BUS_UNREACHABLE",
  "BUS_FORBIDDEN",
  "BUS_BUSY",
  "BUS_CLOSED",
  "SETTING_INVALID",
]);

/** Faults that all who wait for the same connection would meet as well. */
const FOR_ALL: ReadonlySet<FaultCode> = new Set(["BUS_UNREACHABLE", "BUS_FORBIDDEN", "BUS_BUSY"]);

export interface Job {
  readonly target: Target;
  readonly ask: Ask;
}

interface Waiting extends Job {
  readonly since: Mono;
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (fault: unknown) => void;
}

interface Unit {
  answeredAt: Mono | null;
  failures: number;
}

export interface RequestQueueParts {
  /** Begins each message: `Bus plant (/dev/ttyUSB0)`. */
  readonly place: string;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Sends one request and gives its answer. */
  readonly serve: (job: Job) => Promise<Uint8Array>;
  /** After a failure: waits until the line may be used again. Never rejects. */
  readonly recover: (fault: unknown) => Promise<void>;
}

export class RequestQueue {
  readonly #parts: RequestQueueParts;
  readonly #units = new Map<number, Unit>();
  #waiting: Waiting[] = [];
  #isBusy = false;
  #isClosed = false;
  /** Before this a silent device is not asked while others answer. */
  #silentAllowedAt: Mono = 0;
  #wake: Timer | null = null;

  constructor(parts: RequestQueueParts) {
    this.#parts = parts;
  }

  request(target: Target, ask: Ask): Promise<Uint8Array> {
    const { place, clock } = this.#parts;
    if (this.#isClosed) return Promise.reject(this.#closedFault());
    if (this.#waiting.length >= WAITING_MAX) {
      const fault = new Fault(
        "BUS_TIMEOUT",
        `${place} has ${WAITING_MAX} requests waiting and takes no more.`,
        "Ask the devices of this bus less often, or spread them over several buses.",
      );
      return Promise.reject(fault);
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ target, ask, since: clock.mono(), resolve, reject });
      if (!this.#isBusy) void this.#work();
    });
  }

  /** True while it keeps silent and others, who answer, would wait for it. */
  isSilent(unitId: number): boolean {
    return this.#isMute(unitId) && this.#hasLively(this.#parts.clock.mono());
  }

  #isMute(unitId: number): boolean {
    const unit = this.#units.get(unitId);
    return unit !== undefined && unit.failures >= (unit.answeredAt === null ? 1 : SILENT_AFTER);
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.cancel();
    this.#rejectWaiting(this.#closedFault());
  }

  /** Serves until nobody waits who may go. Never rejects: each job hears of its own end. */
  async #work(): Promise<void> {
    this.#isBusy = true;
    this.#wake?.cancel();
    for (let job = this.#next(); job !== null; job = this.#next()) await this.#do(job);
    this.#isBusy = false;
    if (this.#waiting.length > 0) this.#wakeLater();
  }

  async #do(job: Waiting): Promise<void> {
    const { clock, serve, recover } = this.#parts;
    const { unitId } = job.target;
    const begunAt = clock.mono();
    try {
      const bytes = await serve(job);
      this.#answered(unitId);
      job.resolve(bytes);
    } catch (error) {
      this.#count(unitId, error);
      job.reject(this.#isClosed ? this.#closedFault() : error);
      if (error instanceof Fault && FOR_ALL.has(error.code)) this.#rejectWaiting(error);
      await recover(error);
      if (this.#isMute(unitId)) this.#charge(clock.mono() - begunAt);
    }
  }

  /** In the order of their coming, and the silent ones when nobody else waits. */
  #next(): Waiting | null {
    const lively = this.#waiting.findIndex((job) => !this.#standsBack(job));
    if (lively !== -1) return this.#waiting.splice(lively, 1)[0]!;
    if (this.#waiting.length === 0) return null;
    const now = this.#parts.clock.mono();
    if (now >= this.#silentAllowedAt) return this.#waiting.shift()!;
    this.#sendAwayTired(now);
    return null;
  }

  /** A write is a person's or a rule's wish and goes at once. */
  #standsBack({ target, ask }: Waiting): boolean {
    return (ask.kind === "read" || ask.kind === "identify") && this.isSilent(target.unitId);
  }

  #sendAwayTired(now: Mono): void {
    const tired = this.#waiting.filter(({ since }) => now - since >= SILENT_WAIT_MS);
    this.#waiting = this.#waiting.filter((job) => !tired.includes(job));
    for (const { target, reject } of tired) {
      const fault = new Fault(
        "BUS_TIMEOUT",
        `${this.#parts.place}, unit ${target.unitId} is silent and waits for its turn behind ` +
          "other silent devices.",
        "Take devices that are not there out of the machine file, or shorten their timeout.",
      );
      reject(fault);
    }
  }

  #wakeLater(): void {
    const { clock, timers } = this.#parts;
    const now = clock.mono();
    const tiredAt = this.#waiting[0]!.since + SILENT_WAIT_MS;
    const delayMs = Math.max(1, Math.min(this.#silentAllowedAt, tiredAt) - now);
    this.#wake = timers.after(delayMs, () => {
      if (!this.#isBusy) void this.#work();
    });
  }

  #answered(unitId: number): void {
    this.#units.set(unitId, { answeredAt: this.#parts.clock.mono(), failures: 0 });
  }

  #count(unitId: number, error: unknown): void {
    if (error instanceof ModbusException && !error.isFromGateway) {
      this.#answered(unitId);
    } else if (!(error instanceof Fault && OF_THE_BUS.has(error.code))) {
      const unit = this.#units.get(unitId) ?? { answeredAt: null, failures: 0 };
      this.#units.set(unitId, { ...unit, failures: unit.failures + 1 });
    }
  }

  /** What a silent device has cost is paid by all silent devices, in time. */
  #charge(costMs: number): void {
    const now = this.#parts.clock.mono();
    const allowedAt = Math.max(this.#silentAllowedAt, now) + costMs / SILENT_SHARE;
    this.#silentAllowedAt = Math.min(allowedAt, now + SILENT_PAUSE_MAX_MS);
  }

  #hasLively(now: Mono): boolean {
    for (const { answeredAt, failures } of this.#units.values()) {
      if (answeredAt !== null && failures === 0 && now - answeredAt <= LIVELY_MS) return true;
    }
    return false;
  }

  #rejectWaiting(fault: Fault): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const job of waiting) job.reject(fault);
  }

  #closedFault(): Fault {
    const { place } = this.#parts;
    return new Fault("BUS_CLOSED", `${place} has been closed.`, "Nothing needs to be done.");
  }
}
