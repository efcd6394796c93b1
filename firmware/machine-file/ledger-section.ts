// The sections `time` and `ledger` of the machine file: who tells the time, who may begin a lease,
// and who witnesses the hours.

import { type KeyKind, parseVerifierKey } from "../../runtime/ledger/keys.ts";
import { type Checker, check } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import type { ExpressionContext } from "./expressions.ts";
import type { MachineLedger } from "./machine.ts";
import { resolveSignal } from "./usage.ts";
import { ledgerKeys, timeKeys } from "./usage-schema.ts";

/** The signal of a satellite receiver, or null where there is none. */
export function readGnssSignal(context: ExpressionContext, section: unknown): number | null {
  const keys = check(context.checker, ["time"], section ?? {}, timeKeys);
  if (!keys?.gnss) return null;
  const path = ["time", "gnss", "signal"];
  const signal = resolveSignal(context, path, keys.gnss.signal);
  if (signal === undefined) return null;
  const { name, unit } = context.signals.signals[signal]!;
  if (unit !== "s") {
    const { tree, problems } = context.checker;
    problems.add(tree.at(path), path, `${name} has the unit ${unit}; seconds since 1970 are in s`);
  }
  return signal;
}

export function readLedger(checker: Checker, section: unknown): MachineLedger | null {
  const keys = check(checker, ["ledger"], section ?? {}, ledgerKeys);
  if (!keys) return null;
  if (keys.lessor !== undefined) checkKey(checker, ["ledger", "lessor"], keys.lessor, "signature");
  const names = new Set<string>();
  keys.witnesses.forEach(({ name, key }, index) => {
    const path = ["ledger", "witnesses", index];
    checkKey(checker, [...path, "key"], key, "cosignature");
    if (names.has(name)) {
      const { tree, problems } = checker;
      problems.add(tree.at([...path, "name"]), [...path, "name"], "is the name of another witness");
    }
    names.add(name);
  });
  return {
    lessor: keys.lessor ?? null,
    witnesses: keys.witnesses,
    checkpointEveryMs: keys.checkpointEvery,
    tickEveryMs: keys.tickEvery,
  };
}

const KIND_WORDS: Readonly<Record<KeyKind, string>> = {
  signature: "of a witness; here belongs the key that signs instructions",
  cosignature: "of no witness; here belongs the key that `telltale witness` prints",
};

/** The value is never repeated: somebody may have pasted a private key. */
function checkKey({ tree, problems }: Checker, path: Path, text: string, kind: KeyKind): void {
  const key = parseVerifierKey(text);
  if (typeof key === "string") problems.add(tree.at(path), path, `the key ${key}`);
  else if (key.kind !== kind) problems.add(tree.at(path), path, `the key is ${KIND_WORDS[kind]}`);
}
