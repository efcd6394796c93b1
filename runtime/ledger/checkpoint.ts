// Checkpoints (C2SP tlog-checkpoint): the signed head of a ledger's tree, and the cosignatures by
// which witnesses say that they saw it and no other (C2SP tlog-cosignature, v1).

import { equal, fromBase64, toBase64 } from "./bytes.ts";
import type { Signer, VerifierKey } from "./keys.ts";
import { HASH_BYTES } from "./merkle.ts";
import { cosignatureLine, cosignatureTime, parseNote } from "./note.ts";

export interface Checkpoint {
  /** Which ledger it is of. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  readonly root: Uint8Array;
}

/** What is signed. */
export function checkpointBody({ origin, size, root }: Checkpoint): string {
  if (origin === "" || origin.includes("\n")) throw new RangeError("an origin is one line");
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== HASH_BYTES) {
    throw new RangeError("a checkpoint names a count of leaves and a hash of 32 bytes");
  }
  return `${origin}\n${size}\n${toBase64(root)}\n`;
}

/**
 * What a checkpoint says, or what is wrong with it, as the end of a sentence. Whether anybody
 * signed it is for `verifyNote` to say.
 *
 * @param text the signed note, or its body alone.
 */
export function parseCheckpoint(text: string): Checkpoint | string {
  let body = text;
  if (text.includes("\n\n")) {
    const note = parseNote(text);
    if (typeof note === "string") return note;
    body = note.text;
  }
  if (!body.endsWith("\n")) return "is cut off: its last line has no end";
  const [origin, size, encoded, ...extensions] = body.slice(0, -1).split("\n");
  if (!origin || size === undefined || encoded === undefined) {
    return "is no checkpoint: one has an origin, a size and a root, each on its line";
  }
  if (extensions.includes("")) return "has an empty line in its text";
  const leaves = Number(size);
  if (!/^(0|[1-9][0-9]*)$/.test(size) || !Number.isSafeInteger(leaves)) {
    return "has a size that is no count of leaves";
  }
  const root = fromBase64(encoded);
  if (root === null || root.length !== HASH_BYTES) return "has a root that is no hash of 32 bytes";
  return { origin, size: leaves, root };
}

/** The signature line by which a witness cosigns a checkpoint. Ed25519 only. */
export function cosign(note: string, name: string, signer: Signer, timeSeconds: number): string {
  const parsed = parseNote(note);
  if (typeof parsed === "string" || typeof parseCheckpoint(parsed.text) === "string") {
    throw new RangeError("only a signed checkpoint can be cosigned");
  }
  return cosignatureLine(parsed.text, name, signer, timeSeconds);
}

/** When the witness says that it saw the checkpoint, in seconds since 1970; null: it does not. */
export function verifyCosignature(
  note: string,
  key: VerifierKey,
): { readonly time: number } | null {
  const parsed = parseNote(note);
  if (typeof parsed === "string" || key.kind !== "cosignature") return null;
  const times = parsed.signatures
    .filter(({ name, id }) => name === key.name && equal(id, key.id))
    .map(({ signature }) => cosignatureTime(parsed.text, signature, key))
    .filter((time) => time !== null);
  return times.length === 0 ? null : { time: Math.max(...times) };
}
