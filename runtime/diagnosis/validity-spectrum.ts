// What only a spectrum tells about a sensor: mains hum in its cable, and a band that ends where no
// machine ends it.

import { type RealFft, realFft64 } from "../dsp/fft.ts";
import { meanOf, transformSizeOf } from "../dsp/samples.ts";
import { fillHann } from "../dsp/window.ts";
import type { Circumstances, DiagnosisChannel } from "./channel.ts";
import { figure } from "./figure.ts";
import type { ValidityProblem } from "./validity.ts";

/** Longer windows are judged by their last part: a fault of the sensor does not come and go. */
const JUDGED_SAMPLES_MAX = 2 ** 15;

/** Rates and lengths differ little within one controller; each size is made once. */
interface Workspace {
  readonly fft: RealFft<Float64Array>;
  readonly window: Float64Array;
  /** |X|² from 0 to half the rate. */
  readonly power: Float64Array;
  windowCount: number;
}
const WORKSPACES = new Map<number, Workspace>();

/**
 * Judges the window's spectrum and answers |X|² of the whole window, after Hann and without its
 * mean, so that nobody has to make it again; null where only a part of the window was judged. It is
 * valid until the next window.
 */
export function judgeSpectrum(
  samples: Float32Array,
  count: number,
  channel: DiagnosisChannel,
  { speedHz }: Circumstances,
  problems: ValidityProblem[],
): Float64Array | null {
  const judged = Math.min(count, JUDGED_SAMPLES_MAX);
  const size = transformSizeOf(judged);
  const power = powerOf(samples, count - judged, judged, size);
  const spectrum = { power, binHz: channel.rate / size, resolutionHz: channel.rate / judged };
  judgeMains(spectrum, channel, speedHz, problems);
  if (channel.quantity === "acceleration") judgeBandwidth(spectrum, channel, problems);
  return judged === count ? power : null;
}

interface Spectrum {
  readonly power: Float64Array;
  readonly binHz: number;
  /** Half the width of a line with the window that was used is twice this. */
  readonly resolutionHz: number;
}

function powerOf(samples: Float32Array, start: number, count: number, size: number): Float64Array {
  let workspace = WORKSPACES.get(size);
  if (!workspace) {
    const power = new Float64Array(size / 2 + 1);
    workspace = { fft: realFft64(size), window: new Float64Array(size), power, windowCount: 0 };
    WORKSPACES.set(size, workspace);
  }
  const { fft, window, power } = workspace;
  if (workspace.windowCount !== count) {
    fillHann(window, count);
    workspace.windowCount = count;
  }
  const input = fft.samples;
  for (let index = 0; index < count; index++) input[index] = samples[start + index]!;
  const mean = meanOf(input, count);
  for (let index = 0; index < count; index++)
    input[index] = window[index]! * (input[index]! - mean);
  input.fill(0, count);
  fft.forward();
  const { spectrum } = fft;
  for (let bin = 0; bin < power.length; bin++) {
    const re = spectrum[2 * bin]!;
    const im = spectrum[2 * bin + 1]!;
    power[bin] = re * re + im * im;
  }
  return power;
}

/** Of the window's power, in the odd harmonics of the supply. */
const MAINS_SHARE_MIN = 0.5;
const MAINS_HARMONICS = [1, 3, 5, 7, 9] as const;
/** European and American grids stay within it for all but minutes a year. */
const MAINS_TOLERANCE_HZ = 0.1;
/** A line that carries half of the power is found to this share of the resolution. */
const PLACING_SHARE = 0.05;
/**
 * In windows shorter than half a second the supply is not told from a shaft that nearly keeps step
 * with it, so hum is not looked for there.
 */
const RESOLUTION_MAX_HZ = 2;
/** Orders of the shaft that may carry most of a healthy machine's power. */
const ORDERS_MAX = 6;
/** Of the third, fifth and seventh, beside the second, fourth and sixth harmonic. */
const ODD_ABOVE_EVEN_DB = 10;
/** Of the strongest of the odd harmonics, beside the fundamental. */
const DISTORTION_DB_MIN = -50;

/**
 * Hum in a cable is a line exactly at the supply's frequency with odd harmonics, and stronger than
 * all else. A machine has its own reasons for lines near there: an induction motor with two
 * poles turns at the supply's frequency less its slip, one with four at half of it, and the
 * magnetic pull of every motor, and hum of a transformer, is at exactly twice it. So the even
 * harmonics are not counted, the line has to stand at the supply's frequency to a tenth of a hertz,
 * and then either no order of the known speed may lie there, or the odd harmonics must stand out
 * above the even ones, which a shaft's do not. A machine that keeps step with the supply is so
 * never blamed for its own lines; a pure sine in its cable is not told from them.
 */
function judgeMains(
  spectrum: Spectrum,
  { quantity, mainsHz }: DiagnosisChannel,
  speedHz: number | null,
  problems: ValidityProblem[],
): void {
  const { power, binHz, resolutionHz } = spectrum;
  // A current is mains, and of an unknown quantity nobody knows what it may be.
  if (quantity === "current" || quantity === "other") return;
  if (!(mainsHz > 0) || resolutionHz > RESOLUTION_MAX_HZ) return;
  let whole = 0;
  for (let bin = 1; bin < power.length; bin++) whole += power[bin]!;
  let share = 0;
  for (const harmonic of MAINS_HARMONICS) share += linePower(spectrum, harmonic * mainsHz) / whole;
  if (!(share >= MAINS_SHARE_MIN)) return;

  const tolerance = MAINS_TOLERANCE_HZ + PLACING_SHARE * resolutionHz;
  if (Math.abs(placeOfLine(power, binHz, mainsHz, resolutionHz) - mainsHz) > tolerance) return;
  const odd = linesPower(spectrum, mainsHz, [3, 5, 7]);
  const even = linesPower(spectrum, mainsHz, [2, 4, 6]);
  const fundamental = linePower(spectrum, mainsHz);
  const isDistorted =
    10 * Math.log10(odd / even) >= ODD_ABOVE_EVEN_DB &&
    10 * Math.log10(odd / fundamental) >= DISTORTION_DB_MIN;
  if (!isDistorted && (speedHz === null || mayBeOrder(mainsHz, speedHz, tolerance))) return;
  const percent = figure(100 * share);
  const supply = `the ${figure(mainsHz)} Hz supply`;
  problems.push({
    kind: "mains-pickup",
    message: `${percent} % of the power is hum of ${supply}, not the machine.`,
    forbids: "everything",
  });
}

function linesPower(spectrum: Spectrum, mainsHz: number, harmonics: readonly number[]): number {
  let power = 0;
  for (const harmonic of harmonics) power += linePower(spectrum, harmonic * mainsHz);
  return power;
}

/** A Hann line is two resolutions wide to each side; the supply may be off by its tolerance. */
function linePower({ power, binHz, resolutionHz }: Spectrum, hertz: number): number {
  const reach = 2 * resolutionHz + MAINS_TOLERANCE_HZ;
  const first = Math.max(1, Math.ceil((hertz - reach) / binHz));
  const last = Math.min(power.length - 1, Math.floor((hertz + reach) / binHz));
  let sum = 0;
  for (let bin = first; bin <= last; bin++) sum += power[bin]!;
  return sum;
}

/** The strongest bin around a frequency, made finer by a parabola through the logarithms. */
function placeOfLine(
  power: Float64Array,
  binHz: number,
  hertz: number,
  resolutionHz: number,
): number {
  const reach = Math.ceil((2 * resolutionHz) / binHz);
  const middle = Math.round(hertz / binHz);
  let peak = middle;
  for (let bin = Math.max(1, middle - reach); bin <= middle + reach; bin++) {
    if (bin < power.length - 1 && power[bin]! > power[peak]!) peak = bin;
  }
  const left = Math.log(power[peak - 1]!);
  const top = Math.log(power[peak]!);
  const right = Math.log(power[peak + 1]!);
  const bend = left - 2 * top + right;
  return (peak + (bend < 0 ? (left - right) / (2 * bend) : 0)) * binHz;
}

function mayBeOrder(hertz: number, speedHz: number, toleranceHz: number): boolean {
  // A speed that was read from a plate is off by the slip's change with load: one per cent.
  for (let order = 1; order <= ORDERS_MAX; order++) {
    const line = order * Math.abs(speedHz);
    if (Math.abs(line - hertz) <= Math.max(toleranceHz, 0.01 * line)) return true;
  }
  return false;
}

/** The spectrum is looked at in so many pieces. */
const PIECES = 128;
/** In dB; both are written anew for each window. */
const LEVELS = new Float64Array(PIECES);
const SORTED = new Float64Array(PIECES);
/**
 * Filters before a converter end at 0.39 of the rate (1 ÷ 2.56) or above, and leave noise there.
 */
const END_SHARE_MAX = 0.35;
/** No analogue filter or sensor falls so far within one piece in 128; resampling does. */
const END_DB_MIN = 50;
/** A resonance that a bearing's fault could ring in lies in this band or above. */
const RESONANCE_HZ = 1_000;
/** Of the rate: the end may lie across two pieces. */
const FLANK_PIECES = 2;

/**
 * A band that ends sharply and far below half the rate: the recording was filtered or resampled
 * after the converter, and says nothing above. The medians on both sides are compared, so that
 * single lines and a spectrum that falls gently make no end.
 */
function judgeBandwidth(
  { power }: Spectrum,
  { rate }: DiagnosisChannel,
  problems: ValidityProblem[],
): void {
  const length = Math.floor((power.length - 1) / PIECES);
  if (length < 1) return;
  const levels = LEVELS;
  for (let piece = 0; piece < PIECES; piece++) {
    let sum = 0;
    for (let bin = 0; bin < length; bin++) sum += power[1 + piece * length + bin]!;
    levels[piece] = 10 * Math.log10(sum / length + Number.MIN_VALUE);
  }
  let end = PIECES;
  const floor = medianOf(levels, Math.ceil(0.9 * PIECES), PIECES);
  while (end > 0 && levels[end - 1]! < floor + END_DB_MIN) end -= 1;
  const endHz = (end / PIECES) * (rate / 2);
  if (end < FLANK_PIECES * 2 || endHz > END_SHARE_MAX * rate) return;
  let above = Number.NEGATIVE_INFINITY;
  for (let piece = end + FLANK_PIECES; piece < PIECES; piece++) {
    above = Math.max(above, levels[piece]!);
  }
  const below = medianOf(levels, 0, end);
  if (below - above < END_DB_MIN) return;
  const least = figure(2 * endHz);
  problems.push({
    kind: "wrong-rate",
    message: `Above ${figure(endHz)} Hz there is nothing: resampled from ${least} Hz, or filtered?`,
    forbids: endHz < RESONANCE_HZ ? "bearing" : "nothing",
  });
}

function medianOf(levels: Float64Array, first: number, end: number): number {
  const sorted = SORTED.fill(Number.POSITIVE_INFINITY);
  for (let piece = first; piece < end; piece++) sorted[piece - first] = levels[piece]!;
  sorted.sort();
  return sorted[(end - first) >> 1]!;
}
