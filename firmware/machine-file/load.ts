// Reads a machine file from disk and checks it, with the knowledge file that lies beside it. A file
// that cannot be read is a problem like any other: it has a message that says what to do.

import { dirname, join } from "node:path";
import type { Driver } from "../../drivers/driver.ts";
import type { Problem } from "../../runtime/schema/problem.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { decodeText, readFileBytes } from "../host/files.ts";
import { KNOWLEDGE_BYTES_MAX, readKnowledge } from "../knowledge/knowledge-file.ts";
import type { Machine } from "./machine.ts";
import { type ParsedMachineFile, parseMachineFile } from "./parse-machine-file.ts";

/** 1,000 signals of ten lines are 200 kB; a larger file is not a machine file. */
export const MACHINE_FILE_BYTES_MAX = 512 * 1024;

export type LoadedMachineFile = ParsedMachineFile & {
  /** As they stand in the file; empty where it could not be read. */
  readonly bytes: Uint8Array;
  /** Those of the knowledge file; absent where the machine file names none. */
  readonly knowledgeBytes?: Uint8Array;
};

/**
 * @param shownName what problems call the file; by default the path as it was given.
 * @param knowledgePath where the knowledge file lies, if not beside the machine file.
 */
export function loadMachineFile(
  file: string,
  drivers: readonly Driver[],
  shownName = file,
  knowledgePath?: string,
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
  const parsed = parseMachineFile(text, shownName, drivers);
  if ("problems" in parsed || parsed.machine.knowledgeFile === null) return { ...parsed, bytes };
  const { machine, warnings } = parsed;
  const read = readMakersKnowledge(
    machine,
    knowledgePath ?? join(dirname(file), machine.knowledgeFile!),
  );
  if (typeof read === "string") return { problems: [noKnowledge(text, shownName, read)], bytes };
  if ("problems" in read) return { problems: read.problems, bytes };
  const { knowledge, knowledgeBytes } = read;
  return { machine: { ...machine, knowledge }, warnings, bytes, knowledgeBytes };
}

/** The file as it is, its problems, or why it cannot be read. */
function readMakersKnowledge({ knowledgeFile }: Machine, path: string) {
  let knowledgeBytes: Uint8Array;
  try {
    knowledgeBytes = readFileBytes(path, KNOWLEDGE_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== "MACHINE_FILE_INVALID") throw error;
    return error.message;
  }
  const text = decodeText(knowledgeBytes);
  if (text === null) return `${path}: not UTF-8 text; save the file as UTF-8`;
  const read = readKnowledge(text, knowledgeFile!);
  return "problems" in read ? read : { ...read, knowledgeBytes };
}

/** Shown where the machine file names it. */
function noKnowledge(text: string, file: string, message: string): Problem {
  const lines = text.split("\n");
  const line = lines.findIndex((one) => /^["']?knowledge["']?\s*:/.test(one)) + 1;
  return { file, line, column: line === 0 ? 0 : 1, path: "knowledge", message };
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
