// Waveforms that were kept around an alarm: one file each, named by the SHA-256 of its bytes, in a
// directory that never grows beyond its bounds.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { lstat, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { Fault } from "../../runtime/signal/fault.ts";

/** Ten seconds at 25.6 kHz are 1 MB: a year of alarms once a day, on any card. */
const FILES_MAX = 400;
const BYTES_MAX = 512e6;

const NAME = /^[0-9a-f]{64}$/;
const ENDING = ".f32";

export class WaveformFiles {
  readonly #directory: string;
  /** One at a time, in their order. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Keeps samples as 32-bit little-endian floats; resolves when they are on the disk. Where there
   * is no room left in the bounds, the oldest go.
   */
  keep(sha256: string, samples: Float32Array): Promise<void> {
    const done = this.#turn.then(() => this.#keep(sha256, samples));
    // The next one waits for this one's end, whatever it is; whoever asked hears of it.
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /**
   * Bytes of a kept waveform, from `offset` on, at most `bytesMax`; null where there is none of
   * that name.
   */
  async read(
    sha256: string,
    offset: number,
    bytesMax: number,
  ): Promise<{ readonly bytes: Uint8Array; readonly size: number } | null> {
    if (!NAME.test(sha256)) return null;
    const path = this.#path(sha256);
    if (!existsSync(path)) return null;
    await using file = await open(path, "r");
    const { size } = await file.stat();
    const bytes = new Uint8Array(Math.max(0, Math.min(bytesMax, size - offset)));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset);
    return { bytes: bytes.subarray(0, bytesRead), size };
  }

  #path(sha256: string): string {
    return join(this.#directory, `${sha256}${ENDING}`);
  }

  async #keep(sha256: string, samples: Float32Array): Promise<void> {
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    if (createHash("sha256").update(bytes).digest("hex") !== sha256) {
      throw new Fault(
        "DATA_UNUSABLE",
        "A waveform to be kept is not the one that was hashed.",
        "Report it with the log; the alarm stands without its waveform.",
      );
    }
    await mkdir(this.#directory, { recursive: true, mode: 0o750 });
    await this.#makeRoom(bytes.length);
    const temporary = join(this.#directory, "new.tmp");
    {
      await using file = await open(temporary, "w", 0o640);
      await file.writeFile(bytes);
      await file.sync();
    }
    await rename(temporary, this.#path(sha256));
  }

  async #makeRoom(bytes: number): Promise<void> {
    const kept: { readonly path: string; readonly size: number; readonly at: number }[] = [];
    for (const name of await readdir(this.#directory)) {
      if (!name.endsWith(ENDING)) continue;
      const path = join(this.#directory, name);
      // A link that leads nowhere must not keep the next waveform from being kept.
      const { size, mtimeMs } = await lstat(path);
      kept.push({ path, size, at: mtimeMs });
    }
    kept.sort((one, other) => one.at - other.at);
    let total = kept.reduce((sum, { size }) => sum + size, bytes);
    for (let count = kept.length + 1; count > FILES_MAX || total > BYTES_MAX; count--) {
      const oldest = kept.shift();
      if (oldest === undefined) return;
      total -= oldest.size;
      await rm(oldest.path, { force: true });
    }
  }
}
