// Signed instructions of a test life.

import assert from "node:assert/strict";
import { sha256Hex, utf8 } from "../ledger/bytes.ts";
import { canonicalJson } from "../ledger/canonical-json.ts";
import type { Instruction } from "../ledger/instruction.ts";
import { signJws } from "../ledger/jws.ts";
import type { LeaseState } from "../ledger/leaf.ts";
import type { TestKey } from "./ledger-parties.ts";

const DAY_SECONDS = 86_400;

/** One that can be of this kind; some have several. */
type OfKind<Kind, One = Instruction> = One extends { readonly kind: infer Kinds }
  ? Kind extends Kinds
    ? One
    : never
  : never;
/** What an instruction says beside its head. */
export type InstructionFields<Kind> = Omit<
  OfKind<Kind>,
  "v" | "typ" | "dev" | "id" | "issued" | "expires" | "lease" | "contract" | "kind"
>;

/** The state of the lease after it. */
export const LEASE_AFTER: Partial<Record<Instruction["kind"], LeaseState>> = {
  delivery: "delivered",
  acceptance: "accepted",
  "on-hire": "on-hire",
  "standby-begin": "standby",
  "standby-end": "on-hire",
  "off-hire": "off-hire",
  return: "returned",
};

export interface InstructionHead {
  readonly dev: string;
  readonly id: string;
  readonly kind: Instruction["kind"];
  readonly lease: string;
  /** Of the contract. */
  readonly text: string;
  readonly utc: number;
}

/** As a general JWS, canonical JSON as text. */
export function signedInstruction(
  { dev, id, kind, lease, text, utc }: InstructionHead,
  fields: object,
  signers: readonly TestKey[],
): string {
  const issued = Math.floor(utc / 1_000);
  const payload = utf8(
    canonicalJson({
      v: 1,
      typ: "telltale.instruction",
      dev,
      id,
      issued,
      expires: issued + DAY_SECONDS,
      lease,
      contract: sha256Hex(text),
      kind,
      ...fields,
    }),
  );
  let jws: string | undefined;
  for (const { signer } of signers) jws = signJws(payload, signer, jws);
  assert(jws !== undefined, "an instruction that nobody signs");
  return jws;
}
