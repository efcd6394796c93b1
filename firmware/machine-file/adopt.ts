// Decides which machine file is in force when the meter starts. A broken file must not stop the
// metering of a machine that ran yesterday: the last good one, kept in the data directory, goes on.

import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Driver } from "../../drivers/driver.ts";
import type { ConfigurationStatus } from "../../protocols/stream/frames.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import {
  decodeText,
  ensureDirectory,
  fileExists,
  sameFile,
  writeFileAtomic,
} from "../host/files.ts";
import { type LoadedMachineFile, loadMachineFile } from "./load.ts";
import type { Machine } from "./machine.ts";
import { parseMachineFile } from "./parse-machine-file.ts";

/** The last good machine file, byte for byte, in the data directory. */
export const LAST_GOOD_NAME = "machine.yaml";
/** The knowledge file that came with it, whatever it is called beside the given one. */
const LAST_GOOD_KNOWLEDGE_NAME = "knowledge.yaml";

export interface AdoptedMachineFile {
  /** Null where neither file is good: only the page is served then. */
  readonly machine: Machine | null;
  readonly status: ConfigurationStatus;
}

export function adoptMachineFile(request: {
  readonly file: string;
  readonly dataDirectory: string;
  readonly drivers: readonly Driver[];
  /** False for a process that only reads: the meter, or its parent, keeps the copy. */
  readonly keepCopy?: boolean;
}): AdoptedMachineFile {
  const { file, dataDirectory, drivers, keepCopy = true } = request;
  const lastGood = join(dataDirectory, LAST_GOOD_NAME);
  const given = loadMachineFile(file, drivers);
  if ("machine" in given) {
    const problems = keepCopy ? copyTo(lastGood, given.bytes, file, dataDirectory) : [];
    if (keepCopy && problems.length === 0 && given.knowledgeBytes !== undefined) {
      const knowledge = join(dataDirectory, LAST_GOOD_KNOWLEDGE_NAME);
      const from = join(dirname(file), given.machine.knowledgeFile!);
      problems.push(...copyTo(knowledge, given.knowledgeBytes, from, dataDirectory));
    }
    const sha256 = sha256Of(given.bytes);
    return { machine: given.machine, status: { file, inForce: "given", sha256, problems } };
  }
  const problems = given.problems.map(formatProblem);
  if (!fileExists(lastGood) || sameFile(file, lastGood)) {
    return { machine: null, status: { file, inForce: "none", sha256: null, problems } };
  }
  const kept = loadLastGood(lastGood, drivers);
  if ("machine" in kept) {
    const sha256 = sha256Of(kept.bytes);
    return { machine: kept.machine, status: { file, inForce: "last-good", sha256, problems } };
  }
  // An upgrade can refuse what an older version accepted.
  const all = [...problems, ...kept.problems.map(formatProblem)];
  return { machine: null, status: { file, inForce: "none", sha256: null, problems: all } };
}

/**
 * Hours do not wait for texts: where the knowledge file that was kept is lost, the last good
 * machine file is in force without it.
 */
function loadLastGood(lastGood: string, drivers: readonly Driver[]): LoadedMachineFile {
  const knowledge = join(dirname(lastGood), LAST_GOOD_KNOWLEDGE_NAME);
  const kept = loadMachineFile(lastGood, drivers, lastGood, knowledge);
  if ("machine" in kept) return kept;
  const text = decodeText(kept.bytes);
  return text === null ? kept : { ...parseMachineFile(text, lastGood, drivers), bytes: kept.bytes };
}

/** Names the bytes of a machine file: it stands on each leaf of the ledger. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Metering goes on without a copy, but whoever looks must see that there is none. */
function copyTo(
  lastGood: string,
  bytes: Uint8Array,
  file: string,
  dataDirectory: string,
): string[] {
  if (sameFile(file, lastGood)) return [];
  try {
    ensureDirectory(dataDirectory);
    writeFileAtomic(lastGood, bytes);
    return [];
  } catch (error) {
    return [`${lastGood}: the last good machine file could not be kept (${reasonOf(error)})`];
  }
}
