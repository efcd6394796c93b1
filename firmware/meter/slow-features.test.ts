// Features of slow signals in a running meter: signals like any other, with quality and age.

import { expect, test } from "vitest";
import { type QualityCode, reasonOfCode } from "../../runtime/signal/quality.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { drivers } from "../drivers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { Metering } from "./metering.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { s: { driver: simulated } }
devices: { d: { bus: s, every: 1s } }
signals:
  level: { device: d, wave: { constant: 1 }, unit: mm }
  power: { device: d, wave: { constant: 1 }, unit: kW }
  flow: { device: d, wave: { constant: 1 }, unit: m3/min }
features:
  levelRate: { of: level, feature: rate, over: 1min, scale: 60, unit: mm }
  levelDrift: { of: levelRate, feature: drift, over: 1min }
  specificPower: { ratio: [power, flow], over: 1min }
  levelFluctuation: { of: level, feature: fluctuation, over: 1min }
usage: { WORKING: { signal: power, above: 5 } }
alarms: { sinking: { when: { signal: levelRate, below: -60 }, text: It leaks. } }
`;
const SIGNALS = { level: 0, power: 1, flow: 2 } as const;
const START = 10_000;

function running() {
  const parsed = parseMachineFile(FILE, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const clock = new FakeClock({ mono: START });
  const recorded: { readonly name: string; readonly code: QualityCode }[] = [];
  const { machine } = parsed;
  const metering = new Metering({
    machine,
    clock,
    recorder: {
      sample: (signal, _, code) => recorded.push({ name: machine.signals[signal]!.name, code }),
      record: () => undefined,
    },
    past: null,
    save: () => undefined,
  });
  let at = START;
  /** Seconds of samples, as functions of the seconds since the start; NaN is a bad one. */
  const run = (seconds: number, values: Readonly<Record<keyof typeof SIGNALS, number>>) => {
    for (let second = 0; second < seconds; second++) {
      at += 1_000;
      for (const [name, index] of Object.entries(SIGNALS)) {
        const value = values[name as keyof typeof SIGNALS];
        const sinking = name === "level" ? value * ((at - START) / 1_000) : value;
        if (Number.isNaN(value)) metering.intake.reject(index, "timeout", at);
        else metering.intake.accept(index, sinking, at);
      }
      metering.tick(at);
    }
  };
  const live = (name: string) => metering.image.live(metering.image.indexOf(name)!, at);
  return { metering, run, live, recorded };
}

const STEADY = { level: -0.5, power: 30, flow: 6 };

test("they are signals with the instant of their source, and limits may be on them", () => {
  const { metering, run, live } = running();
  run(20, STEADY);
  expect(live("levelRate")).toMatchObject({ value: null, reason: "indeterminate" });
  run(20, STEADY);
  expect(live("levelRate")).toMatchObject({ quality: "good", age: 0 });
  // −0.5 mm each second are −30 mm/min; × 60 is −1800 mm per hour.
  expect(live("levelRate").value).toBeCloseTo(-1_800, 6);
  expect(live("specificPower").value).toBeNull();
  run(10, STEADY);
  expect(live("specificPower").value).toBeCloseTo(5, 9);
  expect(metering.activeAlarms).toMatchObject([{ id: "sinking", source: "levelRate" }]);
});

test("a feature of a feature comes from it", () => {
  const { run, live } = running();
  run(100, STEADY);
  expect(live("levelDrift")).toMatchObject({ value: 0, quality: "good", age: 0 });
});

test("a source that is bad makes them bad, for its reason; afterwards they wait", () => {
  const { run, live } = running();
  run(60, STEADY);
  run(1, { ...STEADY, level: Number.NaN });
  expect(live("levelRate")).toMatchObject({ value: null, quality: "bad", reason: "timeout" });
  run(60, { ...STEADY, level: Number.NaN });
  run(5, STEADY);
  expect(live("levelRate")).toMatchObject({ value: null, reason: "indeterminate" });
  run(60, STEADY);
  expect(live("levelRate")).toMatchObject({ quality: "good" });
});

test("a ratio of which one is bad is bad, and says so once", () => {
  const { run, live, recorded } = running();
  run(60, STEADY);
  recorded.length = 0;
  run(60, { ...STEADY, flow: Number.NaN });
  expect(live("specificPower")).toMatchObject({ value: null, reason: "timeout" });
  const said = recorded.filter(({ name }) => name === "specificPower");
  expect(said.map(({ code }) => reasonOfCode(code))).toEqual(["timeout"]);
});

test("the fluctuation of a run is that of no other time", () => {
  const { run, live } = running();
  run(60, STEADY);
  expect(live("levelFluctuation")).toMatchObject({ quality: "good" });
  run(10, { ...STEADY, power: 0 });
  expect(live("levelFluctuation")).toMatchObject({ value: null, reason: "indeterminate" });
  run(20, STEADY);
  expect(live("levelFluctuation")).toMatchObject({ reason: "indeterminate" });
  run(30, STEADY);
  expect(live("levelFluctuation")).toMatchObject({ quality: "good" });
});

test("without samples they turn stale with their source", () => {
  const { metering, run } = running();
  run(60, STEADY);
  const later = START + 60_000 + 5_001;
  metering.tick(later);
  const { image } = metering;
  expect(image.live(image.indexOf("levelRate")!, later)).toMatchObject({
    value: null,
    reason: "stale",
    last: { age: 5_001 },
  });
});
