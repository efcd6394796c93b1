// A statement's figures beside those that follow from its records: which of them differ, so that
// the answer can name the line of the bill.

import type { StatementFigures } from "./statement.ts";
import type { Answers, Place } from "./verdict.ts";

const SECTION_MEANS: Readonly<Record<keyof StatementFigures, string>> = {
  period: "The period is not the one that these figures were made for.",
  registers: "The registers' differences are not those of the opening and the closing leaf.",
  hours: "The hours of the hire are not those that the records give.",
  days: "The hours stand on other days or shifts than the records and the shifts give.",
  quality: "How sure the hours are is told otherwise than the records tell it.",
  lines: "This line of the bill does not follow from the hours and the contract.",
  total: "The total is not the sum that the contract gives for these hours.",
  notes: "What the parties have to look at is left out or told otherwise.",
};

export function compareFigures(expected: StatementFigures, found: unknown, answers: Answers): void {
  for (const [path, mine, theirs] of differences("", expected, found)) {
    const [section = "", position] = path.split(".");
    const line = section === "lines" ? expected.lines[Number(position)]?.id : undefined;
    const where: Place = { field: `figures.${path}`, ...(line !== undefined && { line }) };
    const means = SECTION_MEANS[section as keyof StatementFigures];
    answers.failed("tariff mismatch", {
      where,
      expected: textOf(mine),
      found: textOf(theirs),
      ...(means !== undefined && { means }),
    });
  }
}

type Difference = readonly [path: string, expected: unknown, found: unknown];

function* differences(path: string, expected: unknown, found: unknown): Generator<Difference> {
  const mine = membersOf(expected);
  const theirs = membersOf(found);
  if (mine === null || theirs === null || Array.isArray(expected) !== Array.isArray(found)) {
    if (!Object.is(expected, found)) yield [path, expected, found];
    return;
  }
  for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
    yield* differences(path === "" ? key : `${path}.${key}`, mine.get(key), theirs.get(key));
  }
}

function membersOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== "object" || value === null) return null;
  return new Map(Object.entries(value).filter(([, member]) => member !== undefined));
}

function textOf(value: unknown): string {
  if (value === undefined) return "nothing";
  return typeof value === "string" ? value : JSON.stringify(value);
}
