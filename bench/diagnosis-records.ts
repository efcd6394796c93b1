// `node bench/diagnosis-records.ts`: what the bearing detector says of each recording, and a table
// of truth against verdict for each grade.

import { cwruRecordings, mfptRecordings, recordingsFolder } from "../runtime/testing/recordings.ts";
import { hear, isWrong, type Scored, score, scoreLeavingOut } from "./bearing-score.ts";

const SETS = [
  { folder: "cwru", read: cwruRecordings },
  { folder: "mfpt", read: mfptRecordings },
];

for (const { folder, read } of SETS) {
  const path = recordingsFolder(folder);
  if (path === null) {
    console.log(`${folder}: ../shared/data/${folder} is not here`);
    continue;
  }
  const heard = read(path).map((recording) => hear(recording));
  const frozen = heard.map((one) => score(one));
  for (const one of frozen) console.log(rowOf(one));
  console.log(`\n${folder}, frozen constants\n${confusionOf(frozen)}`);
  console.log(`\n${folder}, one bearing left out\n${confusionOf(scoreLeavingOut(heard))}\n`);
}

function rowOf(one: Scored): string {
  const { recording, verdict, confidence, reason } = one;
  const name = `${recording.name} ${recording.grade} ${recording.truth}`;
  const said = `${verdict}${isWrong(one) ? " WRONG" : ""} ${confidence.toFixed(2)}`;
  return `${name}: ${said}\n    ${reason}`;
}

function confusionOf(scored: readonly Scored[]): string {
  const rows = new Map<string, Map<string, number>>();
  for (const { recording, verdict } of scored) {
    const key = `${recording.grade} ${recording.truth}`;
    const row = rows.get(key) ?? new Map<string, number>();
    row.set(verdict, (row.get(verdict) ?? 0) + 1);
    rows.set(key, row);
  }
  return [...rows]
    .map(([key, row]) => `  ${key.padEnd(16)} ${[...row].map((cell) => cell.join(" ")).join(", ")}`)
    .join("\n");
}
