// The other real Fourier transforms: each takes the same samples from outside, copies them where
// its interface wants them, and leaves size ÷ 2 bins in the order of their frequencies.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import createPffft from "@echogarden/pffft-wasm/simd";
import Fft from "fft.js";
import { LineProcess } from "../hil-tests/peers/line-process.ts";

export interface Transform {
  /** Does one transform of the same samples as the last time, */
  run(): void;
  /** and then here are its bins, real and imaginary in turn. */
  spectrum(): ArrayLike<number>;
}

export async function pffft(source: Float32Array): Promise<Transform> {
  const library = await createPffft();
  const size = source.length;
  const bytes = source.byteLength;
  const setup = library._pffft_new_setup(size, 0);
  const [input, output, work] = [0, 1, 2].map(() => library._pffft_aligned_malloc(bytes));
  // Taken when its memory has grown to what it will be.
  const samples = library.HEAPF32.subarray(input! / 4, input! / 4 + size);
  return {
    run() {
      samples.set(source);
      library._pffft_transform_ordered(setup, input!, output!, work!, 0);
    },
    spectrum: () => library.HEAPF32.subarray(output! / 4, output! / 4 + size),
  };
}

export async function kiss(source: Float32Array): Promise<Transform> {
  const before = process.listeners("uncaughtException");
  const { default: kissfft } = await import("kissfft-js");
  for (const listener of process.listeners("uncaughtException")) {
    // It throws again what nobody caught, from a line of 40 KB, which would be printed whole.
    if (!before.includes(listener)) process.off("uncaughtException", listener);
  }
  const transform = new kissfft.FFTR(source.length);
  return { run: () => transform.forward(source), spectrum: () => transform.forward(source) };
}

/** With plain arrays, which it is fastest with; it reads them where they are. */
export function fftJs(source: Float64Array): Transform {
  const transform = new Fft(source.length);
  const samples = Array.from(source);
  const spectrum = transform.createComplexArray();
  return { run: () => transform.realTransform(spectrum, samples), spectrum: () => spectrum };
}

const FFTW_SOURCE = join(import.meta.dirname, "fftw-rounds.c");
const COMPILING_MS_MAX = 60_000;

/** The program built in `folder`, or why it cannot be had here. */
export function buildFftw(folder: string): { readonly program: string } | { missing: string } {
  if (!existsSync("/usr/include/fftw3.h")) return { missing: "libfftw3-dev is not installed" };
  if (spawnSync("gcc", ["--version"], { stdio: "ignore" }).status !== 0) {
    return { missing: "gcc is not installed" };
  }
  const program = join(folder, "fftw-rounds");
  const libraries = ["-lfftw3", "-lfftw3f", "-lm"];
  execFileSync("gcc", ["-O2", "-o", program, FFTW_SOURCE, ...libraries], {
    timeout: COMPILING_MS_MAX,
  });
  return { program };
}

/** Planned with FFTW_MEASURE; asked for a number of transforms, it answers them per second. */
export function startFftw(
  program: string,
  precision: "single" | "double",
  size: number,
): Promise<LineProcess> {
  return LineProcess.start(program, [precision, String(size)]);
}
