// Bytes as they come, from a file or from standard input: what is read this way may be larger than
// the memory of the controller.

import { createReadStream, statSync } from "node:fs";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

const STANDARD_INPUT = "-";
/** What is in memory of a file at a time. */
const PIECE_BYTES = 65_536;

/**
 * @param file its path, or `-` for standard input.
 * @throws Fault SETTING_INVALID where it cannot be read.
 */
export async function* byteStream(file: string): AsyncGenerator<Uint8Array> {
  try {
    if (file === STANDARD_INPUT) {
      yield* process.stdin as AsyncIterable<Uint8Array>;
      return;
    }
    // A directory opens and fails at its first byte, with words that help nobody.
    if (statSync(file).isDirectory()) throw unreadable(file, "it is a directory");
    yield* createReadStream(file, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>;
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw unreadable(file, WORDS[codeOf(error)] ?? reasonOf(error), error);
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "a part of its path is a file",
  EACCES: "this user may not read it",
  ELOOP: "its symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long",
};

function unreadable(file: string, reason: string, cause?: unknown): Fault {
  const remedy = "Name a file that can be read, or - for standard input.";
  return new Fault("SETTING_INVALID", `${file}: ${reason}`, remedy, { cause });
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
