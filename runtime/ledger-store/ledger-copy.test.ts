// A copied ledger: it answers as the running one does, and what was changed in it is found.

import { copyFileSync, writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkWholeLedger } from "../ledger/whole-ledger.ts";
import { KEPT_CONTROLLER, writeKeptLedger } from "../testing/kept-ledger.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { openLedgerCopy } from "./ledger-copy.ts";

const LEAVES = 1_203;

// Made once: each test has a copy of its own.
const made = scratchDirectory();
const original = made.at("ledger.sqlite");
let note = "";
beforeAll(async () => {
  note = await writeKeptLedger(original, LEAVES);
});
afterAll(() => made[Symbol.dispose]());

/** Changes what the triggers keep from being changed. */
function change(path: string, sql: string): void {
  const database = new Database(path);
  const triggers = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
  for (const name of triggers.pluck().all()) database.exec(`DROP TRIGGER ${name}`);
  database.exec(sql);
  database.close();
}

describe("a copy", () => {
  test("says of itself what its first leaf says, and holds together", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("copy.sqlite");
    copyFileSync(original, path);
    const copy = openLedgerCopy(path);
    expect(await copy.facts()).toEqual({
      controller: KEPT_CONTROLLER,
      origin: `telltale/usage/${KEPT_CONTROLLER}`,
      key: expect.stringMatching(/^telltale\/usage\/.*\+[0-9a-f]{8}\+/),
      segment: 1,
      size: LEAVES,
    });
    expect(await copy.freshCheckpoint()).toBe(note);
    expect(await copy.leaves(LEAVES - 1, 10)).toHaveLength(1);
    expect(await checkWholeLedger(copy)).toEqual({ leaves: LEAVES, problems: [] });
    copy.close();
  });

  test.each([
    [
      "a register",
      `UPDATE leaves SET text = replace(text, '"working":450000000', '"working":450000001')`,
      ["leaf 501 does not follow the leaf before it", expect.stringContaining("has the root")],
    ],
    [
      "the last leaf",
      `UPDATE leaves SET text = replace(text, '"ovl":false', '"ovl":true')
       WHERE seq = ${LEAVES - 1}`,
      [expect.stringContaining("has the root")],
    ],
    [
      "the form of a leaf",
      "UPDATE leaves SET text = text || ' ' WHERE seq = 7",
      ["leaf 7 is none: its text is not canonical JSON", expect.stringContaining("has the root")],
    ],
    [
      "the number of leaves",
      "DELETE FROM leaves WHERE seq > 1000",
      ["1203 leaves were signed, and 1001 are there"],
    ],
    [
      "the order",
      `UPDATE leaves SET seq = 9999 WHERE seq = 3;
       UPDATE leaves SET seq = 3 WHERE seq = 4;
       UPDATE leaves SET seq = 4 WHERE seq = 9999`,
      ["leaf 3 says that it is leaf 4", expect.stringContaining("has the root")],
    ],
    [
      "the signed head",
      "UPDATE checkpoints SET note = replace(note, '/0123456789', '/0123456780')",
      [
        "the device's key did not sign the checkpoint",
        expect.stringMatching(/^the checkpoint is of telltale\/usage\/0123456780.*, not of/),
      ],
    ],
  ])("in which somebody changed %s is found out", async (_, sql, problems) => {
    using scratch = scratchDirectory();
    const path = scratch.at("copy.sqlite");
    copyFileSync(original, path);
    change(path, sql);
    const copy = openLedgerCopy(path);
    const found = await checkWholeLedger(copy);
    copy.close();
    expect(found.problems).toEqual(problems);
  });

  test("that is no ledger is refused with its name", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("copy.sqlite");
    const refused = expect.objectContaining({
      code: "SETTING_INVALID",
      message: expect.stringContaining(path),
    });
    expect(() => openLedgerCopy(path)).toThrow(refused);
    writeFileSync(path, "no database at all, but long enough to be looked at as if it were one");
    expect(() => openLedgerCopy(path)).toThrow(refused);
    writeFileSync(path, "");
    expect(() => openLedgerCopy(path)).toThrow(refused);
  });
});
