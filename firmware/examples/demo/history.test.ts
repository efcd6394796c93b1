import { describe, expect, test } from "vitest";
import { seededHistory } from "./history.ts";

const options = { seed: 4, endUtc: Date.UTC(2026, 10, 23, 12), days: 30, stepMs: 5_000 } as const;

function digest(seed: number): number {
  let sum = 0;
  for (const { registers, features } of seededHistory({ ...options, seed, days: 5 })) {
    if (Number.isNaN(registers[0])) continue;
    for (const raw of registers) sum = (Math.imul(sum, 31) + raw) | 0;
    sum = (sum + Math.round(features.peak * 1e6)) | 0;
  }
  return sum;
}

describe("the seeded month", () => {
  test("has every step from its beginning to its end, both included", () => {
    let steps = 0;
    let firstUtc = 0;
    let lastUtc = 0;
    let misplaced = 0;
    for (const { mono, utc } of seededHistory(options)) {
      if (steps === 0) firstUtc = utc;
      if (mono !== steps * 5_000) misplaced++;
      lastUtc = utc;
      steps++;
    }
    expect(misplaced).toBe(0);
    expect(steps).toBe((30 * 86_400) / 5 + 1);
    expect(lastUtc).toBe(options.endUtc);
    expect(lastUtc - firstUtc).toBe(30 * 86_400_000);
  });

  test("is the same for the same seed and another for another", () => {
    expect(digest(4)).toBe(digest(4));
    expect(digest(5)).not.toBe(digest(4));
  });

  test.each([1, 2, 3])("seed %i has one outage of an hour and one trip in working time", (seed) => {
    let outages = 0;
    let outageSteps = 0;
    let trips = 0;
    let answeredBefore = true;
    let faultBefore = 0;
    for (const { answered, registers } of seededHistory({ ...options, seed })) {
      if (!answered) {
        outageSteps++;
        if (answeredBefore) outages++;
        expect(registers.every(Number.isNaN)).toBe(true);
      } else {
        if (registers[4] !== 0 && faultBefore === 0) trips++;
        faultBefore = registers[4]!;
      }
      answeredBefore = answered;
    }
    expect({ outages, outageSteps, trips }).toEqual({ outages: 1, outageSteps: 720, trips: 1 });
  });

  test("works in shifts, counts its own hours and has a sound bearing", () => {
    const stepsByState = { off: 0, standby: 0, idle: 0, working: 0 };
    let hoursFirst = 0;
    let hoursLast = 0;
    let lowered = 0;
    let kurtosisMax = 0;
    for (const { answered, registers, features, hours } of seededHistory(options)) {
      if (hoursFirst === 0) hoursFirst = hours;
      if (hours < hoursLast) lowered++;
      hoursLast = hours;
      kurtosisMax = Math.max(kurtosisMax, features.kurtosis);
      if (!answered) continue;
      const current = registers[1]! / 10;
      if (current > 45) stepsByState.working++;
      else if (current > 12) stepsByState.idle++;
      else if (registers[0]! > 3_400) stepsByState.standby++;
      else stepsByState.off++;
    }
    const ran = (stepsByState.working + stepsByState.idle) / 720;
    expect(lowered).toBe(0);
    expect(kurtosisMax).toBeLessThan(3.8);
    // The outage hides an hour from us, but not from the compressor's own register.
    expect(hoursLast - hoursFirst).toBeGreaterThan(ran);
    expect(hoursLast - hoursFirst).toBeLessThan(ran + 1.3);
    expect(stepsByState.working / 720).toBeGreaterThan(100);
    expect(stepsByState.idle / 720).toBeGreaterThan(50);
    expect(stepsByState.standby / 720).toBeGreaterThan(100);
    expect(stepsByState.off / 720).toBeGreaterThan(150);
  });

  test("a stretch without a working day has neither outage nor trip", () => {
    const sunday = { seed: 1, endUtc: Date.UTC(2026, 10, 22, 20), days: 1, stepMs: 60_000 };
    for (const { answered, registers } of seededHistory(sunday)) {
      expect(answered).toBe(true);
      expect(registers[4]).toBe(0);
    }
  });
});
