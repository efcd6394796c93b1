// The allocation budget of a window: plans made once cost no memory when they run, so that eight
// channels for ten years do not make the collector stop the meter.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { checkValidity } from "../diagnosis/validity.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { noise } from "../testing/waves.ts";
import { butterworth } from "./butterworth.ts";
import { Decimator } from "./decimate.ts";
import { Envelope } from "./envelope.ts";
import { SquaredEnvelopeSpectrum } from "./envelope-spectrum.ts";
import { bandRms, Integrator } from "./integrate.ts";
import { Kurtogram } from "./kurtogram.ts";
import { SosFilter, ZeroPhaseFilter } from "./sos-filter.ts";
import { Welch } from "./welch.ts";

const RATE = 10_000;
const COUNT = 2_000;
const WINDOWS = 200;
/** The least of several rounds: what else lives in this process allocates in some of them only. */
const ROUNDS = 4;
/**
 * Small objects of an answer and boxed numbers are paid for; an array of a window's length is not.
 */
const BYTES_PER_WINDOW_MAX = 3_000;

test("a window costs no memory", () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const samples = Float32Array.from(noise(COUNT, new SeededRandom(1)));
  const into = new Float64Array(COUNT);
  const options = { samplesMax: COUNT, rate: RATE };
  const envelope = new Envelope(options);
  const spectrum = new SquaredEnvelopeSpectrum(options);
  const welch = new Welch({ rate: RATE, segment: 500 });
  const integrator = new Integrator(options);
  const kurtogram = new Kurtogram({ ...options, lowestHz: 500, shockHz: 100 });
  const sections = butterworth(4, "band-pass", [500, 2_000], RATE);
  const streaming = new SosFilter(sections);
  const zeroPhase = new ZeroPhaseFilter(sections, COUNT);
  const decimator = new Decimator(4);
  const band = { lowHz: 1_000, highHz: 3_000 };
  const channel = {
    name: "bearing",
    quantity: "acceleration" as const,
    unit: "[g]",
    rate: RATE,
    windowSamples: COUNT,
    fullScale: null,
    mainsHz: 50,
    bearings: [],
    gears: [],
    polePairs: null,
    severity: null,
    regime: null,
  };
  const circumstances = { speedHz: 25, load: null, operatingState: "WORKING" };
  let rms = 0;
  const feed = () => {
    for (let window = 0; window < WINDOWS; window++) {
      envelope.load(samples, COUNT);
      envelope.squared(into, band);
      envelope.whiten();
      envelope.squared(into);
      spectrum.compute(into, COUNT);
      welch.compute(samples, COUNT);
      rms = bandRms(welch.density, welch.binHz, 1);
      integrator.run(samples, COUNT, into, 1);
      kurtogram.best(samples, COUNT);
      streaming.run(samples, COUNT, into);
      zeroPhase.run(samples, COUNT, into);
      decimator.run(samples, COUNT, into);
      if (!checkValidity(samples, COUNT, channel, circumstances).usable)
        throw new Error("unusable");
    }
  };
  feed();
  let leastBytes = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = process.memoryUsage().heapUsed;
    feed();
    leastBytes = Math.min(leastBytes, process.memoryUsage().heapUsed - before);
  }
  expect(leastBytes / WINDOWS).toBeLessThan(BYTES_PER_WINDOW_MAX);
  expect(rms).toBeGreaterThan(0);
});
