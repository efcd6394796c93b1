// The demo's own source of chance: small, fast and the same for the same seed on every machine.

const STEP = 0x6d2b79f5;
const TWO_POW_32 = 4_294_967_296;

/** Mulberry32: 32 bits of state, good enough for noise, useless for secrets. */
export class SeededRandom {
  #state: number;
  #spare = 0;
  #spareIsFull = false;

  /** `stream` gives independent sequences from one seed. */
  constructor(seed: number, stream = 0) {
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) | 0;
  }

  /** From 0, never 1. Hot path: twice per sample of the waveform. */
  uniform(): number {
    this.#state = (this.#state + STEP) | 0;
    let bits = this.#state;
    bits = Math.imul(bits ^ (bits >>> 15), bits | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / TWO_POW_32;
  }

  /** Mean 0, variance 1 (Box and Muller: the exact shape, because kurtosis is what we show). */
  gaussian(): number {
    if (this.#spareIsFull) {
      this.#spareIsFull = false;
      return this.#spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.#spare = radius * Math.sin(angle);
    this.#spareIsFull = true;
    return radius * Math.cos(angle);
  }
}
