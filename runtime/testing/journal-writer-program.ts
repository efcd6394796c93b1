// A process for tests to kill: it appends to a journal as fast as it can and prints each position
// that was reported as committed. Arguments: the journal's path.

import { writeSync } from "node:fs";
import { GOOD } from "../signal/quality.ts";
import { openJournal } from "./journal-rig.ts";

const STANDARD_OUTPUT = 1;
const ROWS_PER_TURN = 20;
/** Commits stay small and many: it is between and inside them that a kill is of interest. */
const PENDING_ROWS_MAX = 100;

const journal = await openJournal(process.argv[2]!, {
  // Synchronous: a line that is printed was printed before the kill.
  onCommitted: ({ newest }) => void writeSync(STANDARD_OUTPUT, `${newest}\n`),
});

function turn(): void {
  setImmediate(turn);
  if (journal.pressure.pendingRows > PENDING_ROWS_MAX) return;
  for (let row = 0; row < ROWS_PER_TURN; row++) journal.sample(row % 3, row, GOOD, row);
  journal.record("command", { name: "turn", detail: {} }, ROWS_PER_TURN);
}

turn();
