// `node deploy/build-fft-kernel.ts`: compiles the passes of the Fourier transform and writes them
// into runtime/dsp/fft-kernel-bytes.ts, so that a controller compiles nothing.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const FOLDER = join(import.meta.dirname, "../runtime/dsp");
const TARGET = join(FOLDER, "fft-kernel-bytes.ts");
const BASE64_COLUMNS = 96;

/** What the checked-in file has to hold. */
export async function fftKernelFile(): Promise<string> {
  let bytes: Uint8Array | null = null;
  const { error, stderr } = await asc.main(
    [
      "fft-kernel.ts",
      ...["--outFile", "fft-kernel.wasm", "--runtime", "stub", "--noAssert", "--importMemory"],
      ...["-O3", "--converge", "--enable", "simd"],
    ],
    {
      readFile: sourceOf,
      writeFile: (_, content) => {
        if (typeof content !== "string") bytes = content;
      },
      listFiles: () => [],
    },
  );
  if (error || bytes === null) throw new Error(stderr.toString(), { cause: error });
  const lines = Buffer.from(bytes)
    .toString("base64")
    .match(new RegExp(`.{1,${BASE64_COLUMNS}}`, "g"))!;
  return [
    "// Made by deploy/build-fft-kernel.ts from fft-kernel.as; a test compares them.",
    "",
    "export const FFT_KERNEL_BASE64 = `",
    ...lines,
    "`;",
    "",
  ].join("\n");
}

/** The compiler asks for `.ts`, also for files of its own, which it has. */
function sourceOf(name: string): string | null {
  const path = join(FOLDER, name.replace(/\.ts$/, ".as"));
  return /^fft-[a-z]+\.ts$/.test(name) && existsSync(path) ? readFileSync(path, "utf8") : null;
}

if (import.meta.main) writeFileSync(TARGET, await fftKernelFile());
