// Judges whether a bus keeps the schedule that the machine file asks of it, from what its devices
// were asked and what they were read. A read is passed over when the one before it has not ended,
// so a bus that is asked for too much shows as passed-over reads of devices that answer. A state
// machine without a clock: it is shown the counts at regular intervals.

/** How often the counts are to be shown. */
export const SCHEDULE_LOOK_MS = 10_000;

/** Reads that were due before a device's pace says anything. */
const DUE_MIN = 5;

/** So much slower than asked is late; so close to it is in time. Between them nothing changes. */
const LATE_FACTOR = 1.1;
const IN_TIME_FACTOR = 1.02;

/** Looks in a row until a bus counts as late, and until it counts as in time again. */
const LATE_LOOKS = 3;
const IN_TIME_LOOKS = 6;

/** A device that is asked in a rhythm; the counts are since its start. */
export interface DeviceCounts {
  readonly name: string;
  readonly everyMs: number;
  /** Whether it answers: what waits for a silent device is no fault of the schedule. */
  readonly isUp: boolean;
  readonly reads: number;
  readonly skippedReads: number;
}

export interface ScheduleChange {
  readonly isLate: boolean;
  /** The device that is worst off, what was asked for it and what it gets. */
  readonly device: string;
  readonly everyMs: number;
  readonly neededMs: number;
}

interface Pace {
  reads: number;
  skippedReads: number;
  /** How many times longer a round takes than was asked; 1 before anything is known. */
  factor: number;
  /** Whether this look has told it; else it is what an earlier one told. */
  isFresh: boolean;
}

export class BusSchedule {
  readonly #paces = new Map<string, Pace>();
  #isLate = false;
  /** Looks in a row that contradict the present judgement. */
  #contradictions = 0;

  get isLate(): boolean {
    return this.#isLate;
  }

  /** Call each SCHEDULE_LOOK_MS. What changed, else null. */
  look(devices: readonly DeviceCounts[]): ScheduleChange | null {
    let worst: ScheduleChange | null = null;
    let worstFactor = 0;
    let hasFreshLate = false;
    for (const device of devices) {
      const { factor, isFresh } = this.#paceOf(device);
      hasFreshLate ||= isFresh && factor > LATE_FACTOR;
      if (factor <= worstFactor) continue;
      worstFactor = factor;
      const { name, everyMs } = device;
      worst = { isLate: !this.#isLate, device: name, everyMs, neededMs: everyMs * factor };
    }
    const contradicts = this.#isLate ? worstFactor < IN_TIME_FACTOR : worstFactor > LATE_FACTOR;
    // The one late read of a slow rhythm is not late anew at each look.
    if (!this.#isLate && contradicts && !hasFreshLate) return null;
    this.#contradictions = contradicts ? this.#contradictions + 1 : 0;
    if (this.#contradictions < (this.#isLate ? IN_TIME_LOOKS : LATE_LOOKS)) return null;
    this.#contradictions = 0;
    this.#isLate = !this.#isLate;
    return worst;
  }

  #paceOf({ name, isUp, reads, skippedReads }: DeviceCounts): Pace {
    const before = this.#paces.get(name);
    if (before === undefined || !isUp) return this.#keep(name, { reads, skippedReads, factor: 1 });
    const read = reads - before.reads;
    const due = read + skippedReads - before.skippedReads;
    // A slow rhythm needs several looks; until then what was known before holds.
    if (due < DUE_MIN) {
      before.isFresh = false;
      return before;
    }
    return this.#keep(name, { reads, skippedReads, factor: due / Math.max(1, read) });
  }

  #keep(name: string, told: Omit<Pace, "isFresh">): Pace {
    const pace = { ...told, isFresh: true };
    this.#paces.set(name, pace);
    return pace;
  }
}
