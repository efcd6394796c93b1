// The diagnosis of a machine over minutes: what is said, what is taken back, what a sensor fault
// is taken for, and what a restart goes on with.

import { expect, test } from "vitest";
import { addShock, bearingFaultSignal } from "../testing/bearing-signal.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { parseBearing } from "./bearing/library.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import type { Said } from "./diagnosis-messages.ts";
import { MachineDiagnosis, type StandingFinding } from "./machine-diagnosis.ts";

const SEED = 20_261_123;
const RATE = 12_800;
const SHAFT_HZ = 29;
const WORKING: Circumstances = { speedHz: SHAFT_HZ, load: 80, operatingState: "WORKING" };
const LEARN_MS = 128 * 10_000;

const CHANNEL: DiagnosisChannel = {
  name: "bearing",
  quantity: "acceleration",
  unit: "[g]",
  rate: RATE,
  windowSamples: RATE,
  fullScale: 50,
  mainsHz: 50,
  bearings: [{ name: "driveEnd", geometry: parseBearing("6205"), ratio: 1 }],
  gears: [],
  polePairs: null,
  severity: null,
  regime: null,
};

/** Half an hour of it is heard in a second. */
const SLOW: DiagnosisChannel = { ...CHANNEL, rate: 1_280, windowSamples: 1_280, bearings: [] };

function noiseOf(random: SeededRandom, level = 1, rate = RATE): Float32Array {
  return Float32Array.from({ length: rate }, () => level * random.normal());
}

function faultOf(seconds: number, random: SeededRandom): Float32Array {
  const geometry = parseBearing("6205");
  const frame = { rate: RATE, seconds, shaftHz: SHAFT_HZ, resonanceHz: 3_200, slip: 0.01 };
  return bearingFaultSignal({ ...frame, geometry, part: "outer", signalToNoiseDb: 0 }, random);
}

class Machine {
  readonly random = new SeededRandom(SEED);
  readonly hashed: number[] = [];
  readonly diagnosis: MachineDiagnosis;
  readonly rate: number;
  at = 0;

  constructor(standing: readonly StandingFinding[] = [], channel = CHANNEL) {
    this.rate = channel.rate;
    this.diagnosis = new MachineDiagnosis({
      channels: [null, channel],
      watched: [{ name: "temperature", unit: "Cel", spreadLeast: 0.5 }],
      learnMs: LEARN_MS,
      standing,
      hash: (samples) => {
        this.hashed.push(samples.length);
        return "ab".repeat(32);
      },
    });
  }

  /** What was said over whole seconds of a signal. */
  hear(signal: Float32Array, circumstances: Circumstances | null = WORKING): readonly Said[] {
    const said: Said[] = [];
    const { rate } = this;
    for (let start = 0; start + rate <= signal.length; start += rate) {
      this.at += 1_000;
      const samples = signal.slice(start, start + rate);
      const answer = this.diagnosis.window(1, samples, rate, circumstances, this.at);
      if (answer.said !== null) said.push(answer.said);
    }
    return said;
  }

  noise(seconds: number, level = 1): Float32Array {
    const signal = new Float32Array(seconds * this.rate);
    for (let second = 0; second < seconds; second++) {
      signal.set(noiseOf(this.random, level, this.rate), second * this.rate);
    }
    return signal;
  }
}

/** Shocks that come as they please: impulsive, and of no part. */
function mixed(machine: Machine): Float32Array {
  const signal = machine.noise(10);
  for (let at = 0; at < 10; at += 0.02 + 0.2 * machine.random.next()) {
    addShock(signal, RATE, at, 30, 3_200);
  }
  return signal;
}

test("a healthy bearing is judged each ten seconds, and nothing is found or hashed", () => {
  const machine = new Machine();
  const said = machine.hear(machine.noise(30));
  expect(said).toHaveLength(3);
  for (const { findings, status } of said) {
    expect(findings).toEqual([]);
    expect(status).toMatchObject({ waveform: "bearing", operatingState: "WORKING", problems: [] });
    expect(["none", "cannot-tell"]).toContain(status.bearings[0]!.verdict);
  }
  expect(machine.hashed).toEqual([]);
});

test("a fault is found with its lines and the hash of its window", () => {
  const machine = new Machine();
  const said = machine.hear(faultOf(10, machine.random));
  const [finding] = said[0]!.findings;
  expect(finding).toMatchObject({
    id: "bearing.bearing-outer.driveEnd",
    fault: "bearing-outer",
    evidence: { speedRpm: 60 * SHAFT_HZ, load: 80, window: { sha256: "ab".repeat(32) } },
  });
  expect(finding!.evidence.lines[0]!.db).toBeGreaterThan(finding!.evidence.lines[0]!.thresholdDb);
  expect(machine.hashed).toEqual([RATE]);
});

test("what an earlier life said is taken back where it is heard that it does not hold", () => {
  const standing: StandingFinding = {
    id: "bearing.sensor-stuck",
    source: "bearing",
    fault: "sensor-stuck",
    part: null,
  };
  const other = { ...standing, id: "other.sensor-stuck", source: "other" };
  const machine = new Machine([standing, other]);
  const said = machine.hear(machine.noise(20));
  expect(said.map(({ gone }) => gone.includes(standing.id))).toEqual([true, true]);
  expect(said.flatMap(({ gone }) => gone)).not.toContain(other.id);
});

test("a sensor that is cut off is no machine fault, and takes none back", () => {
  const machine = new Machine();
  machine.hear(faultOf(10, machine.random));
  const said = machine.hear(new Float32Array(10 * RATE).fill(49.9));
  const faults = said.flatMap(({ findings }) => findings.map(({ fault }) => fault));
  expect(faults.length).toBeGreaterThan(0);
  expect(faults.every((fault) => fault.startsWith("sensor-"))).toBe(true);
  expect(said.flatMap(({ gone }) => gone)).not.toContain("bearing.bearing-outer.driveEnd");
});

test("a bearing of which nobody can tell keeps its alarm, until somebody worked on it", () => {
  const id = "bearing.bearing-outer.driveEnd";
  const machine = new Machine();
  machine.hear(faultOf(10, machine.random));
  const unclear = () => machine.hear(mixed(machine));
  const before = unclear();
  expect(before.map(({ status }) => status.bearings[0]!.verdict)).toEqual(["cannot-tell"]);
  expect(before.flatMap(({ gone }) => gone)).not.toContain(id);
  machine.diagnosis.maintained(machine.at);
  expect(unclear().flatMap(({ gone }) => gone)).toContain(id);
});

test("a window that is not judged has features and no word", () => {
  const machine = new Machine();
  expect(machine.hear(faultOf(12, machine.random), null)).toEqual([]);
  const { features } = machine.diagnosis.window(1, noiseOf(machine.random), RATE, null, 1);
  expect(features![0]).toBeCloseTo(1, 1);
});

test("what is usual is learned, a change is said, and a restart knows both", () => {
  const machine = new Machine([], SLOW);
  const stateOf = (said: readonly Said[]) => said.at(-1)!.status.baseline;
  expect(stateOf(machine.hear(machine.noise(200)))).toMatchObject({ phase: "learning" });
  expect(stateOf(machine.hear(machine.noise(2_000)))).toMatchObject({
    phase: "watching",
    departs: false,
  });
  const saved = JSON.parse(JSON.stringify(machine.diagnosis.learned()));
  const ids = (said: readonly Said[]) =>
    said.flatMap(({ findings }) => findings.map(({ id }) => id));
  const next = new Machine([], SLOW);
  expect(next.diagnosis.restore(saved, 0)).toEqual([]);
  next.at = machine.at;
  const louder = next.hear(next.noise(600, 2.5));
  expect(stateOf(louder)).toMatchObject({ phase: "watching", departs: true });
  expect(ids(louder)).toContain("bearing.vibration-change");
  next.diagnosis.maintained(next.at);
  expect(stateOf(next.hear(next.noise(100, 2.5)))).toMatchObject({ phase: "re-learning" });
});

test("what was learned of other signals is refused with its reason", () => {
  const machine = new Machine();
  const saved = machine.diagnosis.learned();
  const other = { ...saved, signals: { ...saved.signals!, features: ["pressure/linear/both"] } };
  expect(new Machine().diagnosis.restore(other, 0)).toEqual([
    expect.stringMatching(/^the watched signals: /),
  ]);
});

test("watched signals that leave their pattern are a finding about all of them", () => {
  const machine = new Machine();
  const look = (value: number, looks: number) => {
    const ids: string[] = [];
    for (let index = 0; index < looks; index++) {
      machine.at += 5_000;
      const values = [value + 0.3 * machine.random.normal()];
      const words = machine.diagnosis.signals(values, 5, "WORKING", machine.at);
      ids.push(...(words?.findings.map(({ id }) => id) ?? []));
    }
    return ids;
  };
  expect(look(70, 700)).toEqual([]);
  expect(look(78, 200)).toContain("machine.pattern-change");
});
