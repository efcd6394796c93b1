// Reads a machine file from disk and checks it. A file that cannot be read is a problem like any
// other: it has a message that says what to do, and no line.

import type { Driver } from "../../drivers/driver.ts";
import type { Problem } from "../../runtime/schema/problem.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { decodeText, readFileBytes } from "../host/files.ts";
import { type ParsedMachineFile, parseMachineFile } from "./parse-machine-file.ts";

/** 1,000 signals of ten lines are 200 kB; a larger file is not a machine file. */
export const MACHINE_FILE_BYTES_MAX = 512 * 1024;

export type LoadedMachineFile = ParsedMachineFile & {
  /** As they stand in the file; empty where it could not be read. */
  readonly bytes: Uint8Array;
};

/** `shownName` is what problems call the file; by default the path as it was given. */
export function loadMachineFile(
  file: string,
  drivers: readonly Driver[],
  shownName = file,
): LoadedMachineFile {
  let bytes: Uint8Array;
  try {
    bytes = readFileBytes(file, MACHINE_FILE_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "MACHINE_FILE_INVALID") throw error;
    const reason = error.message.slice(`${file}: `.length);
    const message = `${reason}. ${error.remedy}`;
    const problem = { file: shownName, line: 0, column: 0, path: "", message };
    return { problems: [problem], bytes: new Uint8Array() };
  }
  const text = decodeText(bytes);
  if (text === null) return { problems: [notText(bytes, shownName)], bytes };
  return { ...parseMachineFile(text, shownName, drivers), bytes };
}

const LINE_FEED = 0x0a;

/** Shows the line with the first byte that is not UTF-8: often one umlaut in a comment. */
function notText(bytes: Uint8Array, file: string): Problem {
  const message = "not UTF-8 text; save the file as UTF-8";
  let line = 1;
  let start = 0;
  while (start < bytes.length) {
    const found = bytes.indexOf(LINE_FEED, start);
    const end = found === -1 ? bytes.length : found;
    if (decodeText(bytes.subarray(start, end)) === null) break;
    start = end + 1;
    line += 1;
  }
  return { file, line, column: 1, path: "", message };
}
