// What an accelerometer on the drive end feels: shaft harmonics, the broadband noise of the screws,
// electrical noise, and the blows of balls over a flaw in the bearing's outer race.

import type { CompressorState } from "./compressor.ts";
import type { SeededRandom } from "./seeded-random.ts";

/** A deep-groove ball bearing of the size 6312: 60 mm bore, 130 mm outside. */
const BEARING = {
  balls: 8,
  ballDiameterMm: 22.225,
  pitchDiameterMm: 95,
  contactAngleRad: 0,
} as const;

/** How many balls pass one spot of the outer race while the shaft turns once: BPFO over speed. */
export const OUTER_RACE_PASSES_PER_TURN =
  (BEARING.balls / 2) *
  (1 - (BEARING.ballDiameterMm / BEARING.pitchDiameterMm) * Math.cos(BEARING.contactAngleRad));

const SHAFT_HZ_FULL = 49.5;
/** Balls slip: the blows do not come like clockwork. */
const SLIP_SHARE = 0.01;
/**
 * The bearing housing rings at this frequency when it is struck, and forgets the blow this fast.
 */
const RING_HZ = 3_400;
const RING_DECAY_S = 0.000_4;
/** The weakest blow as a share of the mean one; the strongest lies as far above it. */
const BLOW_LEAST = 0.7;

const ELECTRICAL_G = 0.002;
const HUM_G = 0.001;
const HUM_HZ = 50;

/** Amplitudes in g that one state of the machine gives; reused from call to call. */
export interface VibrationLevels {
  /** RMS. */
  noise: number;
  /**
   * Peaks of the first, second and fourth harmonic of the shaft; the fourth is the screw's lobes.
   */
  first: number;
  second: number;
  fourth: number;
  hum: number;
  /** Mean peak of one blow. */
  blow: number;
}

export function makeLevels(): VibrationLevels {
  return { noise: 0, first: 0, second: 0, fourth: 0, hum: 0, blow: 0 };
}

export function setLevels(levels: VibrationLevels, state: CompressorState): void {
  const speed = state.shaftHz / SHAFT_HZ_FULL;
  const load = state.loadShare;
  levels.noise = ELECTRICAL_G + speed * speed * (0.22 + 0.23 * load);
  levels.first = 0.05 * speed * speed;
  levels.second = 0.025 * speed * speed;
  levels.fourth = speed * (0.04 + 0.08 * load);
  levels.hum = HUM_G;
  levels.blow = 5.7 * state.bearingWear * speed * (0.5 + 0.5 * load);
}

export class Vibration {
  readonly #random: SeededRandom;
  readonly #levels = makeLevels();
  #shaftTurn = 0;
  #humTurn = 0;
  #pass = 0;
  #nextPass = 1;
  #ringReal = 0;
  #ringImaginary = 0;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** Hot path: 25,600 per second. */
  fill(out: Float32Array, rate: number, state: CompressorState): void {
    const levels = this.#levels;
    setLevels(levels, state);
    const random = this.#random;
    const turnStep = state.shaftHz / rate;
    const humStep = HUM_HZ / rate;
    const passStep = turnStep * OUTER_RACE_PASSES_PER_TURN;
    const decay = Math.exp(-1 / (rate * RING_DECAY_S));
    const ringCos = decay * Math.cos((2 * Math.PI * RING_HZ) / rate);
    const ringSin = decay * Math.sin((2 * Math.PI * RING_HZ) / rate);
    for (let index = 0; index < out.length; index++) {
      this.#shaftTurn = (this.#shaftTurn + turnStep) % 1;
      this.#humTurn = (this.#humTurn + humStep) % 1;
      this.#pass += passStep;
      const real = this.#ringReal * ringCos - this.#ringImaginary * ringSin;
      this.#ringImaginary = this.#ringReal * ringSin + this.#ringImaginary * ringCos;
      this.#ringReal = real;
      if (this.#pass >= this.#nextPass) {
        this.#pass -= this.#nextPass;
        this.#nextPass = 1 + SLIP_SHARE * random.gaussian();
        const strength = BLOW_LEAST + 2 * (1 - BLOW_LEAST) * random.uniform();
        this.#ringImaginary += levels.blow * strength;
      }
      const angle = 2 * Math.PI * this.#shaftTurn;
      out[index] =
        levels.noise * random.gaussian() +
        levels.first * Math.sin(angle) +
        levels.second * Math.sin(2 * angle + 0.7) +
        levels.fourth * Math.sin(4 * angle + 1.9) +
        levels.hum * Math.sin(2 * Math.PI * this.#humTurn) +
        this.#ringReal;
    }
  }
}

export interface WaveformFeatures {
  rms: number;
  peak: number;
  crestFactor: number;
  kurtosis: number;
}

/** A Gaussian passes this many sigma once in a window of 25,600 samples (both signs). */
const EXTREME_SIGMA = 4.11;
/**
 * Relative scatter of the RMS of such a window: 1 / sqrt(2 × 25,600), and a little for the world.
 */
const RMS_SCATTER = 0.006;
/** Scatter of its kurtosis: sqrt(24 / 25,600). */
const KURTOSIS_SCATTER = 0.031;
/**
 * Among 150 blows in a window the strongest is nearly the strongest possible, on 2 sigma of noise.
 */
const STRONGEST_BLOW_SHARE = 1.2;
const NOISE_UNDER_BLOW_SIGMA = 2;

/**
 * The features of a one-second window at 25.6 kHz in the present state, without its samples. The
 * parts of the signal are independent, so their variances add and so do their fourth cumulants: 0
 * for the noise, -3/8 a^4 for a sine, and for blows at a rate r that ring as A exp(-t/d) the
 * moments E[x²] = r A² d/4 and E[x⁴] = r A⁴ 3d/32. The peak is the extreme value of the noise
 * (Gumbel) or the strongest blow. Windows in which the machine changes its state are treated as if
 * it did not.
 */
export function modelFeatures(
  out: WaveformFeatures,
  levels: VibrationLevels,
  shaftHz: number,
  random: SeededRandom,
): void {
  const { noise, first, second, fourth, hum, blow } = levels;
  const first2 = first * first;
  const second2 = second * second;
  const fourth2 = fourth * fourth;
  const tones = (first2 + second2 + fourth2 + hum * hum) / 2;
  const tones4 = -0.375 * (first2 * first2 + second2 * second2 + fourth2 * fourth2);
  const rate = shaftHz * OUTER_RACE_PASSES_PER_TURN;
  const spread = 1 - BLOW_LEAST;
  const spread2 = spread * spread;
  // Moments of the blows' strengths, which are uniform between 1 - spread and 1 + spread.
  const blow2 = blow * blow * (1 + spread2 / 3);
  const blow4 = blow * blow * blow * blow * (1 + 2 * spread2 + (spread2 * spread2) / 5);
  const ring2 = (rate * blow2 * RING_DECAY_S) / 4;
  const ring4 = (rate * blow4 * RING_DECAY_S * 3) / 32 - 3 * ring2 * ring2;
  const variance = noise * noise + tones + ring2;
  out.rms = Math.sqrt(variance) * (1 + RMS_SCATTER * random.gaussian());
  const excess = (tones4 + ring4) / (variance * variance);
  out.kurtosis = 3 + excess + KURTOSIS_SCATTER * (1 + excess) * random.gaussian();
  const gumbel = -Math.log(-Math.log(1 - random.uniform()));
  const quiet = (EXTREME_SIGMA + gumbel / EXTREME_SIGMA) * Math.sqrt(noise * noise + tones / 2);
  const struck = STRONGEST_BLOW_SHARE * blow + NOISE_UNDER_BLOW_SIGMA * noise;
  out.peak = blow > 0 ? Math.max(quiet, struck) : quiet;
  out.crestFactor = out.peak / out.rms;
}
