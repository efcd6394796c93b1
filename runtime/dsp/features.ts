// The four features of a window of a waveform, as pure functions over typed arrays. The mean is
// removed first: gravity, and the offset of a sensor, say nothing about vibration.

/**
 * The order of the features wherever they stand in a row.
 *
 * - `rms`: √mean((x − mean)²), in the waveform's unit.
 * - `peak`: max |x − mean|, in the waveform's unit.
 * - `crestFactor`: peak ÷ rms.
 * - `kurtosis`: mean((x − mean)⁴) ÷ mean((x − mean)²)², after Pearson: 3 for normal noise, more
 *   where there are shocks.
 */
export const FEATURES = ["rms", "peak", "crestFactor", "kurtosis"] as const;

/**
 * - `whole`: all four features are there.
 * - `empty`: no samples.
 * - `flat`: every sample is the same. Crest factor and kurtosis are then undefined, and the sensor
 *   is stuck or cut off: a live one shows at least its own noise.
 * - `not-finite`: a sample is not a number, or too large to compute with.
 */
export type FeatureOutcome = "whole" | "empty" | "flat" | "not-finite";

/**
 * Computes the features of the first `count` samples into `into`, in the order of FEATURES. Nothing
 * is written there unless the outcome is `whole`. No allocation.
 *
 * Two runs over the window rather than one with power sums: these lose their digits where an offset
 * is large beside the vibration.
 */
export function computeFeatures(
  samples: Float32Array,
  count: number,
  into: Float64Array,
): FeatureOutcome {
  if (count === 0) return "empty";
  let sum = 0;
  let low = samples[0]!;
  let high = low;
  for (let index = 0; index < count; index++) {
    const sample = samples[index]!;
    sum += sample;
    if (sample < low) low = sample;
    else if (sample > high) high = sample;
  }
  // One sample that is not finite makes the sum so.
  if (!Number.isFinite(sum)) return "not-finite";
  if (low === high) return "flat";

  const mean = sum / count;
  let squares = 0;
  let fourths = 0;
  for (let index = 0; index < count; index++) {
    const deviation = samples[index]! - mean;
    const square = deviation * deviation;
    squares += square;
    fourths += square * square;
  }
  const variance = squares / count;
  const rms = Math.sqrt(variance);
  const peak = Math.max(high - mean, mean - low);
  const kurtosis = fourths / count / (variance * variance);
  if (!Number.isFinite(kurtosis)) return "not-finite";
  into[0] = rms;
  into[1] = peak;
  into[2] = peak / rms;
  into[3] = kurtosis;
  return "whole";
}
