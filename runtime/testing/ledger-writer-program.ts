// A process for tests to kill: it appends to a ledger as fast as it can and prints each size that
// was reported as committed. Arguments: the ledger's path.

import { writeSync } from "node:fs";
import { openLedger } from "./ledger-rig.ts";

const STANDARD_OUTPUT = 1;
const LEAVES_PER_TURN = 3;
/** Commits stay small and many: it is between and inside them that a kill is of interest. */
const PENDING_LEAVES_MAX = 20;

const { ledger, writer } = await openLedger(process.argv[2]!, {
  // Synchronous: a line that is printed was printed before the kill.
  onCommitted: (size) => void writeSync(STANDARD_OUTPUT, `${size}\n`),
});

function turn(): void {
  setImmediate(turn);
  if (ledger.pressure.pendingLeaves > PENDING_LEAVES_MAX) return;
  writer.leaves(LEAVES_PER_TURN);
  writer.checkpoint();
}

turn();
