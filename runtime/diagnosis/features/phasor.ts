// One frequency of a window as a pointer: amplitude and phase, from a sum weighted by a Hann window
// so that other frequencies stay out.

export interface Phasor {
  readonly re: number;
  readonly im: number;
}

/**
 * x[n] ≈ Re(P·exp(i·2πf·n ÷ rate)): |P| is the peak amplitude, arg P the phase at the first sample.
 * Exact where the window holds whole periods; else other frequencies closer than 2 ÷ duration leak
 * in.
 */
export function phasorAt(samples: Float32Array, count: number, rate: number, hz: number): Phasor {
  let re = 0;
  let im = 0;
  let weights = 0;
  const mean = weightedMean(samples, count);
  for (let index = 0; index < count; index++) {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / count);
    const angle = (2 * Math.PI * hz * index) / rate;
    const weighted = weight * (samples[index]! - mean);
    re += weighted * Math.cos(angle);
    im -= weighted * Math.sin(angle);
    weights += weight;
  }
  return { re: (2 * re) / weights, im: (2 * im) / weights };
}

function weightedMean(samples: Float32Array, count: number): number {
  let sum = 0;
  let weights = 0;
  for (let index = 0; index < count; index++) {
    const weight = 0.5 - 0.5 * Math.cos((2 * Math.PI * index) / count);
    sum += weight * samples[index]!;
    weights += weight;
  }
  return sum / weights;
}

export function magnitude({ re, im }: Phasor): number {
  return Math.hypot(re, im);
}
