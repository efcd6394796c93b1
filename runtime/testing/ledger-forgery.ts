// What a controller that lies would write: the leaves of a life, edited, and everything made anew
// that hides it: the chain, the tree, the device's signatures and, where the witnesses saw only the
// edited history, theirs. What is then found is found by the rules between leaves.

import { canonicalJson } from "../ledger/canonical-json.ts";
import { checkpointBody, cosign } from "../ledger/checkpoint.ts";
import { makeStatement } from "../ledger/figures.ts";
import type { Leaf } from "../ledger/leaf.ts";
import { addSignature, parseNote, signNote } from "../ledger/note.ts";
import type { Statement, StatementEvidence } from "../ledger/statement.ts";
import type { Life } from "./ledger-life.ts";
import type { TestKey } from "./ledger-parties.ts";
import { evidenceOf, LifeSegment } from "./ledger-segment.ts";

export function statementBytes(statement: object): Uint8Array {
  return new TextEncoder().encode(`${canonicalJson(statement)}\n`);
}

/** The bytes of the statement that an honest controller makes. */
export function statementOf(life: Life, from: number, to: number): Statement {
  return makeStatement(life.evidence(from, to), life.contract);
}

export interface Forgery {
  /** A leaf instead of each, or nothing instead of it. */
  readonly edit: (leaf: Leaf, index: number) => Leaf | null;
  /** Signs instead of the device. */
  readonly device?: TestKey;
  readonly witnesses?: readonly TestKey[];
  readonly origin?: string;
}

/** The newest segment of a life, as if it had always been so. */
export function forgeSegment(life: Life, { edit, ...forged }: Forgery): LifeSegment {
  const { device = life.device, witnesses = life.witnesses } = forged;
  const honest = life.segment;
  const segment = new LifeSegment(forged.origin ?? honest.origin);
  const times = new Map<string, number>();
  const sign = () => {
    const { origin, frontier } = segment;
    const body = checkpointBody({ origin, size: frontier.size, root: frontier.root() });
    segment.checkpoints.push({
      size: frontier.size,
      note: signNote(body, device.name, device.signer),
    });
  };
  const cosignLast = (leaf: Leaf): Leaf => {
    if (leaf.typ !== "COSIGNATURE") return leaf;
    const witness = witnesses.find(({ name }) => name === leaf.d.witness);
    const checkpoint = segment.checkpoints.at(-1);
    if (!witness || !checkpoint) return leaf;
    const { time } = leaf.d;
    times.set(witness.name, time);
    const own = deviceNote(checkpoint.note);
    const line = cosign(own, witness.name, witness.signer, time);
    checkpoint.note = addSignature(checkpoint.note, line);
    return { ...leaf, d: { ...leaf.d, note: addSignature(own, line) } };
  };
  for (const [index, leaf] of honest.leaves.entries()) {
    if (honest.checkpoints.some(({ size }) => size === index)) sign();
    const edited = edit(structuredClone(leaf), index);
    if (edited === null) continue;
    const seq = edited.seq === leaf.seq ? segment.leaves.length : edited.seq;
    const prev = edited.prev === leaf.prev ? segment.previous : edited.prev;
    segment.append(cosignLast({ ...edited, seq, prev }), honest.trueUtc[index]!);
  }
  if (honest.checkpoints.some(({ size }) => size === honest.leaves.length)) sign();
  return segment;
}

/** The note with its first signature alone. */
function deviceNote(note: string): string {
  const parsed = parseNote(note);
  if (typeof parsed === "string") throw new TypeError(parsed);
  return `${parsed.text}\n${parsed.signatures[0]!.line}\n`;
}

export function forgeStatement(
  life: Life,
  forgery: Forgery,
  { from, to }: { readonly from: number; readonly to: number },
): Statement {
  const segment = forgeSegment(life, forgery);
  const honest = life.evidence(from, to);
  const evidence: StatementEvidence = {
    ...honest,
    ...evidenceOf(segment, life.contract.zone, from, to),
    origin: segment.origin,
    key: (forgery.device ?? life.device).text,
  };
  return makeStatement(evidence, life.contract);
}
