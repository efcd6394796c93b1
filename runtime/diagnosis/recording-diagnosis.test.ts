import { describe, expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { parseBearing } from "./bearing/library.ts";
import type { DiagnosisChannel } from "./channel.ts";
import { RecordingDiagnosis } from "./recording-diagnosis.ts";

const RATE = 6_000;
const SPEED_HZ = 29.7;
const CHANNEL: DiagnosisChannel = {
  name: "recording",
  quantity: "acceleration",
  unit: "[g]",
  rate: RATE,
  windowSamples: RATE,
  fullScale: null,
  mainsHz: 50,
  bearings: [{ name: "bearing", geometry: parseBearing("6205"), ratio: 1 }],
  gears: [],
  polePairs: null,
  severity: null,
  regime: null,
};

/**
 * Each letter is ten seconds: `O` shocks of an outer race, `.` noise, `x` a stuck sensor, `T` a
 * shaft that is heard to turn.
 */
function resultOf(timeline: string, channel = CHANNEL, speedHz = SPEED_HZ) {
  const random = new SeededRandom(17);
  const diagnosis = new RecordingDiagnosis(channel);
  const samples = new Float32Array(RATE);
  let second = 0;
  for (const part of timeline) {
    for (let step = 0; step < 10; step++, second++) {
      for (let index = 0; index < RATE; index++) {
        const since = (second + index / RATE) % (1 / (3.585 * SPEED_HZ * 0.995));
        const shock = 2 * Math.exp(-900 * since) * Math.sin(2 * Math.PI * 1_900 * since);
        const live = 0.05 * random.normal() + (part === "O" ? shock : 0);
        const turn = 2 * Math.PI * SPEED_HZ * (second + index / RATE);
        const turning = Math.sin(turn) + Math.sin(2 * turn) + Math.sin(3 * turn);
        samples[index] = part === "x" ? 0.2 : live + (part === "T" ? 0.2 * turning : 0);
      }
      const circumstances = { speedHz, load: null, operatingState: "recording" };
      diagnosis.window(samples, RATE, circumstances, (second + 1) * 1_000);
    }
  }
  return diagnosis.result();
}

test("a speed that the recording contradicts stands among its problems", () => {
  const right = resultOf("TT");
  expect(right.problems).toEqual([]);
  const { decision, problems } = resultOf("TT", CHANNEL, 1.15 * SPEED_HZ);
  expect(problems).toMatchObject([
    { problem: { kind: "wrong-rate", forbids: "bearing" }, share: 1 },
  ]);
  expect(decision).toMatchObject({ verdict: "cannot-tell", reason: problems[0]!.problem.message });
});

describe("the verdict on a long recording is", () => {
  test("that of its larger part, surer the larger it is", () => {
    const most = resultOf("OOOOOOOOOOOO......");
    const whole = resultOf("OOOOOOOOOOOOOOOOOO");
    expect(most.decision.verdict).toBe("outer");
    expect(most.decision.reason).toMatch(/outer for 120 s, none for 60 s/);
    expect(most.decision.confidence).toBeLessThan(whole.decision.confidence);
    expect(most.conclusions).toBe(3);
  });

  test("none at all where its parts do not agree", () => {
    const { decision } = resultOf("OOOOOO......");
    expect(decision).toMatchObject({ verdict: "cannot-tell", confidence: 0 });
    expect(decision.reason).toMatch(/do not agree/);
  });

  test("none where the sensor was stuck most of the time, though the rest shows a fault", () => {
    const { decision, validity, findings } = resultOf("OOxxxx");
    expect(decision.verdict).toBe("cannot-tell");
    expect(validity.usable).toBe(false);
    expect(findings.map(({ fault }) => fault)).toEqual(["sensor-stuck"]);
  });
});

test("a recording without a bearing, or without samples, says so", () => {
  expect(resultOf(".", { ...CHANNEL, bearings: [] }).decision.reason).toMatch(/no bearing/);
  expect(resultOf("").decision).toMatchObject({ verdict: "cannot-tell" });
});
