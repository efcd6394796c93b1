// The body of `POST /add-checkpoint` (C2SP tlog-witness): the size that the witness is believed to
// have, the consistency proof from there, and the checkpoint. The same text travels on a USB stick
// where there is no network.

import { fromBase64 } from "../../runtime/ledger/bytes.ts";
import { HASH_BYTES } from "../../runtime/ledger/merkle.ts";

/** By the specification: a tree of 2^63 leaves has no longer proof. */
const PROOF_LINES_MAX = 63;
/** A proof has 3 kB, a checkpoint with 16 signatures about as much. In bytes. */
export const REQUEST_BYTES_MAX = 16 * 1024;
/** Where a witness is asked, below its address. */
export const ADD_CHECKPOINT = "/add-checkpoint";
/** Of an answer that says which size the witness has. */
export const SIZE_TYPE = "text/x.tlog.size";

export interface WitnessRequest {
  readonly old: number;
  /** Hashes, base64. */
  readonly proof: readonly string[];
  /** A signed note. */
  readonly checkpoint: string;
}

export function requestText({ old, proof, checkpoint }: WitnessRequest): string {
  return `old ${old}\n${proof.map((hash) => `${hash}\n`).join("")}\n${checkpoint}`;
}

/** The parts of the body, or one sentence that says what is wrong with it. */
export function parseRequest(body: string): WitnessRequest | string {
  const end = body.indexOf("\n\n");
  if (end < 0) return "no empty line stands before the checkpoint";
  const [first = "", ...proof] = body.slice(0, end).split("\n");
  const old = parseSize(first.startsWith("old ") ? first.slice("old ".length) : "");
  if (old === null) return "the first line does not read `old SIZE`";
  if (proof.length > PROOF_LINES_MAX) return `the proof has more than ${PROOF_LINES_MAX} lines`;
  const wrong = proof.findIndex((line) => fromBase64(line)?.length !== HASH_BYTES);
  if (wrong >= 0) return `line ${wrong + 2} is no hash in base64`;
  return { old, proof, checkpoint: body.slice(end + 2) };
}

/** A count of leaves without leading zeros; null where it is none. */
export function parseSize(text: string): number | null {
  const size = Number(text);
  return /^(?:0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(size) ? size : null;
}
