// Reads a file that somebody else made, of which too much is an answer and no failure: at most so
// many bytes and one more, whatever it is and however long.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";

/** More is asked of the disk at once than most such files have. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * The whole file, or its first `bytesMax + 1` bytes.
 * @throws Fault SETTING_INVALID where it cannot be read.
 */
export function readEvidence(file: string, bytesMax: number): Uint8Array {
  let descriptor: number;
  try {
    // Without O_NONBLOCK a named pipe that nobody writes would hold us here for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw unreadable(file, reasonOf(error), error);
  }
  try {
    if (!fstatSync(descriptor).isFile()) throw unreadable(file, "it is no regular file");
    return readAll(descriptor, file, bytesMax + 1);
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, file: string, bytesMax: number): Uint8Array {
  const size = Math.min(fstatSync(descriptor).size + 1, bytesMax);
  let bytes = new Uint8Array(size);
  let length = 0;
  while (length < bytesMax) {
    if (length === bytes.length) {
      // It grows while it is read.
      const longer = new Uint8Array(Math.min(bytesMax, length + CHUNK_BYTES));
      longer.set(bytes);
      bytes = longer;
    }
    let count: number;
    try {
      count = readSync(descriptor, bytes, length, bytes.length - length, null);
    } catch (error) {
      throw unreadable(file, reasonOf(error), error);
    }
    if (count === 0) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function unreadable(file: string, reason: string, cause?: unknown): Fault {
  const remedy = "Look at the spelling and at the rights of the file.";
  return new Fault("SETTING_INVALID", `${file} cannot be read: ${reason}`, remedy, { cause });
}
