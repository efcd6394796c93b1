// A recording on the disk, read in pieces: it may be larger than the memory of the controller.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

export class RecordingFile {
  readonly file: string;
  /** In bytes, when it was opened. */
  readonly size: number;
  readonly #descriptor: number;

  /** @throws Fault SETTING_INVALID where it cannot be read. */
  constructor(file: string) {
    this.file = file;
    try {
      // Without O_NONBLOCK a named pipe that nobody writes would hold us here for ever.
      this.#descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      throw unreadable(file, WORDS[codeOf(error)] ?? reasonOf(error), error);
    }
    const stats = fstatSync(this.#descriptor);
    this.size = stats.size;
    if (stats.isFile()) return;
    this.close();
    throw unreadable(file, stats.isDirectory() ? "it is a directory" : "it is no regular file");
  }

  /** Fills `into` from this position on, as far as the file goes; says how many bytes came. */
  read(into: Uint8Array, position: number): number {
    let length = 0;
    while (length < into.length) {
      let count: number;
      try {
        count = readSync(this.#descriptor, into, length, into.length - length, position + length);
      } catch (error) {
        throw unreadable(this.file, reasonOf(error), error);
      }
      if (count === 0) break;
      length += count;
    }
    return length;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is a file",
  EACCES: "this user may not read it",
  ENXIO: "it is no regular file",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}

function unreadable(file: string, reason: string, cause?: unknown): Fault {
  return new Fault(
    "SETTING_INVALID",
    `${file} cannot be read: ${reason}`,
    "name a file with a recording; what comes through a pipe is written to a file first",
    { cause },
  );
}
