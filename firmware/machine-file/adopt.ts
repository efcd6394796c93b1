// Decides which machine file is in force when the meter starts. A broken file must not stop the
// metering of a machine that ran yesterday: the last good one, kept in the data directory, goes on.

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Driver } from "../../drivers/driver.ts";
import type { ConfigurationStatus } from "../../protocols/stream/frames.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import { ensureDirectory, fileExists, sameFile, writeFileAtomic } from "../host/files.ts";
import { loadMachineFile } from "./load.ts";
import type { Machine } from "./machine.ts";

/** The last good machine file, byte for byte, in the data directory. */
export const LAST_GOOD_NAME = "machine.yaml";

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
    const sha256 = sha256Of(given.bytes);
    return { machine: given.machine, status: { file, inForce: "given", sha256, problems } };
  }
  const problems = given.problems.map(formatProblem);
  if (!fileExists(lastGood) || sameFile(file, lastGood)) {
    return { machine: null, status: { file, inForce: "none", sha256: null, problems } };
  }
  const kept = loadMachineFile(lastGood, drivers);
  if ("machine" in kept) {
    const sha256 = sha256Of(kept.bytes);
    return { machine: kept.machine, status: { file, inForce: "last-good", sha256, problems } };
  }
  // An upgrade can refuse what an older version accepted.
  const all = [...problems, ...kept.problems.map(formatProblem)];
  return { machine: null, status: { file, inForce: "none", sha256: null, problems: all } };
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
): readonly string[] {
  if (sameFile(file, lastGood)) return [];
  try {
    ensureDirectory(dataDirectory);
    writeFileAtomic(lastGood, bytes);
    return [];
  } catch (error) {
    return [`${lastGood}: the last good machine file could not be kept (${reasonOf(error)})`];
  }
}
