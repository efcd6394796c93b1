import { describe, expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { bearingOrders } from "./bearing/geometry.ts";
import { parseBearing } from "./bearing/library.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { ChannelDiagnosis, CONCLUDE_SECONDS } from "./channel-diagnosis.ts";
import type { Conclusion } from "./conclusion.ts";
import { findingsOf } from "./findings-of.ts";

const RATE = 12_000;
const SPEED_HZ = 29.7;
const geometry = parseBearing("6205");

const CHANNEL: DiagnosisChannel = {
  name: "pump",
  quantity: "acceleration",
  unit: "[g]",
  rate: RATE,
  windowSamples: RATE,
  fullScale: null,
  mainsHz: 50,
  bearings: [{ name: "driveEnd", geometry, ratio: 1 }],
  gears: [],
  polePairs: null,
  severity: {
    name: "given",
    measure: "velocityRms",
    boundaries: [1.4, 2.8, 4.5],
    source: "test",
    verified: true,
  },
  regime: null,
};
const RUNNING: Circumstances = { speedHz: SPEED_HZ, load: null, operatingState: "WORKING" };

/** Noise of a running machine, in g, and what is added to it. */
class Machine {
  readonly #random = new SeededRandom(11);
  readonly #add: (seconds: number) => number;
  #samples = 0;

  constructor(add: (seconds: number) => number = () => 0) {
    this.#add = add;
  }

  second(): Float32Array {
    return Float32Array.from({ length: RATE }, () => {
      return 0.05 * this.#random.normal() + this.#add(this.#samples++ / RATE);
    });
  }
}

/** A resonance struck at each pass of a ball, with a little slip. */
function struck(order: number): (seconds: number) => number {
  const everySeconds = 1 / (order * SPEED_HZ * 0.995);
  return (seconds) => {
    const since = seconds % everySeconds;
    return 2 * Math.exp(-since * 900) * Math.sin(2 * Math.PI * 3_300 * since);
  };
}

/** What turns with the shaft goes in and out of the load zone. */
const loaded = (shocks: (seconds: number) => number) => (seconds: number) =>
  (1 + 0.9 * Math.cos(2 * Math.PI * SPEED_HZ * seconds)) * shocks(seconds);

const sine = (hz: number, amplitude: number) => (seconds: number) =>
  amplitude * Math.sin(2 * Math.PI * hz * seconds);

/** All conclusions of so many seconds. */
function listen(
  machine: Machine,
  seconds: number,
  options: { channel?: DiagnosisChannel; circumstances?: (second: number) => Circumstances } = {},
): readonly Conclusion[] {
  const { channel = CHANNEL, circumstances = () => RUNNING } = options;
  const diagnosis = new ChannelDiagnosis(channel);
  const conclusions: Conclusion[] = [];
  for (let second = 0; second < seconds; second++) {
    const samples = machine.second();
    const at = 1_000 * (second + 1);
    const report = diagnosis.window(samples, RATE, circumstances(second), at);
    if (report.conclusion !== null) conclusions.push(report.conclusion);
  }
  const rest = diagnosis.conclude();
  return rest === null ? conclusions : [...conclusions, rest];
}

const faultsOf = (conclusion: Conclusion, channel = CHANNEL) =>
  findingsOf(conclusion, channel).map(({ fault }) => fault);

describe("a conclusion", () => {
  test("comes each ten seconds of one operating state, with the instant of its last sample", () => {
    const conclusions = listen(new Machine(), 2 * CONCLUDE_SECONDS);
    expect(conclusions.map(({ at, windows }) => [at, windows])).toEqual([
      [10_000, 10],
      [20_000, 10],
    ]);
  });

  test("stands on one operating state: what was heard of another is forgotten", () => {
    const circumstances = (second: number): Circumstances => ({
      ...RUNNING,
      operatingState: second % 7 < 6 ? "WORKING" : "IDLE",
    });
    const conclusions = listen(new Machine(), 28, { circumstances });
    // Six seconds of WORKING never suffice; the last second is what is left at the end.
    expect(conclusions.map(({ usableSeconds }) => usableSeconds)).toEqual([1]);
  });

  test("of windows of a tenth of a second comes as late", () => {
    const channel = { ...CHANNEL, windowSamples: RATE / 10 };
    const diagnosis = new ChannelDiagnosis(channel);
    const machine = new Machine();
    let windows = 0;
    for (let second = 0; second < CONCLUDE_SECONDS; second++) {
      const samples = machine.second();
      for (let part = 0; part < 10; part++) {
        const window = samples.subarray((part * RATE) / 10, ((part + 1) * RATE) / 10);
        windows++;
        const { conclusion } = diagnosis.window(window, RATE / 10, RUNNING, windows * 100);
        expect(conclusion !== null).toBe(windows === 100);
      }
    }
  });
});

describe("what is found in", () => {
  const { bpfo, bpfi } = bearingOrders(geometry);
  const shaft = (velocity: number, order = 1) => {
    const hz = order * SPEED_HZ;
    // From mm/s RMS to the amplitude in g.
    return sine(hz, (velocity * Math.SQRT2 * 2 * Math.PI * hz) / 9_806.65);
  };
  const both = (...parts: ((seconds: number) => number)[]) => {
    return (seconds: number) => parts.reduce((sum, part) => sum + part(seconds), 0);
  };
  const cases = [
    { name: "noise: nothing", add: () => 0, faults: [] },
    { name: "shocks at BPFO: the outer race", add: struck(bpfo), faults: ["bearing-outer"] },
    {
      name: "shocks at BPFI: the inner race",
      add: loaded(struck(bpfi)),
      faults: ["bearing-inner"],
    },
    { name: "1× in zone A: nothing", add: shaft(1), faults: [] },
    { name: "1× in zone B: unbalance", add: shaft(2), faults: ["unbalance"] },
    {
      name: "1× in zone D: severity and unbalance",
      add: shaft(6),
      faults: ["vibration-severity", "unbalance"],
    },
    {
      name: "2× above 1×: misalignment",
      add: both(shaft(1), shaft(2, 2)),
      faults: ["misalignment"],
    },
    {
      name: "½×, 1×, 2×, 3×: looseness",
      add: both(shaft(1.2, 0.5), shaft(1.5), shaft(0.8, 2), shaft(1.2, 3)),
      faults: ["looseness"],
    },
  ];
  test.each(cases)("$name", ({ add, faults }) => {
    const [conclusion] = listen(new Machine(add), CONCLUDE_SECONDS);
    expect(faultsOf(conclusion!), JSON.stringify(conclusion!.bearings)).toEqual(faults);
  });

  const current = (sidebandsDb: number) => {
    const side = 100 * 10 ** (sidebandsDb / 20);
    return both(sine(50, 100), sine(47, side), sine(53, side));
  };
  test.each([
    { name: "sidebands at −34 dB: broken rotor bars", db: -34, faults: ["broken-rotor-bar"] },
    { name: "sidebands at −55 dB: nothing", db: -55, faults: [] },
  ])("a motor's current with $name", ({ db, faults }) => {
    // Slip 3 %: 2 pole pairs at 24.25 Hz of a 50 Hz supply.
    const channel: DiagnosisChannel = {
      ...CHANNEL,
      quantity: "current",
      unit: "A",
      windowSamples: 10 * RATE,
      polePairs: 2,
      bearings: [],
      severity: null,
    };
    const wave = current(db);
    const samples = Float32Array.from({ length: 10 * RATE }, (_, index) => wave(index / RATE));
    const diagnosis = new ChannelDiagnosis(channel);
    const circumstances = { ...RUNNING, speedHz: 24.25 };
    const { conclusion } = diagnosis.window(samples, samples.length, circumstances, 10_000);
    expect(faultsOf(conclusion!, channel)).toEqual(faults);
  });

  test("a speed that what is heard contradicts: no word about a bearing, and why", () => {
    const turning = [1, 2, 3, 4, 5].map((order) => sine(order * SPEED_HZ, 0.2));
    const { bpfo } = bearingOrders(geometry);
    const heard = [...turning, struck(bpfo)];
    const machine = () => new Machine((at) => heard.reduce((sum, part) => sum + part(at), 0));
    const [believed] = listen(machine(), CONCLUDE_SECONDS);
    expect(believed).toMatchObject({
      speedProblem: null,
      bearings: [{ decision: { verdict: "outer" } }],
    });

    const wrong = { ...RUNNING, speedHz: 1.1 * SPEED_HZ };
    const [doubted] = listen(machine(), CONCLUDE_SECONDS, { circumstances: () => wrong });
    const { validity, problems, speedProblem, bearings } = doubted!;
    expect(speedProblem).toMatchObject({ kind: "wrong-rate", forbids: "bearing" });
    expect(speedProblem!.message).toMatch(/^What turns is heard at 17[78]\d rpm, not at 1960 rpm/);
    expect(validity.usable).toBe(true);
    expect(validity.problems).toContain(speedProblem);
    expect(problems[0]).toEqual({ problem: speedProblem, share: 1 });
    const reason = speedProblem!.message;
    expect(bearings[0]!.decision).toMatchObject({ verdict: "cannot-tell", reason });
  });

  test("a finding carries its lines, its window and its circumstances", () => {
    const [conclusion] = listen(new Machine(struck(bpfo)), CONCLUDE_SECONDS);
    const [finding] = findingsOf(conclusion!, CHANNEL, "ab".repeat(32));
    expect(finding).toMatchObject({
      id: "pump.bearing-outer.driveEnd",
      source: "pump",
      part: "driveEnd",
      evidence: {
        operatingState: "WORKING",
        speedRpm: SPEED_HZ * 60,
        window: { waveform: "pump", at: 10_000, samples: 120_000, sha256: "ab".repeat(32) },
      },
    });
    expect(finding!.evidence.lines.length).toBeGreaterThan(0);
  });
});

describe("nothing is said of the machine", () => {
  const { bpfo } = bearingOrders(geometry);
  const fault = struck(bpfo);
  const clipped = (seconds: number) => Math.max(-0.4, Math.min(0.4, 3 * fault(seconds)));

  test("where the sensor clips, though the fault is heard: the sensor alone is spoken of", () => {
    const machine = new Machine(clipped);
    const samples = machine.second();
    // Without noise on top the ends are flat, as a converter's are.
    samples.forEach((value, index) => {
      samples[index] = Math.max(-0.4, Math.min(0.4, value));
    });
    const diagnosis = new ChannelDiagnosis(CHANNEL);
    let conclusion: Conclusion | null = null;
    for (let second = 1; second <= CONCLUDE_SECONDS; second++) {
      conclusion = diagnosis.window(samples, RATE, RUNNING, second * 1_000).conclusion;
    }
    expect(faultsOf(conclusion!)).toEqual(["sensor-clipped"]);
    expect(conclusion).toMatchObject({ zone: null, validity: { usable: false } });
    expect(conclusion!.bearings[0]!.decision.verdict).toBe("cannot-tell");
  });

  const silences: readonly { name: string; circumstances: Circumstances; regime?: true }[] = [
    { name: "at rest", circumstances: { ...RUNNING, speedHz: 0 } },
    { name: "out of its regime", circumstances: { ...RUNNING, speedHz: 20 }, regime: true },
  ];
  test.each(silences)("$name", ({ circumstances, regime }) => {
    const channel = regime
      ? { ...CHANNEL, regime: { speedHz: [25, 35], load: null } as const }
      : CHANNEL;
    const [conclusion] = listen(new Machine(fault), CONCLUDE_SECONDS, {
      channel,
      circumstances: () => circumstances,
    });
    expect(conclusion!.validity.usable).toBe(false);
    expect(faultsOf(conclusion!, channel)).toEqual([]);
    expect(conclusion!.bearings[0]!.decision.verdict).toBe("cannot-tell");
  });

  test("at an unknown speed of the bearing; the severity is judged all the same", () => {
    const circumstances = () => ({ ...RUNNING, speedHz: null });
    const [conclusion] = listen(new Machine(fault), CONCLUDE_SECONDS, { circumstances });
    expect(conclusion!.zone).toBe("A");
    expect(conclusion!.bearings[0]!.decision).toMatchObject({ verdict: "cannot-tell" });
    expect(conclusion!.bearings[0]!.decision.reason).toMatch(/speed/);
  });

  test("where half of the windows or more are broken", () => {
    const diagnosis = new ChannelDiagnosis(CHANNEL);
    const machine = new Machine(fault);
    const conclusions: Conclusion[] = [];
    for (let second = 1; second <= 24; second++) {
      const samples = machine.second();
      if (second % 3 !== 0) samples.fill(0.25);
      const { conclusion } = diagnosis.window(samples, RATE, RUNNING, second * 1_000);
      if (conclusion !== null) conclusions.push(conclusion);
    }
    expect(conclusions.map((one) => faultsOf(one))).toEqual([["sensor-stuck"]]);
  });
});

test("features are there where hours are counted by them: at rest too", () => {
  const diagnosis = new ChannelDiagnosis(CHANNEL);
  const atRest = { ...RUNNING, speedHz: 0 };
  const report = diagnosis.window(new Machine().second(), RATE, atRest, 1_000);
  expect(report.hasFeatures).toBe(true);
  expect(report.features[0]).toBeCloseTo(0.05, 2);
  const flat = diagnosis.window(new Float32Array(RATE), RATE, RUNNING, 2_000);
  expect(flat.hasFeatures).toBe(false);
  expect([...flat.features].every(Number.isNaN)).toBe(true);
});
