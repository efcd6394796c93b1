// Judges what a line has brought since a request went out. Strict on purpose: an answer is taken
// only when it is all that came, from its first byte to its check. Looking for a frame somewhere
// in noise would find more answers, and now and then one that was none.

import type { Framing } from "./framing.ts";
import type { Ask } from "./line.ts";
import {
  answerBytes,
  answerBytesUsual,
  dataOf,
  EXCEPTION_PDU_BYTES,
  exceptionOf,
  functionOf,
} from "./pdu.ts";

/** A request as it stands on the wire. */
export interface Asked {
  readonly unitId: number;
  readonly ask: Ask;
  readonly frame: Uint8Array;
}

export type Verdict =
  /** So far all is well, and there is more to come. */
  | { readonly kind: "partial" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "exception"; readonly code: number }
  /** The answer came whole and was damaged on its way: nothing more is owed. */
  | { readonly kind: "damaged" }
  /** This is not the answer, whatever else comes. */
  | { readonly kind: "foreign" };

const PARTIAL: Verdict = { kind: "partial" };
const DAMAGED: Verdict = { kind: "damaged" };
const FOREIGN: Verdict = { kind: "foreign" };

export function judge(framing: Framing, { unitId, ask }: Asked, received: Uint8Array): Verdict {
  const head = framing.peek(received);
  if (head === null) return FOREIGN;
  if (head.length === 0) return PARTIAL;
  if (head[0] !== unitId) return FOREIGN;
  const pduBytes = answerBytes(ask, head.subarray(1));
  if (pduBytes === "foreign") return FOREIGN;
  if (pduBytes === "untold") return PARTIAL;
  const frameBytes = framing.frameBytes(pduBytes);
  if (received.length < frameBytes) return PARTIAL;
  if (received.length > frameBytes) return FOREIGN;
  const body = framing.decode(received);
  // What looks like an exception may be the beginning of a damaged answer that is longer.
  if (body === null) return pduBytes === EXCEPTION_PDU_BYTES ? FOREIGN : DAMAGED;
  const pdu = body.subarray(1);
  const code = exceptionOf(pdu);
  return code === null ? { kind: "data", bytes: dataOf(ask, pdu) } : { kind: "exception", code };
}

/** What to call that which was not the answer. */
export type Oddity =
  | { readonly kind: "echo" }
  | { readonly kind: "other-unit"; readonly unitId: number }
  | { readonly kind: "other-answer" }
  /** As long as the answer would be, and like it but for a byte of its head. */
  | { readonly kind: "damaged" }
  | { readonly kind: "garbled" };

/** So many bytes of a request in a row are no coincidence. */
const ECHO_BYTES_MIN = 5;

export function oddityOf(
  framing: Framing,
  asked: Asked,
  received: Uint8Array,
  known?: "damaged",
): Oddity {
  if (isEcho(asked.frame, received)) return { kind: "echo" };
  if (known) return { kind: known };
  const body = framing.decode(received);
  if (body !== null) {
    const unitId = body[0]!;
    return unitId === asked.unitId ? { kind: "other-answer" } : { kind: "other-unit", unitId };
  }
  return { kind: isDamaged(framing, asked, received) ? "damaged" : "garbled" };
}

function isEcho(request: Uint8Array, received: Uint8Array): boolean {
  const bytes = Math.min(request.length, received.length);
  if (bytes < Math.min(ECHO_BYTES_MIN, request.length)) return false;
  return received.subarray(0, bytes).every((byte, at) => byte === request[at]);
}

function isDamaged(framing: Framing, { unitId, ask }: Asked, received: Uint8Array): boolean {
  if (received.length !== framing.frameBytes(answerBytesUsual(ask))) return false;
  const head = framing.peek(received);
  const functionCode = functionOf(ask);
  return head !== null && (head[0] === unitId || (head[1]! & 0x7f) === functionCode);
}
