// A statement of twelve days of a press, for the tests of what shows and exports statements: days
// of work, one with UNKNOWN time, one in FAULT, one with an overload, and a power cut.

import { makeStatement } from "../ledger/figures.ts";
import type { Statement } from "../ledger/statement.ts";
import type { UsageState } from "../usage/usage-state.ts";
import { Life } from "./ledger-life.ts";
import { HOUR_MS } from "./ledger-parties.ts";

const DAY_MS = 24 * HOUR_MS;
/** Two weeks of work, with a weekend between them. */
const DAYS = 12;
/** Monday, 2 March 2026, midnight in Berlin. */
const FROM = Date.UTC(2026, 2, 1, 23);

/** A working day; the rest is OFF. */
const SCHEDULE: readonly (readonly [hours: number, state: UsageState])[] = [
  [6, "OFF"],
  [0.4, "STANDBY"],
  [3.7, "WORKING"],
  [0.9, "IDLE"],
  [4.25, "WORKING"],
  [8.75, "OFF"],
];

export interface StatementSample {
  readonly life: Life;
  readonly statement: Statement;
}

/** One life of some thousand leaves with real signatures; make it once for all tests of a file. */
export function statementSample(): StatementSample {
  // Less than one power cut may take: the parties have something to look at.
  const contract = { lossBoundMs: 5_000 };
  const life = new Life({ startUtc: FROM - HOUR_MS, cosignEveryMs: 5 * DAY_MS, contract });
  life
    .boot()
    .run("OFF", HOUR_MS / 2)
    .hire()
    .run("OFF", HOUR_MS / 2);
  for (let day = 0; day < DAYS; day++) runDay(life, day);
  life.checkpoint().cosign();
  const evidence = life.evidence(FROM, FROM + DAYS * DAY_MS);
  return { life, statement: makeStatement(evidence, life.contract) };
}

function runDay(life: Life, day: number): void {
  const isWeekend = day % 7 >= 5;
  for (const [hours, planned] of SCHEDULE) {
    let state: UsageState = isWeekend ? "OFF" : planned;
    if (day === 9 && planned === "IDLE") state = "UNKNOWN";
    if (day === 3 && planned === "WORKING") state = "FAULT";
    const source = state === "FAULT" ? { source: "machine" } : {};
    const overload = state === "WORKING" && day === 4;
    const isCut = day === 8 && planned === "IDLE";
    life.run(state, hours * HOUR_MS - (isCut ? 60_000 : 0), { overload, ...source });
    if (isCut) life.cut({ lostMs: 4_000, downMs: 60_000 });
  }
}
