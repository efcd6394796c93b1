// Where transforms have their numbers: memories that the kernel (fft-kernel.as) and our typed
// arrays both see, and the twiddle factors in them.

import { FFT_KERNEL_BASE64 } from "./fft-kernel-bytes.ts";

type Pass = (
  samples: number,
  scratch: number,
  spectrum: number,
  twiddles: number,
  bytes: number,
) => void;
export interface Passes {
  readonly forward32: Pass;
  readonly inverse32: Pass;
  readonly forward64: Pass;
  readonly inverse64: Pass;
  addPowers64(
    from: number,
    hopBytes: number,
    frames: number,
    window: number,
    squares: number,
    fourths: number,
    ...fft: Parameters<Pass>
  ): void;
  filter64(
    from: number,
    stepBytes: number,
    results: number,
    taps: number,
    tapCount: number,
    to: number,
  ): void;
  whiten64(spectrum: number, bins: number, floorShare: number): void;
  envelopePowers64(
    block: number,
    kept: number,
    firstBin: number,
    lastBin: number,
    envelope: number,
    window: number,
    powers: number,
    ...fft: Parameters<Pass>
  ): void;
}

/** Where the parts of one transform lie, in bytes. */
export interface Layout {
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
 * Several transforms share a memory, because each memory takes 8 GiB of addresses, whatever its
 * size, and a Raspberry Pi's kernel has 512 GB of them for a process. What nobody has written to
 * takes no memory. The largest transform, which is larger, has its own.
 */
const ARENA_BYTES = 16 * 2 ** 20;

/** A memory never grows, so that the views on it are never detached. */
export interface Arena {
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

/** Makes sure that the next parts, of so many bytes together, lie in one memory. */
export function arenaFor(bytes: number): Arena {
  if (arena === null || arena.buffer.byteLength - arena.usedBytes < bytes) {
    arena = makeArena(Math.max(ARENA_BYTES, bytes));
  }
  return arena;
}

/** What `placeFft` takes. */
export function fftBytes(size: number, numberBytes: number): number {
  // Factors: 1 ÷ 2 size for `untangle`, 3 ÷ 4 for the first pass, below 1 ÷ 4 for all others.
  return 4.5 * size * numberBytes + 4 * GAP_BYTES;
}

export function placeFft(size: number, numberBytes: number): { arena: Arena; layout: Layout } {
  const bytes = size * numberBytes;
  const neededBytes = fftBytes(size, numberBytes);
  const arena = arenaFor(neededBytes);
  const samples = arena.usedBytes;
  const scratch = samples + bytes + GAP_BYTES;
  const spectrum = scratch + bytes + GAP_BYTES;
  const twiddles = spectrum + bytes + GAP_BYTES;
  arena.usedBytes += neededBytes;
  return { arena, layout: { samples, scratch, spectrum, twiddles, bytes } };
}

/** What `placeNumbers` takes. */
export function numbersBytes(count: number): number {
  return Math.ceil(count / 2) * 2 * Float64Array.BYTES_PER_ELEMENT + GAP_BYTES;
}

/** Room for double numbers in the memory of the last `arenaFor`. */
export function placeNumbers(arena: Arena, count: number): { at: number; view: Float64Array } {
  const at = arena.usedBytes;
  arena.usedBytes += numbersBytes(count);
  return { at, view: new Float64Array(arena.buffer, at, count) };
}

function makeArena(bytes: number): Arena {
  kernel ??= new Module(Buffer.from(FFT_KERNEL_BASE64, "base64"));
  const pages = Math.ceil(bytes / PAGE_BYTES);
  const memory = new Memory({ initial: pages, maximum: pages });
  const instance = new Instance(kernel, { env: { memory } });
  return { buffer: memory.buffer, passes: instance.exports as Passes, usedBytes: 0 };
}

/** In the order in which the kernel reads them. */
export function writeTwiddles(
  into: Float32Array | Float64Array,
  size: number,
  lanes: number,
): void {
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
  for (let left = size / 2; left > 8 || left === size / 2; left /= 4) {
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
