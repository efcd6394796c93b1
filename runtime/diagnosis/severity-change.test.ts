// A severity that changes inside its zone: criterion II of ISO 20816 against what was learned.

import { expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { Finding } from "./finding.ts";
import { MachineBaselines } from "./machine-baselines.ts";
import { severityLimits } from "./severity.ts";

const SEED = 20_816;
const OBSERVATION_MS = 1_000;
const SEVERITY = severityLimits("group1-rigid");
const CHANGE = 0.25 * 4.5;
const WORKING = { operatingState: "WORKING", speedHz: 25, load: null } as const;

/** Waveforms whose RMS, peak, crest factor and kurtosis stand still. */
class Machine {
  readonly names: readonly string[];
  readonly baselines: MachineBaselines;
  readonly random = new SeededRandom(SEED);
  at = 0;

  constructor(names: readonly string[] = ["bearing"]) {
    this.names = names;
    this.baselines = new MachineBaselines({
      waveforms: names.map((name) => ({ name, unit: "[g]", severity: SEVERITY })),
      watched: [],
      learnMs: 128 * OBSERVATION_MS,
    });
  }

  /** The findings of the last observation. */
  observe(count: number, severity: number, level = 1): readonly Finding[] {
    let last: Finding[] = [];
    for (let index = 0; index < count; index++) {
      this.at += OBSERVATION_MS;
      last = this.names.flatMap((name) => {
        const general = Float64Array.of(level, 4 * level, 4, 3);
        const features = general.map((value) => value * (1 + 0.01 * this.random.normal()));
        const value = severity + 0.02 * this.random.normal();
        const words = this.baselines.waveform(name, features, value, 1, WORKING, this.at);
        return words?.findings ?? [];
      });
    }
    return last;
  }
}

test.each([
  { name: "more", before: 0.5, after: 0.5 + 1.4 * CHANGE },
  { name: "less", before: 2.2, after: 2.2 - 1.4 * CHANGE },
])("$name of it than a quarter of B/C is said, in zone A and across a restart", (changes) => {
  const earlier = new Machine();
  expect(earlier.observe(300, changes.before)).toEqual([]);
  const machine = new Machine();
  const saved = JSON.parse(JSON.stringify(earlier.baselines.state()));
  expect(machine.baselines.restore(saved, 0)).toEqual([]);
  machine.at = earlier.at;
  expect(machine.observe(100, changes.before)).toEqual([]);
  const changedAt = machine.at;
  const [finding, ...others] = machine.observe(60, changes.after);
  expect(others).toEqual([]);
  expect(finding).toMatchObject({ id: "bearing.vibration-change", fault: "vibration-change" });
  const [feature] = finding!.evidence.features;
  const { value, usual, limit, spreads } = feature!;
  expect(feature).toMatchObject({ feature: "VelocityRms", unit: "mm/s" });
  expect(Math.abs(limit! - usual!)).toBeCloseTo(CHANGE, 2);
  expect(value).toBeCloseTo(changes.after, 1);
  expect(Math.sign(spreads!)).toBe(Math.sign(changes.after - changes.before));
  expect(finding!.since! - changedAt).toBeGreaterThan(0);
  expect(finding!.since! - changedAt).toBeLessThanOrEqual(5 * OBSERVATION_MS);
});

test("less than a quarter of B/C is never said, however long it lasts", () => {
  const machine = new Machine();
  machine.observe(300, 1);
  expect(machine.observe(2_000, 1 + 0.9 * CHANGE)).toEqual([]);
});

test("small steps at restarts do not add up unheard", () => {
  const machine = new Machine();
  machine.observe(300, 1);
  for (const share of [0.6, 1.2]) {
    machine.at += 100 * OBSERVATION_MS;
    machine.observe(100, 1 + share * CHANGE);
  }
  expect(machine.observe(1, 1 + 1.2 * CHANGE)).toMatchObject([{ fault: "vibration-change" }]);
});

test("what could not be measured is not learned", () => {
  const machine = new Machine();
  machine.observe(200, Number.NaN);
  machine.observe(100, 3);
  expect(machine.observe(20, 1)).toEqual([]);
});

test("a maintenance makes it learn again", () => {
  const machine = new Machine();
  machine.observe(300, 1);
  machine.baselines.maintained(machine.at);
  expect(machine.observe(300, 1 + 2 * CHANGE)).toEqual([]);
});

test("what all waveforms of a machine share is another regime and not a change of each", () => {
  const machine = new Machine(["a", "b", "c", "d"]);
  machine.observe(300, 1);
  const faults = machine.observe(200, 1 + 2 * CHANGE, 2).map(({ fault }) => fault);
  expect(faults).toContain("pattern-change");
  expect(faults).not.toContain("vibration-change");
});
