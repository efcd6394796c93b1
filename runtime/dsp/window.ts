// Windows that keep a spectrum's strong lines from hiding weak ones, with the two figures that a
// reader of such a spectrum needs.

import assert from "node:assert/strict";

export type WindowName = "none" | "hann" | "hamming" | "flat-top" | "blackman-harris";

/**
 * Coefficients a₀…a₄ of w[n] = Σ (−1)ᵏ·aₖ·cos(2π·k·n ÷ size). Harris, "On the use of windows for
 * harmonic analysis with the discrete Fourier transform", Proc. IEEE 66 (1978) 51–83 (Hann,
 * Hamming, minimum 4-term Blackman-Harris); D'Antona, Ferrero, "Digital signal processing for
 * measurement systems" (2006), p. 70 (flat top), as SciPy has it.
 */
const COSINES: Readonly<Record<WindowName, readonly number[]>> = {
  none: [1],
  hann: [0.5, 0.5],
  hamming: [0.54, 0.46],
  "flat-top": [0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368],
  "blackman-harris": [0.35875, 0.48829, 0.14128, 0.01168],
};

/**
 * A periodic window of any size: its next sample would be its first again, which is what a spectrum
 * wants (a symmetric one is for the design of filters). No unit.
 */
export function windowOf(name: WindowName, size: number): Float64Array {
  const window = new Float64Array(size);
  fillWindow(name, window, size);
  return window;
}

export function hann(size: number): Float64Array {
  return windowOf("hann", size);
}

/** The same into the first `size` of an array that is there already. */
export function fillHann(window: Float64Array, size: number): void {
  fillWindow("hann", window, size);
}

function fillWindow(name: WindowName, window: Float64Array, size: number): void {
  assert(size >= 1 && size <= window.length);
  const cosines = COSINES[name];
  for (let index = 0; index < size; index++) {
    let value = 0;
    for (let term = 0; term < cosines.length; term++) {
      const share = cosines[term]! * Math.cos((2 * Math.PI * term * index) / size);
      value += term % 2 === 0 ? share : -share;
    }
    window[index] = value;
  }
}

/** Σ w ÷ size: by what a line's amplitude is lowered. */
export function coherentGain(window: Float64Array): number {
  return sumOf(window) / window.length;
}

/** size·Σ w² ÷ (Σ w)², in bins: how much noise a bin collects, beside one without a window. */
export function equivalentNoiseBandwidth(window: Float64Array): number {
  const sum = sumOf(window);
  return (window.length * window.reduce((total, value) => total + value * value, 0)) / sum ** 2;
}

function sumOf(window: Float64Array): number {
  return window.reduce((total, value) => total + value, 0);
}
