// Standard error for the log of a process that counts hours: a line goes out at once where there is
// room, and never waits for whoever reads. What a reader leaves lying is kept up to a bound, then
// dropped and counted.

import { constants, fstatSync, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";

/** Lines that wait for a slow reader: some minutes of a noisy log. */
const WAITING_BYTES_MAX = 256 * 1_024;
/** How soon a full reader is tried again. */
const RETRY_MS = 100;
/** How long the end of the process may be held up for its last lines. */
const END_FLUSH_MS_MAX = 250;
const END_RETRY_MS = 10;

const STDERR = 2;

export interface LineSinkOptions {
  /** Writes some of the bytes, without waiting; throws as the system does, EAGAIN where full. */
  readonly write: (bytes: Uint8Array) => number;
  /** The reader takes lines again, after so many were dropped. */
  readonly onDropped: (lines: number) => void;
}

export class LineSink {
  readonly #options: LineSinkOptions;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #droppedLines = 0;
  #isClosed = false;
  #isRetrying = false;

  constructor(options: LineSinkOptions) {
    this.#options = options;
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#isClosed || this.#waitingBytes + bytes.length > WAITING_BYTES_MAX) {
      this.#droppedLines += 1;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (!this.#isRetrying) this.#drain();
  }

  /** For the end of the process: gives the last lines a moment to get out. */
  flush(): void {
    const deadline = performance.now() + END_FLUSH_MS_MAX;
    const pause = new Int32Array(new SharedArrayBuffer(4));
    while (!this.#writeWaiting() && performance.now() < deadline) {
      Atomics.wait(pause, 0, 0, END_RETRY_MS);
    }
  }

  #drain(): void {
    this.#isRetrying = !this.#writeWaiting();
    if (this.#isRetrying) {
      // Not for its sake does the process stay alive.
      setTimeout(() => this.#drain(), RETRY_MS).unref();
    } else if (this.#droppedLines > 0 && !this.#isClosed) {
      const lines = this.#droppedLines;
      this.#droppedLines = 0;
      this.#options.onDropped(lines);
    }
  }

  /** False where some of it has to wait. */
  #writeWaiting(): boolean {
    for (let [bytes] = this.#waiting; bytes !== undefined; [bytes] = this.#waiting) {
      let count: number;
      try {
        count = this.#options.write(bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        // Nobody is there any more (EPIPE) or the disk is full, and there is nowhere to say so: a
        // meter goes on without its log.
        this.#isClosed = (error as NodeJS.ErrnoException).code === "EPIPE";
        this.#droppedLines += this.#waiting.length;
        this.#waiting = [];
        this.#waitingBytes = 0;
        return true;
      }
      this.#waitingBytes -= count;
      if (count === bytes.length) this.#waiting.shift();
      else this.#waiting[0] = bytes.subarray(count);
    }
    return true;
  }
}

/** Writes to standard error without ever waiting for its reader. */
export function stderrWriter(): (bytes: Uint8Array) => number {
  const descriptor = unblockedStderr();
  return (bytes) => writeSync(descriptor, bytes);
}

/**
 * A pipe or terminal is opened once more, because the flag belongs to what all holders share and
 * the others may want to wait. A socket, such as the journal's, cannot be opened again: Node sets
 * the flag on it when it takes it for one of its own. A regular file makes nobody wait.
 */
function unblockedStderr(): number {
  const stats = fstatSync(STDERR);
  // Nobody writes through it: it only makes the system refuse instead of making us wait.
  if (stats.isSocket()) new Socket({ fd: STDERR, readable: false }).unref();
  if (!stats.isFIFO() && !stats.isCharacterDevice()) return STDERR;
  const flags = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
  try {
    return openSync(`/proc/self/fd/${STDERR}`, flags);
  } catch {
    // Another user's terminal, or no /proc: better a log that may wait than none.
    return STDERR;
  }
}
