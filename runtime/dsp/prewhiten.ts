// Cepstral pre-whitening: every line and resonance of a spectrum is made equally strong, so that
// repeated shocks stand out of a signal that gears or a resonance dominate.

import { type RealFft, realFft64 } from "./fft.ts";
import { ringSizeOf, type Samples, writeRing } from "./samples.ts";

/**
 * Bins weaker than this share of the mean magnitude are not raised to the others' level: above an
 * anti-aliasing filter or in an upsampled recording there is only rounding noise, 60 dB and more
 * below the signal.
 */
export const CPW_FLOOR_SHARE = 1e-3;

/**
 * X[k] ÷ |X[k]| in place: the real cepstrum set to zero, all but its zeroth quefrency. Borghesani,
 * Pennacchi, Randall, Sawalhi, Ricci, "Application of cepstrum pre-whitening for the diagnosis of
 * bearing faults under variable speed conditions", MSSP 36 (2013) 370–384. `spectrum` holds complex
 * bins from 0 to half the rate, as `RealFft` has them; the first and the last become zero. No unit.
 */
export function whitenSpectrum(spectrum: Float64Array, floorShare: number): void {
  const bins = spectrum.length / 2;
  let sum = 0;
  for (let bin = 1; bin < bins - 1; bin++) {
    const re = spectrum[2 * bin]!;
    const im = spectrum[2 * bin + 1]!;
    sum += Math.sqrt(re * re + im * im);
  }
  const floor = (floorShare * sum) / (bins - 2);
  for (let bin = 0; bin < bins; bin++) {
    const re = spectrum[2 * bin]!;
    const im = spectrum[2 * bin + 1]!;
    const magnitude = Math.max(Math.sqrt(re * re + im * im), floor);
    const gain = bin === 0 || bin === bins - 1 || magnitude === 0 ? 0 : 1 / magnitude;
    spectrum[2 * bin] = re * gain;
    spectrum[2 * bin + 1] = im * gain;
  }
}

/**
 * The whitened signal of a whole window, scaled to an RMS near 1 and without a unit, into the first
 * `count` of `into`. For envelopes `Envelope.whiten` does the same without going back and forth.
 * Makes its transform where none of `ringSizeOf(count)` is given.
 */
export function prewhitenCepstrum(
  samples: Samples,
  count: number,
  into: Float64Array,
  fft: RealFft<Float64Array> = realFft64(ringSizeOf(count)),
): void {
  writeRing(samples, count, fft.samples);
  fft.forward();
  whitenSpectrum(fft.spectrum, CPW_FLOOR_SHARE);
  fft.inverse();
  // White bins of magnitude one give, by Parseval, an RMS of 1 ÷ √size.
  const scale = Math.sqrt(fft.size);
  for (let index = 0; index < count; index++) into[index] = fft.samples[index]! * scale;
}
