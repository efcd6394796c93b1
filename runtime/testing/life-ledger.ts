// Puts a test life's newest segment into a real ledger file, as its meter would have: for tests of
// commands that read one.

import assert from "node:assert/strict";
import { utf8 } from "../ledger/bytes.ts";
import { Frontier, leafHash } from "../ledger/merkle.ts";
import type { Life } from "./ledger-life.ts";
import { openLedger } from "./ledger-rig.ts";

/** Far below what a ledger takes before it has to be waited for. */
const LEAVES_AT_ONCE = 200;

export async function writeLifeLedger(path: string, life: Life): Promise<void> {
  const { ledger } = await openLedger(path);
  const tree = new Frontier();
  for (const [index, leaf] of life.segment.leaves.entries()) {
    const text = life.segment.texts[index]!;
    const nodes = tree.append(leafHash(utf8(text)));
    assert(ledger.append(text, leaf.typ, leaf.utc ?? null, nodes), "the ledger is full");
    if (index % LEAVES_AT_ONCE === 0) await ledger.flush();
  }
  for (const { size, note } of life.segment.checkpoints) ledger.putCheckpoint(size, note);
  await ledger.close();
}
