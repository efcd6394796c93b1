// Faults that other meters are known for, each by its issue number, told to this one. Where a
// restart is part of it, the registers go over it through the slot file, as on a controller.

import { describe, expect, test } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { conditionWith } from "../testing/usage-timeline.ts";
import { RegisterSlots, SLOT_FILE_BYTES, type SlotFile } from "./register-slots.ts";
import { UsageMeter } from "./usage-meter.ts";
import type { UsageRules } from "./usage-rules.ts";
import { observedMs, REGISTER_NAMES, type Registers, ZERO_REGISTERS } from "./usage-state.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
/** How often the metering saves while a register moves. */
const SAVE_EVERY_MS = 8 * SECOND;

const RUNNING = 60;
const STOPPED = 0;
/** The signal of the device's own count. */
const STROKES = 1;
const RULES: UsageRules = { WORKING: conditionWith(), strokes: { counter: STROKES } };

/** A meter on a controller with a clock and a card; samples come each second. */
class Installed {
  readonly clock: FakeClock;
  readonly #card = new Uint8Array(SLOT_FILE_BYTES);
  #slots!: RegisterSlots;
  #meter!: UsageMeter;
  #savedAt = 0;

  private constructor(startsAt: string) {
    const wall = { utcAtZero: Date.parse(startsAt), tq: "S", err: 10 } as const;
    this.clock = new FakeClock({ wall });
  }

  static async at(startsAt = "2026-03-02T08:00:00Z"): Promise<Installed> {
    const installed = new Installed(startsAt);
    await installed.start();
    return installed;
  }

  get registers(): Registers {
    return this.#meter.registers;
  }

  /** Starts the program; the gap since the last save is certain within one boot only. */
  async start(rules = RULES): Promise<void> {
    const file: SlotFile = {
      read: async () => this.#card.slice(),
      write: async (position, bytes) => this.#card.set(bytes, position),
      close: async () => undefined,
    };
    this.#slots = new RegisterSlots(file);
    const saved = await this.#slots.open();
    const now = this.clock.mono();
    this.#meter = new UsageMeter(rules, now, saved?.registers ?? ZERO_REGISTERS, () => {});
    if (saved?.boot === this.clock.boot) this.#meter.addUnobserved(now - saved.mono);
    this.#savedAt = now;
  }

  /** The program ends, is away for so long, and starts again. */
  async restart(awayMs: number, rules = RULES): Promise<void> {
    await this.#save();
    this.clock.advance(awayMs);
    await this.start(rules);
  }

  /** Nothing is saved, and the monotonic clock begins anew. */
  async powerCut(): Promise<void> {
    this.clock.reboot(`${this.clock.boot}+`);
    await this.start();
  }

  /** Samples for so long; `null` is a device that does not answer. */
  async run(value: number | null, ms: number, strokes: number | null = null): Promise<Registers> {
    for (let left = ms; left > 0; left -= SECOND) {
      this.clock.advance(SECOND);
      this.#tell(0, value);
      if (strokes !== null) this.#tell(STROKES, strokes);
      this.#meter.settle(this.clock.mono());
      if (this.clock.mono() - this.#savedAt >= SAVE_EVERY_MS) await this.#save();
    }
    return this.registers;
  }

  async count(...readings: readonly (number | null)[]): Promise<number> {
    for (const reading of readings) {
      this.clock.advance(SECOND);
      this.#tell(STROKES, reading);
    }
    this.clock.advance(1);
    this.#meter.settle(this.clock.mono());
    return this.registers.strokes;
  }

  #tell(signal: number, value: number | null): void {
    for (const track of this.#meter.tracksOf(signal)) {
      if (value === null) track.bad(this.clock.mono());
      else track.good(value, this.clock.mono());
    }
  }

  async #save(): Promise<void> {
    const { settledAt: mono, registers } = this.#meter;
    this.#savedAt = this.clock.mono();
    await this.#slots.save({ boot: this.clock.boot, mono, savedAt: this.#savedAt, registers });
  }
}

/** What the later registers have more than the earlier ones. */
function since(before: Registers, after: Registers): Registers {
  const entries = REGISTER_NAMES.map((name) => [name, after[name] - before[name]] as const);
  return Object.fromEntries(entries) as unknown as Registers;
}

describe("restarts", () => {
  test("Home Assistant 104701: a restart without a change of state changes no hours", async () => {
    const machine = await Installed.at();
    await machine.run(RUNNING, HOUR);
    const before = await machine.run(STOPPED, HOUR);
    await machine.restart(30 * SECOND);
    const after = await machine.run(STOPPED, HOUR);
    expect(since(before, after)).toMatchObject({ working: 0, starts: 0, loads: 0 });
    expect(since(before, after).unknown).toBe(31 * SECOND);
  });

  test("Home Assistant 103510: after an update the registers go on as they were", async () => {
    const machine = await Installed.at();
    const before = await machine.run(RUNNING, 10 * HOUR);
    await machine.restart(5 * MINUTE, { WORKING: conditionWith({ threshold: 50 }) });
    const after = await machine.run(RUNNING, HOUR);
    expect(since(before, after)).toMatchObject({
      working: HOUR - SECOND,
      unknown: 5 * MINUTE + SECOND,
    });
  });

  test("Home Assistant 91449: no register decreases on a restart", async () => {
    const machine = await Installed.at();
    let before = await machine.run(RUNNING, MINUTE, 970);
    for (const strokes of [975, 970, 0, 990]) {
      await machine.restart(7 * SECOND);
      await machine.run(null, 3 * SECOND);
      const after = await machine.run(RUNNING, MINUTE, strokes);
      for (const name of REGISTER_NAMES) expect(after[name]).toBeGreaterThanOrEqual(before[name]);
      before = after;
    }
  });

  test("Home Assistant 48206: a restart does not add the whole reading again", async () => {
    const machine = await Installed.at();
    await machine.count(100, 103);
    for (let turn = 0; turn < 3; turn++) {
      await machine.restart(SECOND);
      await machine.count(103, 103);
    }
    expect(machine.registers.strokes).toBe(3);
  });

  test("Home Assistant 20931, 54932, 72943: downtime is not dropped, it is UNKNOWN", async () => {
    const machine = await Installed.at();
    const before = await machine.run(RUNNING, HOUR);
    for (let turn = 0; turn < 20; turn++) {
      await machine.restart(11 * SECOND);
      await machine.run(RUNNING, 49 * SECOND);
    }
    const { working, unknown, ...others } = since(before, machine.registers);
    expect(working + unknown).toBe(20 * MINUTE);
    expect(unknown).toBe(20 * 12 * SECOND);
    expect(others.starts + others.loads).toBe(0);
  });

  test("Tasmota 6104: a power cut takes seconds, never the day, and never adds", async () => {
    const machine = await Installed.at();
    let truth = 0;
    for (const hours of [3, 1, 7]) {
      await machine.run(RUNNING, hours * HOUR + 5 * SECOND);
      truth += hours * HOUR + 5 * SECOND;
      await machine.powerCut();
    }
    const shortBy = truth - machine.registers.working;
    expect(shortBy).toBeGreaterThanOrEqual(0);
    // Per cut, what was not saved yet, and the second before the first pair of samples.
    expect(shortBy).toBeLessThanOrEqual(3 * (SAVE_EVERY_MS + SECOND));
  });
});

describe("what nobody saw", () => {
  test("Home Assistant 76350: time before there was a sensor is nobody's work", async () => {
    const machine = await Installed.at();
    await machine.run(null, 5 * HOUR);
    const after = await machine.run(RUNNING, HOUR);
    expect(after).toMatchObject({ working: HOUR - SECOND, unknown: 5 * HOUR + SECOND, starts: 0 });
  });

  test("Traccar 5430: offline while stopped and back while running adds no hours", async () => {
    const machine = await Installed.at();
    const before = await machine.run(STOPPED, HOUR);
    await machine.run(null, 9 * HOUR);
    const after = await machine.run(RUNNING, MINUTE);
    expect(since(before, after)).toMatchObject({
      working: MINUTE - SECOND,
      unknown: 9 * HOUR + SECOND,
    });
  });

  test("Digital Matter: the wait that ends a trip is no run time", async () => {
    const machine = await Installed.at();
    const WORKING = conditionWith({ minOnMs: 30 * SECOND, minOffMs: 3 * MINUTE });
    await machine.start({ WORKING });
    await machine.run(STOPPED, 5 * MINUTE);
    for (let trip = 0; trip < 10; trip++) {
      await machine.run(RUNNING, 10 * MINUTE);
      await machine.run(STOPPED, 10 * MINUTE);
    }
    expect(machine.registers).toMatchObject({ working: 10 * 10 * MINUTE, starts: 10 });
  });
});

describe("a device's own count", () => {
  test("Refoss 14: a zero for a moment after a reboot is not added again", async () => {
    const machine = await Installed.at();
    expect(await machine.count(5_000, 5_004, 0, 5_004, 5_006)).toBe(6);
    expect(await machine.count(0, 0, null, 0, 5_007, 5_009)).toBe(9);
    await machine.restart(SECOND);
    expect(await machine.count(0, 5_009, 5_010)).toBe(10);
  });

  test("Home Assistant 114908: back from unknown it adds only what it rose by", async () => {
    const machine = await Installed.at();
    expect(await machine.count(12_000, 12_001, null, null, null, 12_003)).toBe(3);
  });
});

describe("the wall clock", () => {
  test("OpenEMS CalculateActiveTime: a synchronised clock adds no hours", async () => {
    const machine = await Installed.at("1970-01-01T00:00:00Z");
    await machine.run(RUNNING, HOUR);
    machine.clock.stepWall(Date.parse("2026-03-02T08:00:00Z"));
    const after = await machine.run(RUNNING, HOUR);
    expect(after.working).toBe(2 * HOUR - SECOND);
  });

  test("Home Assistant 18591: a clock that goes back makes nothing negative", async () => {
    const machine = await Installed.at();
    const before = await machine.run(RUNNING, HOUR);
    machine.clock.stepWall(-3 * HOUR);
    const after = await machine.run(RUNNING, HOUR);
    expect(since(before, after).working).toBe(HOUR);
  });

  test("Home Assistant 75903: what ended before midnight does not go on after it", async () => {
    const machine = await Installed.at("2026-03-01T23:00:00Z");
    await machine.run(RUNNING, 50 * MINUTE);
    const midnight = await machine.run(STOPPED, 10 * MINUTE);
    expect(machine.clock.instantAt(machine.clock.mono()).utc).toBe(Date.parse("2026-03-02"));
    const after = await machine.run(STOPPED, HOUR);
    expect(since(midnight, after)).toMatchObject({ working: 0, off: HOUR });
  });

  test("Home Assistant 102984: the hour that a clock repeats was worked twice", async () => {
    // Europe/Berlin goes from 03:00 back to 02:00 at 01:00 UTC.
    const machine = await Installed.at("2026-10-25T00:00:00Z");
    const hourOf = () => berlinHour(machine);
    const hours: string[] = [];
    const worked: number[] = [];
    let before = machine.registers;
    for (let hour = 0; hour < 3; hour++) {
      hours.push(hourOf());
      const after = await machine.run(RUNNING, HOUR);
      worked.push(since(before, after).working);
      before = after;
    }
    expect(hours).toEqual(["02", "02", "03"]);
    expect(worked).toEqual([HOUR - SECOND, HOUR, HOUR]);
  });

  test("Home Assistant 114547: a change to summer time resets nothing, early or late", async () => {
    const machine = await Installed.at("2026-03-28T22:00:00Z");
    let before = machine.registers;
    for (let hour = 0; hour < 4; hour++) {
      const after = await machine.run(RUNNING, HOUR);
      for (const name of REGISTER_NAMES) expect(after[name]).toBeGreaterThanOrEqual(before[name]);
      before = after;
    }
    expect(berlinHour(machine)).toBe("04");
    expect(before.working).toBe(4 * HOUR - SECOND);
  });

  test("Home Assistant 39679: a month that begins twice counts nothing twice", async () => {
    const machine = await Installed.at("2026-02-28T23:00:00Z");
    await machine.run(RUNNING, HOUR);
    const marks = [machine.registers];
    machine.clock.stepWall(-MINUTE);
    marks.push(await machine.run(RUNNING, MINUTE));
    const end = await machine.run(RUNNING, HOUR);
    expect(since(marks[0]!, end).working).toBe(HOUR + MINUTE);
    expect(since(marks[0]!, marks[1]!).working + since(marks[1]!, end).working).toBe(HOUR + MINUTE);
    expect(observedMs(end)).toBe(machine.clock.mono());
  });
});

function berlinHour(machine: Installed): string {
  const { utc } = machine.clock.instantAt(machine.clock.mono());
  const format = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZone: "Europe/Berlin" });
  return format.format(new Date(utc!));
}
