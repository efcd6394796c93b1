// A ledger's file that nobody writes: a copy that an auditor holds, or one that was set aside. It
// answers as the running ledger does, and says nothing of whether what it holds is right.

import { parseCheckpoint } from "../ledger/checkpoint.ts";
import { ledgerOrigin } from "../ledger/keeper.ts";
import { parseLeaf } from "../ledger/leaf.ts";
import type { LedgerFacts, LedgerReader } from "../ledger/reader.ts";
import { Fault, reasonOf } from "../signal/fault.ts";
import { openForReading } from "./database.ts";
import { LedgerPages } from "./ledger-pages.ts";
import { newestCheckpoint } from "./opening.ts";
import type { LedgerAnswer, LedgerRequest } from "./thread-messages.ts";

/**
 * Opens a copy to look only; `close` lets the file go.
 * @throws Fault SETTING_INVALID where there is no ledger in the file
 */
export function openLedgerCopy(path: string): LedgerReader & { close(): void } {
  const damaged = (cause: unknown) =>
    new Fault(
      "SETTING_INVALID",
      `${path} cannot be read as a ledger: ${reasonOf(cause)}`,
      "name a copy of ledger.sqlite, with its -wal file where there is one,\n" +
        "  in a directory where this user may write",
      { cause },
    );
  const attempt = <Value>(run: () => Value): Value => {
    try {
      return run();
    } catch (cause) {
      throw damaged(cause);
    }
  };
  const database = attempt(() => openForReading(path));
  const pages = attempt(() => new LedgerPages(database));
  const ask = async <Answer extends LedgerAnswer>(request: LedgerRequest) =>
    attempt(() => pages.answer(request)) as Answer;
  return {
    facts: async () => attempt(() => factsOf(pages)),
    leaves: (from, limit) => ask({ t: "leaves", from, limit }),
    indexAt: (utc) => ask({ t: "index-at", utc }),
    newestOf: (types, before, limit) => ask({ t: "newest-of", types, before, limit }),
    inclusion: (index, size) => ask({ t: "inclusion", index, size }),
    consistency: (first, second) => ask({ t: "consistency", first, second }),
    frontier: (size) => ask({ t: "frontier", size }),
    checkpoints: (sizeMin, sizeMax, limit) => ask({ t: "checkpoints", sizeMin, sizeMax, limit }),
    freshCheckpoint: async () => attempt(() => checkpointOf(newestCheckpoint(database))),
    close: () => void database.close(),
  };
}

/** Nobody can sign here: the newest that was. */
function checkpointOf(note: string | null): string {
  if (note === null) throw new Error("it holds no checkpoint yet");
  const head = parseCheckpoint(note);
  if (typeof head === "string") throw new Error(`its newest checkpoint ${head}`);
  return note;
}

function factsOf(pages: LedgerPages): LedgerFacts {
  const size = pages.size();
  if (size === 0) throw new Error("it holds no leaf yet");
  const genesis = parseLeaf(pages.leaf(0));
  if (typeof genesis === "string") throw new Error(`its first leaf is none: ${genesis}`);
  if (genesis.typ !== "GENESIS") throw new Error(`its first leaf is a ${genesis.typ}`);
  const { dev: controller, d } = genesis;
  const { key, segment } = d;
  return { controller, origin: ledgerOrigin(controller, segment), key, segment, size };
}
