import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { crewAtWork, isolatorClosed } from "./air-demand.ts";
import { Compressor, type CompressorOptions, FAULT_OVER_TEMPERATURE } from "./compressor.ts";
import { REGISTER_SIGNALS, rawRegisters } from "./registers.ts";

interface MachineFileSignal {
  readonly register: Readonly<Record<string, number | string>>;
  readonly scale?: number;
  readonly range?: readonly [number, number];
}

const machineFile = parse(
  readFileSync(new URL("./machine.yaml", import.meta.url), "utf8"),
) as Readonly<{ signals: Readonly<Record<string, MachineFileSignal>> }>;

function course(options: CompressorOptions, stepMs: number, seconds: number): string[] {
  const compressor = new Compressor(options);
  const lines: string[] = [];
  for (let timeMs = 0; timeMs < seconds * 1_000; timeMs += stepMs) {
    compressor.step(stepMs);
    if ((timeMs + stepMs) % 5_000 === 0) lines.push(JSON.stringify(compressor.state));
  }
  return lines;
}

/** Steps by the second until the condition holds; the model seconds that it took. */
function stepUntil(compressor: Compressor, secondsMax: number, holds: () => boolean): number {
  for (let second = 0; second <= secondsMax; second++) {
    if (holds()) return second;
    compressor.step(1_000);
  }
  throw new Error(`did not happen within ${secondsMax} s`);
}

describe("the course", () => {
  test("is the same for the same seed, in steps of 1 s and of 5 s", () => {
    const bySeconds = course({ seed: 7 }, 1_000, 3_600);
    expect(course({ seed: 7 }, 1_000, 3_600)).toEqual(bySeconds);
    expect(course({ seed: 7 }, 5_000, 3_600)).toEqual(bySeconds);
    expect(course({ seed: 7 }, 40, 3_600)).toEqual(bySeconds);
  });

  test("is another one for another seed", () => {
    expect(course({ seed: 7 }, 5_000, 600)).not.toEqual(course({ seed: 8 }, 5_000, 600));
  });

  test.each([1, 2, 3, 2026])(
    "seed %i: off, standby, idle, working and idle come within three minutes",
    (seed) => {
      const compressor = new Compressor({ seed });
      const seen: string[] = [];
      for (let second = 0; second < 180; second++) {
        compressor.step(1_000);
        const { phase, loaded } = compressor.state;
        const now = phase === "running" ? (loaded ? "working" : "idle") : phase;
        if (seen.at(-1) !== now) seen.push(now);
      }
      expect(seen.slice(0, 6)).toEqual([
        "isolated",
        "standby",
        "starting",
        "idle",
        "working",
        "idle",
      ]);
    },
  );

  test("without work the motor stops after minutes of idling and starts again later", () => {
    const compressor = new Compressor({ seed: 1 });
    stepUntil(compressor, 120, () => compressor.state.phase === "running");
    stepUntil(compressor, 1_800, () => compressor.state.phase === "standby");
    stepUntil(compressor, 1_800, () => compressor.state.loaded);
  });
});

describe("the physics", () => {
  test("every raw value stays in its range of machine.yaml over two days", () => {
    const compressor = new Compressor({ seed: 5 });
    const raw = new Float64Array(REGISTER_SIGNALS.length);
    for (let second = 0; second < 2 * 86_400; second++) {
      compressor.step(1_000);
      rawRegisters(raw, compressor.state);
      for (const [index, name] of REGISTER_SIGNALS.entries()) {
        const { scale = 1, range } = machineFile.signals[name]!;
        const value = raw[index]! * scale;
        if (!range || (value >= range[0] && value <= range[1])) continue;
        expect.fail(`${name} is ${value} at ${second} s`);
      }
    }
  });

  test("current, oil pressure and temperature tell the state of the machine", () => {
    const compressor = new Compressor({ seed: 3 });
    let settledMs = 0;
    let before = "";
    let loadedChecks = 0;
    for (let second = 0; second < 7_200; second++) {
      compressor.step(1_000);
      const { phase, loaded, motorCurrentA, oilPressureBar } = compressor.state;
      settledMs = before === `${phase}${loaded}` ? settledMs + 1_000 : 0;
      before = `${phase}${loaded}`;
      if (phase === "standby" || phase === "isolated") expect(motorCurrentA).toBe(0);
      if (phase !== "running" || settledMs < 20_000) continue;
      if (loaded) {
        loadedChecks++;
        expect(motorCurrentA).toBeGreaterThan(52);
        expect(motorCurrentA).toBeLessThan(70);
        expect(oilPressureBar).toBeGreaterThan(4);
      } else {
        expect(motorCurrentA).toBeGreaterThan(19);
        expect(motorCurrentA).toBeLessThan(25);
        expect(oilPressureBar).toBeLessThan(4);
      }
    }
    expect(loadedChecks).toBeGreaterThan(100);
    expect(compressor.state.dischargeTemperatureCel).toBeGreaterThan(70);
  });

  test("the start draws a multiple of the running current", () => {
    const compressor = new Compressor({ seed: 3 });
    let highestA = 0;
    stepUntil(compressor, 60, () => {
      highestA = Math.max(highestA, compressor.state.motorCurrentA);
      return compressor.state.phase === "running";
    });
    expect(highestA).toBeGreaterThan(100);
  });

  test("the hour register counts what the motor ran, in steps of 0.05 h", () => {
    const compressor = new Compressor({ seed: 3, motorOnMs: 180_000 * 100 });
    const raw = new Float64Array(REGISTER_SIGNALS.length);
    let motorOnMs = 0;
    for (let tick = 0; tick < 7_200; tick++) {
      compressor.step(500);
      if (["starting", "running"].includes(compressor.state.phase)) motorOnMs += 500;
    }
    rawRegisters(raw, compressor.state);
    expect(compressor.state.motorOnMs).toBe(180_000 * 100 + motorOnMs);
    expect(raw[6]).toBe(100 + Math.floor(motorOnMs / 180_000));
  });

  test("a blocked cooler trips the machine, and it is reset after minutes", () => {
    const compressor = new Compressor({ seed: 3 });
    stepUntil(compressor, 60, () => compressor.state.loaded);
    compressor.blockCooler();
    stepUntil(compressor, 1_800, () => compressor.state.faultWord === FAULT_OVER_TEMPERATURE);
    expect(compressor.state.dischargeTemperatureCel).toBeGreaterThan(105);
    compressor.step(1_000);
    expect(compressor.state.motorCurrentA).toBe(0);
    const downSeconds = stepUntil(compressor, 3_600, () => compressor.state.faultWord === 0);
    expect(downSeconds).toBeGreaterThan(600);
    stepUntil(compressor, 3_600, () => compressor.state.loaded);
  });
});

describe("the start inhibit", () => {
  test("holds the next start for as long as it stands", () => {
    const compressor = new Compressor({ seed: 3 });
    compressor.inhibitStart(true);
    for (let second = 0; second < 600; second++) {
      compressor.step(1_000);
      expect(compressor.state.motorCurrentA).toBe(0);
    }
    compressor.inhibitStart(false);
    stepUntil(compressor, 60, () => compressor.state.phase === "running");
  });

  test("never stops a machine that runs", () => {
    const compressor = new Compressor({ seed: 3 });
    stepUntil(compressor, 60, () => compressor.state.loaded);
    compressor.inhibitStart(true);
    stepUntil(compressor, 300, () => !compressor.state.loaded);
    expect(compressor.state.phase).toBe("running");
    stepUntil(compressor, 300, () => compressor.state.loaded);
  });
});

describe("the shift calendar", () => {
  // 2026-11-23 is a Monday; the hall is one hour ahead of UTC.
  const cases = [
    { name: "Monday 05:59", utc: Date.UTC(2026, 10, 23, 4, 59), crew: false, isolator: true },
    { name: "Monday 06:00", utc: Date.UTC(2026, 10, 23, 5, 0), crew: true, isolator: true },
    { name: "Wednesday 03:00", utc: Date.UTC(2026, 10, 25, 2, 0), crew: false, isolator: true },
    { name: "Friday 21:59", utc: Date.UTC(2026, 10, 27, 20, 59), crew: true, isolator: true },
    { name: "Friday 22:30", utc: Date.UTC(2026, 10, 27, 21, 30), crew: false, isolator: false },
    { name: "Sunday noon", utc: Date.UTC(2026, 10, 29, 11, 0), crew: false, isolator: false },
  ] as const;
  test.each(cases)("$name", ({ utc, crew, isolator }) => {
    expect(crewAtWork(utc)).toBe(crew);
    expect(isolatorClosed(utc)).toBe(isolator);
  });
});
