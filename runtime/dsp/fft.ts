// The real Fourier transform that everything spectral stands on: one object per size and precision,
// with its own part of a memory, so that a transform allocates nothing. The passes are
// fft-kernel.as.

import assert from "node:assert/strict";
import { FFT_KERNEL_BASE64 } from "./fft-kernel-bytes.ts";

/** Sizes are powers of two between these. */
export const FFT_SIZE_MIN = 16;
export const FFT_SIZE_MAX = 2 ** 20;

/**
 * A transform of `size` real samples. Write `samples`, call `forward`, read `spectrum`; or write
 * `spectrum`, call `inverse`, read `samples`. Both arrays stay the same objects for life.
 */
export interface RealFft<Samples extends Float32Array | Float64Array = Float64Array> {
  readonly size: number;
  /** `size` real samples. `forward` leaves them as they are. */
  readonly samples: Samples;
  /**
   * size ÷ 2 + 1 complex bins from 0 to the Nyquist frequency, each real then imaginary:
   * X[k] = Σ x[n]·exp(−2πi·k·n ÷ size), without any scaling. `inverse` may overwrite it.
   */
  readonly spectrum: Samples;
  forward(): void;
  /** The inverse, scaled by 1 ÷ size, so that it undoes `forward`. */
  inverse(): void;
}

export function isFftSize(size: number): boolean {
  return size >= FFT_SIZE_MIN && size <= FFT_SIZE_MAX && Number.isInteger(Math.log2(size));
}

/** A transform in double precision, errors about 1e-15 of the largest bin. */
export function realFft64(size: number): RealFft<Float64Array> {
  assert(isFftSize(size), "the size of a transform is a power of two");
  if (size < KERNEL_SIZE_MIN) return smallFft(new Float64Array(size), new Float64Array(size + 2));
  const { arena, layout } = place(size, Float64Array.BYTES_PER_ELEMENT);
  const { passes, buffer } = arena;
  const { samples, spectrum, scratch, twiddles, bytes } = layout;
  writeTwiddles(new Float64Array(buffer, twiddles, 1.5 * size), size, 2);
  return {
    size,
    samples: new Float64Array(buffer, samples, size),
    spectrum: new Float64Array(buffer, spectrum, size + 2),
    forward: () => passes.forward64(samples, scratch, spectrum, twiddles, bytes),
    inverse: () => passes.inverse64(samples, scratch, spectrum, twiddles, bytes),
  };
}

/** A transform in single precision, errors about 2e-7 of the largest bin. */
export function realFft32(size: number): RealFft<Float32Array> {
  assert(isFftSize(size), "the size of a transform is a power of two");
  if (size < KERNEL_SIZE_MIN) return smallFft(new Float32Array(size), new Float32Array(size + 2));
  const { arena, layout } = place(size, Float32Array.BYTES_PER_ELEMENT);
  const { passes, buffer } = arena;
  const { samples, spectrum, scratch, twiddles, bytes } = layout;
  writeTwiddles(new Float32Array(buffer, twiddles, 1.5 * size), size, 4);
  return {
    size,
    samples: new Float32Array(buffer, samples, size),
    spectrum: new Float32Array(buffer, spectrum, size + 2),
    forward: () => passes.forward32(samples, scratch, spectrum, twiddles, bytes),
    inverse: () => passes.inverse32(samples, scratch, spectrum, twiddles, bytes),
  };
}

/** With fewer samples the first pass has no full vector. */
const KERNEL_SIZE_MIN = 32;

type Pass = (
  samples: number,
  scratch: number,
  spectrum: number,
  twiddles: number,
  bytes: number,
) => void;
interface Passes {
  readonly forward32: Pass;
  readonly inverse32: Pass;
  readonly forward64: Pass;
  readonly inverse64: Pass;
}

/** Where the parts of one transform lie, in bytes. */
interface Layout {
  readonly samples: number;
  readonly scratch: number;
  readonly spectrum: number;
  readonly twiddles: number;
  /** Of the samples. */
  readonly bytes: number;
}

const PAGE_BYTES = 65_536;
/**
 * Behind each part: room for what is written behind it, and parts begin on different cache sets.
 */
const GAP_BYTES = 320;

/**
 * Several transforms share a memory, because each memory takes 10 GB of addresses, whatever its
 * size, and a Raspberry Pi's kernel has 512 GB of them for a process. What nobody has written to
 * takes no memory. The largest transform, which is larger, has its own.
 */
const ARENA_BYTES = 16 * 2 ** 20;

/** A memory never grows, so that the views on it are never detached. */
interface Arena {
  readonly buffer: ArrayBuffer;
  readonly passes: Passes;
  usedBytes: number;
}

/** What of it is used: Node's types do not describe it, those of browsers would bring a window. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Memory: new (pages: {
    initial: number;
    maximum: number;
  }) => { readonly buffer: ArrayBuffer };
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}
const { Module, Memory, Instance } = Reflect.get(globalThis, "WebAssembly") as WebAssemblyApi;

/** Compiled once in each thread. */
let kernel: object | null = null;
/** The one that is being filled; those before it live as long as their transforms. */
let arena: Arena | null = null;

function place(size: number, numberBytes: number): { arena: Arena; layout: Layout } {
  const bytes = size * numberBytes;
  // Factors: 1 ÷ 2 size for `untangle`, 3 ÷ 4 for the first pass, below 1 ÷ 4 for all others.
  const neededBytes = 4.5 * bytes + 4 * GAP_BYTES;
  if (arena === null || arena.buffer.byteLength - arena.usedBytes < neededBytes) {
    arena = makeArena(Math.max(ARENA_BYTES, neededBytes));
  }
  const samples = arena.usedBytes;
  const scratch = samples + bytes + GAP_BYTES;
  const spectrum = scratch + bytes + GAP_BYTES;
  const twiddles = spectrum + bytes + GAP_BYTES;
  arena.usedBytes += neededBytes;
  return { arena, layout: { samples, scratch, spectrum, twiddles, bytes } };
}

function makeArena(bytes: number): Arena {
  kernel ??= new Module(Buffer.from(FFT_KERNEL_BASE64, "base64"));
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new Memory({ initial: pages, maximum: pages });
  const instance = new Instance(kernel, { env: { memory } });
  return { buffer: memory.buffer, passes: instance.exports as Passes, usedBytes: 0 };
}

/** In the order in which the kernel reads them. */
function writeTwiddles(into: Float32Array | Float64Array, size: number, lanes: number): void {
  let at = 0;
  // For `untangle`: −i÷2·exp(−2πi·k÷size).
  for (let bin = 0; bin < size / 4; bin += lanes) {
    for (let lane = 0; lane < lanes; lane++, at++) {
      const angle = (2 * Math.PI * (bin + lane)) / size;
      into[at] = -Math.sin(angle) / 2;
      into[at + lanes] = -Math.cos(angle) / 2;
    }
    at += lanes;
  }
  // For the first pass: vectors of w, w², w³; for those after it one of each, until 8 or 4 are
  // left.
  for (let left = size / 2; left > 8; left /= 4) {
    const width = left === size / 2 ? lanes : 1;
    for (let first = 0; first < left / 4; first += width) {
      for (let power = 1; power <= 3; power++) {
        for (let lane = 0; lane < width; lane++, at++) {
          const angle = (2 * Math.PI * power * (first + lane)) / left;
          into[at] = Math.cos(angle);
          into[at + width] = -Math.sin(angle);
        }
        at += width;
      }
    }
  }
}

/** By definition: X[k] = Σ x[n]·exp(−2πi·k·n ÷ size). */
function smallFft<Samples extends Float32Array | Float64Array>(
  samples: Samples,
  spectrum: Samples,
): RealFft<Samples> {
  const size = samples.length;
  const angles = Array.from({ length: size }, (_, index) => (2 * Math.PI * index) / size);
  const cosines = Float64Array.from(angles, Math.cos);
  const sines = Float64Array.from(angles, Math.sin);
  return {
    size,
    samples,
    spectrum,
    forward() {
      for (let bin = 0; bin <= size / 2; bin++) {
        let re = 0;
        let im = 0;
        for (let index = 0; index < size; index++) {
          re += samples[index]! * cosines[(bin * index) % size]!;
          im -= samples[index]! * sines[(bin * index) % size]!;
        }
        spectrum[2 * bin] = re;
        spectrum[2 * bin + 1] = im;
      }
    },
    inverse() {
      for (let index = 0; index < size; index++) {
        const alternating = index % 2 === 0 ? spectrum[size]! : -spectrum[size]!;
        let sum = spectrum[0]! + alternating;
        for (let bin = 1; bin < size / 2; bin++) {
          const angle = (bin * index) % size;
          const re = spectrum[2 * bin]! * cosines[angle]!;
          sum += 2 * (re - spectrum[2 * bin + 1]! * sines[angle]!);
        }
        samples[index] = sum / size;
      }
    },
  };
}
