// `get ledger`: what the ledger is asked over the stream. Whoever asks may be hostile: every
// argument is looked at before the ledger is, and what is wrong is refused by name.

import { Unanswerable } from "../../protocols/stream/source.ts";
import { LEAF_TYPES, type LeafType } from "../../runtime/ledger/leaf.ts";
import {
  CHECKPOINTS_PER_ANSWER_MAX,
  LEAVES_PER_ANSWER_MAX,
  type LedgerReader,
} from "../../runtime/ledger/reader.ts";

type Arguments = Readonly<Record<string, unknown>>;

const TYPES: ReadonlySet<unknown> = new Set(LEAF_TYPES);

const ASKS: Readonly<
  Record<string, (ledger: LedgerReader, args: Arguments, size: number) => Promise<unknown>>
> = {
  facts: (ledger) => ledger.facts(),
  leaves: (ledger, args) =>
    ledger.leaves(whole(args, "from"), whole(args, "limit", 1, LEAVES_PER_ANSWER_MAX)),
  "index-at": (ledger, args) =>
    ledger.indexAt(whole(args, "utc", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
  "newest-of": (ledger, args) =>
    ledger.newestOf(
      typesOf(args),
      whole(args, "before"),
      whole(args, "limit", 1, LEAVES_PER_ANSWER_MAX),
    ),
  inclusion: (ledger, args, size) => {
    const tree = whole(args, "size", 1, size);
    return ledger.inclusion(whole(args, "index", 0, tree - 1), tree);
  },
  consistency: (ledger, args, size) => {
    const second = whole(args, "second", 0, size);
    return ledger.consistency(whole(args, "first", 0, second), second);
  },
  frontier: (ledger, args, size) => ledger.frontier(whole(args, "size", 0, size)),
  checkpoints: (ledger, args) =>
    ledger.checkpoints(
      whole(args, "sizeMin"),
      whole(args, "sizeMax"),
      whole(args, "limit", 1, CHECKPOINTS_PER_ANSWER_MAX),
    ),
  "fresh-checkpoint": (ledger) => ledger.freshCheckpoint(),
};

/** The answer as JSON text. @throws Unanswerable */
export async function ledgerAnswer(ledger: LedgerReader, args: Arguments): Promise<string> {
  const { ask } = args;
  if (typeof ask !== "string" || !Object.hasOwn(ASKS, ask)) {
    const list = Object.keys(ASKS).join(", ");
    throw new Unanswerable("bad-arguments", `"ask" must be one of ${list}`);
  }
  const { size } = await ledger.facts();
  return JSON.stringify(await ASKS[ask]!(ledger, args, size));
}

function whole(args: Arguments, name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
  const value = args[name];
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number;
  }
  const range = max < min ? "; this ledger has none yet" : ` from ${min} to ${max}`;
  throw new Unanswerable("bad-arguments", `"${name}" must be a whole number${range}`);
}

function typesOf({ types }: Arguments): readonly LeafType[] {
  const fits =
    Array.isArray(types) &&
    types.length > 0 &&
    types.length <= LEAF_TYPES.length &&
    types.every((type) => TYPES.has(type));
  if (fits) return types as readonly LeafType[];
  const list = LEAF_TYPES.join(", ");
  throw new Unanswerable("bad-arguments", `"types" must be a list of ${list}`);
}
