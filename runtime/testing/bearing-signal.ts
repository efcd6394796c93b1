// Accelerations for tests of the diagnosis, as a rig would give them: a damaged bearing's shocks
// with slip and a resonance in noise, and what sounds like one and is none.

import { type BearingGeometry, bearingOrders } from "../diagnosis/bearing/geometry.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface SignalFrame {
  readonly rate: number;
  readonly seconds: number;
  readonly shaftHz: number;
}

export interface BearingFault extends SignalFrame {
  readonly geometry: BearingGeometry;
  readonly part: "outer" | "inner" | "ball" | "cage";
  /** Mean power of the shocks beside that of the noise. */
  readonly signalToNoiseDb: number;
  /** What the shocks excite. */
  readonly resonanceHz: number;
  /** Mean slip, as a share of the speed of the rolling elements. */
  readonly slip: number;
}

/** The intervals between shocks scatter by this share: the elements slide in the unloaded zone. */
const JITTER = 0.01;
const DAMPING = 0.05;
/** After this many time constants nothing is left of a shock. */
const TIME_CONSTANTS = 6;

/**
 * The model of McFadden and Smith (J. Sound Vib. 96 (1984) 69–82) with the slip of Antoni and
 * Randall (J. Vib. Acoust. 125 (2003) 282–289): a shock at each pass, as strong as the load where
 * it happens. A fault of the outer ring stays in the loaded zone, one of the inner ring passes it
 * once per turn of the shaft, a rolling element once per turn of the cage.
 */
export function bearingFaultSignal(fault: BearingFault, random: SeededRandom): Float32Array {
  const { shaftHz, seconds, rate, part } = fault;
  const orders = bearingOrders(fault.geometry);
  const passes = { outer: orders.bpfo, inner: orders.bpfi, ball: 2 * orders.bsf, cage: orders.ftf };
  const passesHz = passes[part] * shaftHz * (1 - fault.slip);
  const loadHz = { outer: 0, inner: shaftHz, ball: orders.ftf * shaftHz, cage: 0 }[part];
  const samples = new Float32Array(Math.floor(rate * seconds));
  for (let at = random.next() / passesHz; at < seconds; ) {
    // The load over a zone of half a turn, and a little everywhere.
    const load = 0.1 + Math.max(0, Math.cos(2 * Math.PI * loadHz * at));
    addShock(samples, rate, at, load, fault.resonanceHz);
    at += (1 + JITTER * random.normal()) / passesHz;
  }
  let power = 0;
  for (const sample of samples) power += sample * sample;
  const rms = Math.sqrt(power / samples.length);
  const noise = 10 ** (-fault.signalToNoiseDb / 20);
  return samples.map((sample) => sample / rms + noise * random.normal());
}

/** A decaying oscillation from `at` seconds on. */
export function addShock(
  samples: Float32Array,
  rate: number,
  at: number,
  strength: number,
  resonanceHz: number,
): void {
  const decay = 2 * Math.PI * resonanceHz * DAMPING;
  const first = Math.max(0, Math.ceil(at * rate));
  const last = Math.min(samples.length, first + (TIME_CONSTANTS / decay) * rate);
  for (let index = first; index < last; index++) {
    const after = index / rate - at;
    samples[index]! +=
      strength * Math.exp(-decay * after) * Math.sin(2 * Math.PI * resonanceHz * after);
  }
}

export type Sound = (frame: SignalFrame, random: SeededRandom) => Float32Array;

/** What is no bearing's fault, by name. */
export const INNOCENT_SOUNDS: Readonly<Record<string, Sound>> = {
  "white noise": (frame, random) => made(frame, () => random.normal()),

  "pink noise": (frame, random) => {
    // Voss and McCartney: sources that change half as often each, here smoothed as one-pole
    // filters.
    const poles = [0.99886, 0.99332, 0.969, 0.8665, 0.55];
    const gains = [0.0555179, 0.0750759, 0.153852, 0.3104856, 0.5329522];
    const states = poles.map(() => 0);
    return made(frame, () => {
      const white = random.normal();
      let sum = 0.1 * white;
      for (let pole = 0; pole < poles.length; pole++) {
        states[pole] = poles[pole]! * states[pole]! + gains[pole]! * white;
        sum += states[pole]!;
      }
      return sum;
    });
  },

  "twelve sines": (frame, random) => {
    const tones = Array.from({ length: 12 }, () => ({
      hertz: 20 + random.next() * 0.4 * frame.rate,
      strength: 0.1 + random.next(),
      phase: random.next() * 2 * Math.PI,
    }));
    return made(frame, (at) => {
      let sum = 0.05 * random.normal();
      for (const { hertz, strength, phase } of tones) {
        sum += strength * Math.sin(2 * Math.PI * hertz * at + phase);
      }
      return sum;
    });
  },

  "mains hum": (frame, random) =>
    made(frame, (at) => {
      let sum = 0.1 * random.normal();
      for (let line = 1; line < 12; line++) sum += Math.sin(2 * Math.PI * 50 * line * at) / line;
      return sum;
    }),

  "noise that follows the mains": (frame, random) =>
    made(frame, (at) => random.normal() * (1 + 0.8 * Math.cos(2 * Math.PI * 100 * at))),

  "one shock": (frame, random) => {
    const samples = made(frame, () => random.normal());
    addShock(samples, frame.rate, random.next() * frame.seconds, 80, 0.2 * frame.rate);
    return samples;
  },

  "shocks at random": (frame, random) => {
    const samples = made(frame, () => random.normal());
    const shocks = frame.seconds * (3 + 57 * random.next());
    for (let shock = 0; shock < shocks; shock++) {
      const strength = 5 + 55 * random.next();
      addShock(samples, frame.rate, random.next() * frame.seconds, strength, 0.2 * frame.rate);
    }
    return samples;
  },

  "a shock per turn of the shaft": (frame, random) => {
    const samples = made(frame, () => 0.3 * random.normal());
    for (let at = 0; at < frame.seconds; at += 1 / frame.shaftHz) {
      addShock(samples, frame.rate, at, 10, 0.2 * frame.rate);
    }
    return samples;
  },

  "a gear": (frame, random) =>
    made(frame, (at) => {
      const turn = 2 * Math.PI * frame.shaftHz * at;
      const load = 1 + 0.6 * Math.cos(turn) + 0.3 * Math.cos(2 * turn);
      const mesh = Math.cos(23 * turn) + 0.5 * Math.cos(46 * turn) + 0.3 * Math.cos(69 * turn);
      return load * mesh + 0.2 * random.normal();
    }),

  "noise that follows a gear": (frame, random) =>
    made(frame, (at) => {
      const turn = 2 * Math.PI * frame.shaftHz * at;
      return random.normal() * (1 + 0.5 * Math.cos(turn) + 0.4 * Math.cos(23 * turn));
    }),
};

function made(frame: SignalFrame, sample: (at: number) => number): Float32Array {
  return Float32Array.from({ length: Math.floor(frame.rate * frame.seconds) }, (_, index) =>
    sample(index / frame.rate),
  );
}
