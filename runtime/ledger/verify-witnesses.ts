// What witnesses say: that the parties' own have seen this ledger, how recently, and in which order
// by their clocks. A party's kept tree head is compared here as well.

import { equal, toBase64 } from "./bytes.ts";
import type { Contract } from "./contract.ts";
import { PARTY_ROLES, type PartyRole } from "./contract.ts";
import { parseVerifierKey, type VerifierKey } from "./keys.ts";
import type { Statement } from "./statement.ts";
import type { Answers } from "./verdict.ts";
import { instant } from "./verify-boots.ts";
import type { Cosigned, Head } from "./verify-heads.ts";
import type { StatementRecord } from "./verify-records.ts";
import type { Roots } from "./verify-tree.ts";

/** Two clocks that are both right differ by less; the leaf's own bound is added. */
const CLOCKS_DIFFER_MS = 60_000;
/** Clocks of those who verify are right to some minutes. */
const FUTURE_MS = 10 * 60_000;

export interface Witness {
  readonly role: PartyRole;
  readonly key: VerifierKey;
}

export function witnessesOf({ parties }: Contract): readonly Witness[] {
  return PARTY_ROLES.flatMap((role) => {
    const key = parties[role]?.witness;
    const parsed = key === undefined ? "none" : parseVerifierKey(key);
    return typeof parsed === "string" ? [] : [{ role, key: parsed }];
  });
}

interface Seen extends Cosigned {
  readonly head: Head;
}

/** By one witness, the smallest tree first. */
function seenBy(key: VerifierKey, heads: readonly Head[]): readonly Seen[] {
  return heads
    .flatMap((head) => head.cosignatures.map((cosigned) => ({ ...cosigned, head })))
    .filter((cosigned) => cosigned.key.text === key.text)
    .sort((one, other) => {
      const sizes = one.head.checkpoint.size - other.head.checkpoint.size;
      return sizes === 0 ? one.utc - other.utc : sizes;
    });
}

export function checkWitnesses(
  { period, closing }: Statement,
  heads: readonly Head[],
  contract: Contract,
  answers: Answers,
): void {
  const witnesses = witnessesOf(contract);
  for (const role of ["lessor", "lessee"] as const) {
    if (witnesses.some((witness) => witness.role === role)) continue;
    answers.warning("unwitnessed", {
      where: { field: `parties.${role}.witness` },
      found: "no witness in the contract",
      means: `The ${role} keeps no tree head: a controller that was rolled back would not show.`,
    });
  }
  for (const { role, key } of witnesses) {
    const seen = seenBy(key, heads);
    checkOrder(seen, key, answers);
    const newest = seen.at(-1);
    // A financier or insurer that has not looked spoils nothing between the two parties.
    const isParty = role === "lessor" || role === "lessee";
    if (newest === undefined) {
      const told = {
        expected: `a cosignature of ${key.name}, the ${role}'s witness`,
        found: "none",
      };
      const means = `The ${role}'s witness has not seen this ledger.`;
      if (isParty) answers.failed("unwitnessed", told);
      else answers.warning("unwitnessed", { ...told, means });
      if (isParty) answers.notChecked("stale witness", "A witness has not cosigned at all.");
      continue;
    }
    const latest = seen.reduce((most, { utc }) => Math.max(most, utc), 0);
    const least = period.to - contract.witnessAgeMaxMs;
    if (isParty && latest < least) {
      answers.failed("stale witness", {
        where: newest.head.where,
        expected: `a cosignature of ${key.name} after ${instant(least)}`,
        found: `the newest of ${instant(latest)}`,
      });
    }
    const { size } = newest.head.checkpoint;
    if (isParty && size <= closing.index) {
      answers.warning("unwitnessed", {
        where: newest.head.where,
        found: `${key.name} has cosigned the leaves before ${size}, at ${instant(newest.utc)}`,
        means: "What came after that is vouched for by the controller alone, as yet.",
      });
    }
  }
}

function checkOrder(seen: readonly Seen[], key: VerifierKey, answers: Answers): void {
  for (const [position, { utc, head }] of seen.entries()) {
    const before = seen[position - 1];
    if (before === undefined || utc >= before.utc) continue;
    answers.failed("time regression", {
      where: head.where,
      expected: `${key.name} not before ${instant(before.utc)}, when it saw a smaller tree`,
      found: instant(utc),
    });
  }
}

/** A leaf that a witness has seen was there by then. */
export function checkSeenLeaves(
  heads: readonly Head[],
  run: readonly StatementRecord[],
  answers: Answers,
): void {
  const sorted = heads
    .flatMap(({ checkpoint, cosignatures, where }) =>
      cosignatures.map(({ key, utc }) => ({ size: checkpoint.size, key, utc, where })),
    )
    .sort((one, other) => one.size - other.size);
  let latest: { readonly index: number; readonly least: number; readonly utc: number } | null =
    null;
  let position = 0;
  for (const { size, key, utc, where } of sorted) {
    for (; position < run.length && run[position]!.index < size; position++) {
      const { leaf, index } = run[position]!;
      if (leaf?.utc === undefined || leaf.tq !== "S") continue;
      const least: number = leaf.utc - (leaf.err ?? 0) - CLOCKS_DIFFER_MS;
      if (latest === null || least > latest.least) latest = { index, least, utc: leaf.utc };
    }
    if (latest === null || latest.least <= utc) continue;
    answers.failed("time regression", {
      where: { leaf: latest.index, ...(where.field !== undefined && { field: where.field }) },
      expected: `a time before ${instant(utc)}, when ${key.name} saw the leaf`,
      found: instant(latest.utc),
    });
  }
}

export function checkFuture(
  { period }: Statement,
  heads: readonly Head[],
  run: readonly StatementRecord[],
  now: number | undefined,
  answers: Answers,
): void {
  if (now === undefined) {
    answers.notChecked("from the future", "Nobody said what time it is.");
    return;
  }
  const expected = `nothing after ${instant(now)}, which is now by this computer's clock`;
  const latest = now + FUTURE_MS;
  if (period.to > latest) {
    const where = { field: "period.to" };
    answers.failed("from the future", { where, expected, found: instant(period.to) });
  }
  for (const { cosignatures, where } of heads) {
    for (const { utc, key } of cosignatures) {
      if (utc <= latest) continue;
      const found = `a cosignature of ${key.name} of ${instant(utc)}`;
      answers.failed("from the future", { where, expected, found });
    }
  }
  for (const { leaf, index } of run) {
    if (leaf?.utc === undefined || leaf.utc - (leaf.err ?? 0) <= latest) continue;
    const told = { where: { leaf: index, field: "utc" }, expected, found: instant(leaf.utc) };
    if (leaf.tq === "S") answers.failed("from the future", told);
    else {
      const means = "A clock that nobody vouches for ran ahead; hours are dated by better ones.";
      answers.warning("from the future", { ...told, means });
    }
  }
}

/** The tree head that a party kept: this statement has to continue it, or lie before it. */
export function checkKept(
  kept: Head,
  heads: readonly Head[],
  roots: Roots,
  statement: Statement,
  answers: Answers,
): void {
  const { size, root } = kept.checkpoint;
  const own = roots.get(size);
  if (own !== undefined) {
    if (equal(own, root)) return;
    answers.failed("fork", {
      where: kept.where,
      expected: `the root ${toBase64(root)} of the tree head that you kept, of ${size} leaves`,
      found: toBase64(own),
    });
    return;
  }
  const end = statement.opening.index + statement.leaves.length;
  const begin = statement.opening.index;
  if (size < begin) {
    answers.warning("fork", {
      where: kept.where,
      found: `a kept tree head of ${size} leaves; the statement begins with leaf ${begin}`,
      means: "It is too old to compare; give a newer one, or verify the statement before as well.",
    });
    return;
  }
  const keptAt = Math.max(0, ...kept.cosignatures.map(({ utc }) => utc));
  const smallerLater = heads.find(
    ({ cosignatures }) => keptAt > 0 && cosignatures.some(({ utc }) => utc > keptAt),
  );
  const found = `a kept tree head of ${size} leaves; the statement's tree has ${end}`;
  if (smallerLater === undefined) {
    answers.warning("fork", {
      where: kept.where,
      found,
      means:
        "Either this statement is older than the tree head that you kept, or the controller was " +
        `rolled back: ask for a statement that reaches ${size} leaves.`,
    });
    return;
  }
  answers.failed("fork", {
    where: smallerLater.where,
    expected: `at least ${size} leaves, which your kept tree head of ${instant(keptAt)} has`,
    found,
    means: "The controller was rolled back or restored from an old copy: leaves are missing.",
  });
}
