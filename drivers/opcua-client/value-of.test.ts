// The words for a status are the standard's own: a name that is misspelled would never match.

import { StatusCodes } from "node-opcua";
import { expect, test } from "vitest";
import { agedReading, REASON_OF_STATUS } from "./value-of.ts";

test("every status that has a reason exists", () => {
  const unknown = Object.keys(REASON_OF_STATUS).filter((name) => !(name in StatusCodes));
  expect(unknown).toEqual([]);
});

test("an age that nobody can tell is not taken for a fresh value", () => {
  const now = new Date(1_000_000);
  const at = (agoMs: number) => new Date(now.getTime() - agoMs);
  expect(agedReading("x", at(5_000), now, 5_000)).toBeNull();
  expect(agedReading("x", at(-60_000), now, 5_000)).toBeNull();
  expect(agedReading("x", at(5_001), now, 5_000)).toMatchObject({ reason: "stale" });
  expect(agedReading("x", null, now, 5_000)).toMatchObject({ reason: "stale" });
  expect(agedReading("x", at(0), null, 5_000)).toMatchObject({ reason: "stale" });
});
