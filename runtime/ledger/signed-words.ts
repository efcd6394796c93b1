// What the parties have signed in a statement's evidence: under which contract each lease runs, and
// to what both have assented. Nothing is taken on the ledger's word: what a figure depends on has
// to be signed by both parties of the contract at hand.

import { text as textOf } from "./bytes.ts";
import type { Contract, Party } from "./contract.ts";
import type { Listed } from "./dating.ts";
import type { Instruction } from "./instruction.ts";
import { parseInstruction } from "./instruction-payload.ts";
import { verifyJws } from "./jws.ts";
import { parseVerifierKey, sameKey, type VerifierKey } from "./keys.ts";

/**
 * Signed words that are looked at in one statement: each costs milliseconds, and a hire has a
 * handful. What comes after them counts as not signed.
 */
const SIGNED_MAX = 100;

export interface SignedWords {
  /** Leases that are under this contract, and the leaf that put each on hire where it is shown. */
  readonly leases: ReadonlyMap<string, { readonly onHire: number | null }>;
  /** Indices of the clock steps that both have assented to. */
  readonly timeSteps: ReadonlySet<number>;
  /** Periods whose losses both have assented to; milliseconds since 1970. */
  readonly losses: readonly { readonly from: number; readonly to: number }[];
}

export function signedWords(
  contract: Contract,
  contractSha256: string,
  listed: readonly Listed[],
  assents: readonly string[],
): SignedWords {
  const leases = new Map<string, { onHire: number | null }>();
  const timeSteps = new Set<number>();
  const losses: { from: number; to: number }[] = [];
  const read = reader(contract, contractSha256, listed[0]?.leaf.dev);
  const assent = (words: Instruction) => {
    if (words.kind === "assent-time-step") timeSteps.add(words.leaf);
    else if (words.kind === "assent-loss") losses.push({ from: words.from, to: words.to });
  };
  for (const { index, leaf } of listed) {
    if (leaf.typ !== "LEASE") continue;
    const words = read(leaf.d.jws);
    if (words === null) continue;
    assent(words);
    const lease = leases.get(words.lease) ?? { onHire: null };
    if (words.kind === "on-hire") lease.onHire ??= index;
    leases.set(words.lease, lease);
  }
  for (const jws of assents) {
    const words = read(jws);
    if (words !== null) assent(words);
  }
  return { leases, timeSteps, losses };
}

/** Words about this controller and contract that both parties have signed, else null. */
function reader(
  contract: Contract,
  contractSha256: string,
  controller: string | undefined,
): (jws: string) => Instruction | null {
  const { lessor, lessee } = contract.parties;
  const lessorKeys = keysOf(lessor);
  const lesseeKeys = keysOf(lessee);
  let looked = 0;
  return (jws) => {
    if (looked >= SIGNED_MAX) return null;
    looked++;
    const verified = verifyJws(jws, [...lessorKeys, ...lesseeKeys]);
    if (typeof verified === "string") return null;
    const has = (keys: readonly VerifierKey[]) => {
      return verified.signers.some((signer) => keys.some((key) => sameKey(key, signer)));
    };
    if (!has(lessorKeys) || !has(lesseeKeys)) return null;
    const text = textOf(verified.payload);
    const words = text === null ? "it is no text" : parseInstruction(text);
    if (typeof words === "string") return null;
    return words.contract === contractSha256 && words.dev === controller ? words : null;
  };
}

function keysOf({ keys }: Party): readonly VerifierKey[] {
  return keys.map(parseVerifierKey).filter((key) => typeof key !== "string");
}
