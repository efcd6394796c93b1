// A witness's memory on the disk: one file for each ledger's newest cosigned checkpoint, and one
// for each pair of notes that does not fit together.

import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { ForkEvidence, WitnessStore } from "../../protocols/witness/witness.ts";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import type { VerifierKey } from "../../runtime/ledger/keys.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { ensureDirectory, readJson, readTextFile, writeFileAtomic, writeNewFile } from "./files.ts";

const NOTE_BYTES_MAX = 16 * 1024;
/** More of one device say nothing more, and a device that is broken must not fill the disk. */
const EVIDENCE_MAX = 1_000;

export interface WitnessDirectory extends WitnessStore {
  readonly lock: string;
  /** The newest cosigned note of each origin. */
  readonly kept: ReadonlyMap<string, string>;
  readonly evidence: readonly ForkEvidence[];
}

/**
 * @param key the witness's own; null looks without asking whose the notes are.
 * @throws Fault DATA_UNUSABLE where a file is damaged: a witness that forgot would sign a fork.
 */
export function openWitnessDirectory(directory: string, key: VerifierKey | null): WitnessDirectory {
  const newest = join(directory, "newest");
  const forks = join(directory, "forks");
  for (const folder of [directory, newest, forks]) ensureDirectory(folder);
  const kept = new Map<string, string>();
  for (const name of readdirSync(newest)) {
    if (!name.endsWith(".note")) continue;
    const file = join(newest, name);
    const note = readTextFile(file, NOTE_BYTES_MAX);
    const checkpoint = parseCheckpoint(note);
    if (typeof checkpoint === "string") throw damaged(file, checkpoint);
    if (fileOf(checkpoint.origin) !== name) throw damaged(file, "is named after another ledger");
    if (key !== null && verifyCosignature(note, key) === null) {
      throw damaged(file, `is not cosigned by ${key.name}`);
    }
    kept.set(checkpoint.origin, note);
  }
  const files = readdirSync(forks).filter((name) => name.endsWith(".json"));
  let evidenceLeft = EVIDENCE_MAX - files.length;
  return {
    lock: join(directory, "lock.sqlite"),
    kept,
    evidence: files.map((name) => readJson(join(forks, name)) as ForkEvidence),
    keep(origin, note) {
      writeFileAtomic(join(newest, fileOf(origin)), note);
    },
    accuse(evidence) {
      if (evidenceLeft <= 0) return;
      const { origin, offered } = evidence;
      // The same story told again is the same file.
      const name = fileOf(`${origin}\n${offered}`).replace(/\.note$/, ".json");
      const isNew = writeNewFile(join(forks, name), `${JSON.stringify(evidence, null, 2)}\n`);
      if (isNew) evidenceLeft--;
    },
  };
}

/** Readable, whatever the origin holds, and different for each. */
function fileOf(origin: string): string {
  const readable = origin
    .split("\n")[0]!
    .replaceAll(/[^A-Za-z0-9.-]+/g, "_")
    .slice(0, 80);
  const hash = createHash("sha256").update(origin).digest("hex").slice(0, 16);
  return `${readable}-${hash}.note`;
}

function damaged(file: string, what: string): Fault {
  return new Fault(
    "DATA_UNUSABLE",
    `${file} ${what}: what this witness cosigned last is not certain`,
    "put the file back from a backup that is not older; a witness with an older one can be\n" +
      "  made to sign a fork. Without one, begin with a new key and tell the parties",
  );
}
