// Files that a person names on the command line, whatever they hold.

import { Fault } from "../../runtime/signal/fault.ts";
import { readTextFile, writeFileAtomic, writeNewFile } from "../host/files.ts";

/** @throws Fault SETTING_INVALID */
export function readInput(file: string, bytesMax: number, remedy: string): string {
  try {
    return readTextFile(file, bytesMax);
  } catch (cause) {
    // Its own remedies speak of machine files.
    if (!(cause instanceof Fault) || cause.code !== "MACHINE_FILE_INVALID") throw cause;
    throw new Fault("SETTING_INVALID", cause.message, remedy, { cause });
  }
}

/** @throws Fault SETTING_INVALID where it is there already. */
export function writeOutput(file: string, content: string): void {
  let isWritten: boolean;
  try {
    isWritten = writeNewFile(file, content);
  } catch (cause) {
    const remedy = "name a file in a directory that exists and that this user may write";
    throw new Fault("DATA_UNUSABLE", `${file} cannot be written`, remedy, { cause });
  }
  if (isWritten) return;
  throw badInput(`${file} exists already and is not overwritten`, "name another one with --out");
}

/** Writes over the file. @throws Fault DATA_UNUSABLE */
export function replaceOutput(file: string, content: string): void {
  try {
    writeFileAtomic(file, content);
  } catch (cause) {
    const remedy = "look whether its directory is there, and at the rights of both";
    throw new Fault("DATA_UNUSABLE", `${file} cannot be written`, remedy, { cause });
  }
}

export function badInput(message: string, remedy: string, cause?: unknown): Fault {
  return new Fault("SETTING_INVALID", message, remedy, { cause });
}
