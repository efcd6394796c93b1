// Kept waveforms on a real disk: what is read back, what is refused, and what goes when there is no
// room.

import { createHash } from "node:crypto";
import { readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { WaveformFiles } from "./waveform-files.ts";

function filesIn() {
  const scratch = scratchDirectory();
  onTestFinished(() => scratch[Symbol.dispose]());
  const directory = join(scratch.path, "waveforms");
  return { directory, files: new WaveformFiles(directory) };
}

function hashOf(samples: Float32Array): string {
  return createHash("sha256").update(new Uint8Array(samples.buffer)).digest("hex");
}

const SAMPLES = Float32Array.of(1, -2, 3.5, Math.fround(0.1));

test("what is kept is read back, whole and in parts", async () => {
  const { files } = filesIn();
  const sha256 = hashOf(SAMPLES);
  await files.keep(sha256, SAMPLES);
  const whole = await files.read(sha256, 0, 1_000);
  expect(whole?.size).toBe(16);
  expect(new Float32Array(Uint8Array.from(whole!.bytes).buffer)).toEqual(SAMPLES);
  const part = await files.read(sha256, 8, 4);
  expect(new Float32Array(Uint8Array.from(part!.bytes).buffer)).toEqual(Float32Array.of(3.5));
  expect((await files.read(sha256, 16, 4))?.bytes).toHaveLength(0);
});

test("a name that nobody kept, or that leads elsewhere, has nothing behind it", async () => {
  const { directory, files } = filesIn();
  await files.keep(hashOf(SAMPLES), SAMPLES);
  writeFileSync(join(directory, "..", "secret.f32"), "secret");
  for (const name of ["../secret", "0".repeat(64), "", "A".repeat(64)]) {
    expect(await files.read(name, 0, 100)).toBeNull();
  }
});

test("a link that leads nowhere does not keep the next one from being kept", async () => {
  const { directory, files } = filesIn();
  await files.keep(hashOf(SAMPLES), SAMPLES);
  symlinkSync("nowhere", join(directory, `${"0".repeat(64)}.f32`));
  const other = SAMPLES.slice(1);
  await files.keep(hashOf(other), other);
  expect((await files.read(hashOf(other), 0, 100))?.size).toBe(other.byteLength);
});

test("samples that are not those of the hash are not kept", async () => {
  const { directory, files } = filesIn();
  await files.keep(hashOf(SAMPLES), SAMPLES);
  await expect(files.keep("0".repeat(64), SAMPLES)).rejects.toThrow(/not the one/);
  await files.keep(hashOf(SAMPLES.subarray(0).slice(0, 2)), SAMPLES.slice(0, 2));
  expect(readdirSync(directory)).toHaveLength(2);
});

test("the oldest go where there would be too many", async () => {
  const { directory, files } = filesIn();
  const first = Float32Array.of(0);
  for (let index = 0; index < 402; index++) {
    const samples = Float32Array.of(index);
    await files.keep(hashOf(samples), samples);
  }
  expect(readdirSync(directory)).toHaveLength(400);
  expect(await files.read(hashOf(Float32Array.of(401)), 0, 4)).not.toBeNull();
  expect(await files.read(hashOf(first), 0, 4)).toBeNull();
});
