// The gate on real recordings: none of them may be refused, and each is refused when it is broken
// in a way that sensors, cables and files break.

import { expect, test } from "vitest";
import { Envelope } from "../dsp/envelope.ts";
import { allRecordings, type Recording } from "../testing/recordings.ts";
import { requiresShared } from "../testing/requires.ts";
import { sine } from "../testing/waves.ts";
import { type DiagnosisChannel, plainChannel } from "./channel.ts";
import { checkValidity } from "./validity.ts";

/** One window in so many of the long runs to failure, which have thousands. */
const FEMTO_STRIDE = 60;

function* windowsOf(recording: Recording): Generator<Float32Array> {
  const samples = recording.samples();
  const { windowSamples } = recording;
  const stride = windowSamples < 10_000 ? FEMTO_STRIDE * windowSamples : windowSamples;
  for (let at = 0; at + windowSamples <= samples.length; at += stride) {
    yield samples.slice(at, at + windowSamples);
  }
}

function kindsOf(samples: Float32Array, { rate, shaftHz }: Recording, known = true): string[] {
  const channel: DiagnosisChannel = {
    ...plainChannel({ name: "recording", unit: "[g]", rate, windowSamples: samples.length }),
    quantity: "acceleration",
    mainsHz: 60,
  };
  const circumstances = { speedHz: known ? shaftHz : null, load: null, operatingState: "" };
  const { problems } = checkValidity(samples, samples.length, channel, circumstances);
  return problems.filter(({ kind }) => kind !== "speed-unknown").map(({ kind }) => kind);
}

test("every recording passes, also those that reached full scale now and then", (context) => {
  let windows = 0;
  for (const recording of allRecordings(requiresShared(context, "data"))) {
    for (const samples of windowsOf(recording)) {
      // The speed makes a difference for hum alone: each second window does without it.
      expect(kindsOf(samples, recording, windows % 2 === 0), recording.name).toEqual([]);
      windows += 1;
    }
  }
  expect(windows).toBeGreaterThan(0);
});

test("every recording is refused when it is broken", (context) => {
  const missed: string[] = [];
  for (const recording of allRecordings(requiresShared(context, "data"))) {
    const { value: samples } = windowsOf(recording).next() as { value: Float32Array };
    const { length } = samples;
    const rms = Math.hypot(...samples) / Math.sqrt(length);
    const hum = sine(60, recording.rate, 10 * rms);
    const third = sine(180, recording.rate, 2 * rms);
    const broken: Readonly<Record<string, Float32Array>> = {
      clipped: samples.map((value) => Math.max(-1.5 * rms, Math.min(1.5 * rms, value))),
      dropout: samples.map((value, at) => (at > length / 2 && at < length / 2 + 50 ? 0 : value)),
      stuck: samples.map((value, at) => (at > length / 4 ? samples[0]! : value)),
      disconnected: samples.map((value) => 24 + value / 1_000),
      "wrong-scale": samples.map((value) => 1e-9 * value),
      "wrong-rate": samples.map((_, at) => samples[at - (at % 3)]!),
    };
    for (const [kind, window] of Object.entries(broken)) {
      if (!kindsOf(window, recording).includes(kind)) missed.push(`${recording.name}: ${kind}`);
    }
    // Windows of a tenth of a second cannot tell hum from a shaft.
    const humming = samples.map((value, at) => value + hum(at) + third(at));
    const isLong = length > recording.rate / 2;
    if (kindsOf(humming, recording, false).includes("mains-pickup") !== isLong) {
      missed.push(`${recording.name}: mains-pickup`);
    }
  }
  expect(missed).toEqual([]);
});

test("a recording stretched to four times its rate is noticed, and still usable", (context) => {
  const judgedRates = new Set<number>();
  for (const recording of allRecordings(requiresShared(context, "data"))) {
    const { rate, windowSamples } = recording;
    // One rate of each kind is enough, and the transform is long.
    if (windowSamples !== rate || judgedRates.has(rate)) continue;
    judgedRates.add(rate);
    const stretched = stretch(recording.samples().slice(0, windowSamples), rate, 4);
    const found = kindsOf(stretched, { ...recording, rate: 4 * rate });
    expect(found, recording.name).toEqual(["wrong-rate"]);
  }
});

/** Zeros between the samples, and then nothing above the old half rate. */
function stretch(samples: Float32Array, rate: number, times: number): Float32Array {
  const sparse = new Float32Array(samples.length * times);
  for (let index = 0; index < samples.length; index++) sparse[index * times] = samples[index]!;
  const plan = new Envelope({ samplesMax: sparse.length, rate: rate * times });
  const found = new Float64Array(sparse.length);
  plan.load(sparse, sparse.length);
  plan.filtered(found, { lowHz: -rate * 0.45, highHz: rate * 0.45 });
  return Float32Array.from(found);
}
