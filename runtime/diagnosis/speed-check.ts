// Whether what is heard contradicts the speed that a window is said to have: a rate or a speed that
// is wrong would make a bearing's lines of lines that are none.

import { DECIMATION_MAX, Decimator } from "../dsp/decimate.ts";
import { transformSizeOf } from "../dsp/samples.ts";
import { familyDb, lineDb } from "../dsp/speed-estimate.ts";
import { Welch } from "../dsp/welch.ts";
import { sharedFft } from "./features/shared-fft.ts";
import { figure } from "./figure.ts";
import type { ValidityProblem } from "./validity.ts";

/** Eight harmonics of a shaft at up to 9,000 rpm; faster ones are not judged. */
const KEPT_RATE_HZ = 2_560;
/**
 * A line that the filter weakens is weakened with its background, so what passes may be little;
 * what folds down has to stay below lines that are 60 dB weaker than the resonances above.
 */
const FILTER = { passShare: 0.5, stopDb: 70 };
/**
 * Long segments tell slow shafts' harmonics from their background; short ones give enough of them
 * in a recording of three seconds. Either may contradict.
 */
const SEGMENT_SECONDS = [2, 1] as const;
/** Samples at the lower rate that are taken at once. */
const PIECE_SAMPLES = 1_024;
const OVERLAP_SHARE = 0.5;
/** The background of one segment alone is too rough: every tenth bin of it looks like a line. */
const SEGMENTS_MIN = 2;
/** From then on the older ones are forgotten: a live channel follows what changes. */
const SEGMENTS_MAX = 60;
/** So many resolutions apart harmonics have a background between them. */
const SPEED_RESOLUTIONS_MIN = 20;
const ORDERS = 8;

/** A speed read from a plate, or a slip that changed. */
const SPEED_TOLERANCE = 0.03;
/** Where another speed of the same machine is looked for; an octave, since doubles look alike. */
const OTHER_SPEEDS = [0.7, 1.42] as const;
/**
 * The family of the true speed has 0.98 to 1 of the best in that octave in all 41 recordings of
 * CWRU and MFPT; that of a speed which is wrong by a tenth has 0.07 to 0.71 of it.
 */
const FAMILY_SHARE_MIN = 0.6;
/** What contradicts must be a family itself. Those of the recordings have 6 to 23 dB. */
const FAMILY_DB_MIN = 8;
/**
 * Mean height of the half orders: at most 1.9 dB at the true speed in those recordings, 3.5 to
 * 20 dB where the double was given. A loose machine has them as well, and is then not judged.
 */
const HALF_ORDERS_DB_MIN = 5;
const HALF_ORDERS = [0.5, 1.5, 2.5, 3.5] as const;
/** One alone may be a bearing's line: many have their BPFO near 3.5. */
const HALF_ORDERS_HEARD_MIN = 2;

/** What has families of lines of its own, whatever the speed is. */
export interface KnownLines {
  /** Of damaged parts and of other shafts, as multiples of the speed. */
  readonly orders: readonly number[];
  /** Zero where it is not known. */
  readonly mainsHz: number;
}
/** Whatever repeats may then be the shaft's. */
export const NOTHING_KNOWN: KnownLines = { orders: [], mainsHz: 0 };

const MAINS_TOLERANCE = 0.002;
/** The same family, found on two grids of frequencies. */
const SAME_RATIO = 0.95;
/** Harmonics of the family itself make a family as well, one that is hardly higher. */
const OWN_HARMONICS_RATIO = 1.5;

/** Bounded memory: a segment of each length at the lower rate, and its mean spectrum. */
export class SpeedCheck {
  readonly #decimator: Decimator;
  readonly #spectra: readonly MeanSpectrum[];
  readonly #piece: Float64Array;
  readonly #known: KnownLines;
  /** Of the last window, and of the first since it began. */
  #speedHz: number | null = null;
  #firstHz: number | null = null;

  constructor(rate: number, known: KnownLines = NOTHING_KNOWN) {
    this.#known = known;
    const factor = Math.floor(rate / KEPT_RATE_HZ);
    this.#decimator = new Decimator(Math.min(Math.max(1, factor), DECIMATION_MAX), FILTER);
    const kept = rate / this.#decimator.factor;
    this.#spectra = SEGMENT_SECONDS.map((seconds) => new MeanSpectrum(kept, seconds));
    this.#piece = new Float64Array(PIECE_SAMPLES);
  }

  /**
   * Takes the samples of a window. Another speed than at first begins anew, also where it came
   * slowly: lines of a speed that was left contradict nothing.
   */
  add(samples: Float32Array, count: number, speedHz: number): void {
    const first = this.#firstHz;
    if (first !== null && Math.abs(speedHz / first - 1) > SPEED_TOLERANCE) this.reset();
    this.#speedHz = speedHz;
    this.#firstHz ??= speedHz;
    const piece = (PIECE_SAMPLES - 1) * this.#decimator.factor;
    for (let at = 0; at < count; at += piece) {
      const length = Math.min(piece, count - at);
      const part = samples.subarray(at, at + length);
      const made = this.#decimator.run(part, length, this.#piece);
      for (const spectrum of this.#spectra) spectrum.add(this.#piece, made);
    }
  }

  reset(): void {
    this.#speedHz = null;
    this.#firstHz = null;
    this.#decimator.reset();
    for (const spectrum of this.#spectra) spectrum.reset();
  }

  /**
   * Null while too little was heard, where nothing contradicts, or nothing is heard of a shaft.
   * @param known what has families of its own; one that has contradicts nothing.
   */
  judge(known = this.#known): ValidityProblem | null {
    if (this.#speedHz === null) return null;
    for (const spectrum of this.#spectra) {
      const problem = judgeSpectrum(spectrum, Math.abs(this.#speedHz), known);
      if (problem) return problem;
    }
    return null;
  }

  /** The speed of the last window; 0 where there was none. */
  get givenHz(): number {
    return Math.abs(this.#speedHz ?? 0);
  }

  /** The speed as it is heard, near the given one; null where no family of lines says it. */
  heardHz(): number | null {
    const { givenHz } = this;
    for (const spectrum of this.#spectra) {
      if (!canJudge(spectrum, givenHz)) continue;
      const least = givenHz * (1 - SPEED_TOLERANCE);
      const { hertz, db } = bestFamily(spectrum, least, givenHz * (1 + SPEED_TOLERANCE));
      if (db >= FAMILY_DB_MIN) return hertz;
    }
    return null;
  }
}

/** The mean power of overlapping segments, from samples that come in pieces. */
class MeanSpectrum {
  readonly power: Float64Array;
  readonly binHz: number;
  readonly rate: number;
  readonly resolutionHz: number;
  segments = 0;
  readonly #welch: Welch;
  readonly #segment: Float64Array;
  readonly #step: number;
  #filled = 0;

  constructor(rate: number, seconds: number) {
    const segment = Math.max(16, Math.round(seconds * rate));
    this.#segment = new Float64Array(segment);
    this.#step = Math.round(segment * (1 - OVERLAP_SHARE));
    const fft = sharedFft(transformSizeOf(segment));
    this.#welch = new Welch({ rate, segment, overlap: 0, fft });
    this.power = new Float64Array(this.#welch.density.length);
    this.binHz = this.#welch.binHz;
    this.rate = rate;
    this.resolutionHz = rate / segment;
  }

  add(samples: Float64Array, count: number): void {
    for (let index = 0; index < count; index++) {
      this.#segment[this.#filled] = samples[index]!;
      this.#filled += 1;
      if (this.#filled < this.#segment.length) continue;
      this.#take();
      this.#segment.copyWithin(0, this.#step);
      this.#filled -= this.#step;
    }
  }

  reset(): void {
    this.segments = 0;
    this.#filled = 0;
    this.power.fill(0);
  }

  #take(): void {
    this.#welch.compute(this.#segment, this.#segment.length);
    const share = 1 / Math.min(this.segments + 1, SEGMENTS_MAX);
    const { density } = this.#welch;
    for (let bin = 0; bin < density.length; bin++) {
      this.power[bin]! += share * (density[bin]! - this.power[bin]!);
    }
    this.segments += 1;
  }
}

function judgeSpectrum(
  spectrum: MeanSpectrum,
  givenHz: number,
  known: KnownLines,
): ValidityProblem | null {
  if (!canJudge(spectrum, givenHz)) return null;
  const { power, binHz, rate } = spectrum;
  const least = givenHz * (1 - SPEED_TOLERANCE);
  const own = bestFamily(spectrum, least, givenHz * (1 + SPEED_TOLERANCE));
  const other = bestFamily(spectrum, givenHz * OTHER_SPEEDS[0], givenHz * OTHER_SPEEDS[1]);
  if (other.db >= FAMILY_DB_MIN && own.db < FAMILY_SHARE_MIN * other.db) {
    return isExplained(spectrum, other, givenHz, known, OWN_HARMONICS_RATIO)
      ? null
      : contradiction(other, givenHz);
  }
  const speedHz = own.db > 0 ? own.hertz : givenHz;
  const line = (order: number) => lineDb(power, (order * speedHz) / binHz);
  const halves = HALF_ORDERS.map(line);
  const halvesDb = halves.reduce((sum, db) => sum + db, 0) / halves.length;
  const heard = halves.filter((db) => db > 0).length;
  if (halvesDb >= HALF_ORDERS_DB_MIN && heard >= HALF_ORDERS_HEARD_MIN)
    return contradiction({ hertz: speedHz / 2 }, givenHz);
  // A shaft shows at least one of its first three orders, however round it runs.
  if (line(1) + line(2) + line(3) > 0) return null;
  const faster = bestFamily(spectrum, givenHz * OTHER_SPEEDS[1], rate / 2 / ORDERS);
  if (faster.db < FAMILY_DB_MIN || isExplained(spectrum, faster, givenHz, known, SAME_RATIO))
    return null;
  return contradiction(faster, givenHz);
}

function canJudge({ rate, resolutionHz, segments }: MeanSpectrum, givenHz: number): boolean {
  if (segments < SEGMENTS_MIN || givenHz < SPEED_RESOLUTIONS_MIN * resolutionHz) return false;
  return givenHz * ORDERS <= rate / 2;
}

interface Family {
  readonly hertz: number;
  readonly db: number;
}

/**
 * Whether a known family is the reason for one that was found, being so many times as high: a
 * bearing that is struck in a machine that runs smoothly has the only lines there are, and some of
 * them fit a shaft that turns faster.
 */
function isExplained(
  spectrum: MeanSpectrum,
  found: Family,
  givenHz: number,
  { orders, mainsHz }: KnownLines,
  ratioMin: number,
): boolean {
  const explains = (hertz: number, tolerance: number) =>
    bestFamily(spectrum, hertz * (1 - tolerance), hertz * (1 + tolerance)).db >=
    ratioMin * found.db;
  return (
    orders.some((order) => explains(order * givenHz, SPEED_TOLERANCE)) ||
    (mainsHz > 0 && [mainsHz, 2 * mainsHz].some((hertz) => explains(hertz, MAINS_TOLERANCE)))
  );
}

function bestFamily({ power, binHz }: MeanSpectrum, fromHz: number, toHz: number): Family {
  let hertz = fromHz;
  let db = 0;
  for (let candidate = fromHz; candidate <= toHz; candidate += binHz / (2 * ORDERS)) {
    const found = familyDb(power, binHz, candidate);
    if (found <= db) continue;
    db = found;
    hertz = candidate;
  }
  return { hertz, db };
}

function contradiction({ hertz }: Pick<Family, "hertz">, givenHz: number): ValidityProblem {
  const heard = figure(60 * hertz);
  const message = `What turns is heard at ${heard} rpm, not at ${figure(60 * givenHz)} rpm.`;
  return {
    kind: "wrong-rate",
    message: `${message} Either the speed or the rate is wrong.`,
    forbids: "bearing",
  };
}
