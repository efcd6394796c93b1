// `telltale ledger` as a person meets it: of a copied file, and of an instance over its stream.

import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { MemorySource, serve } from "../../protocols/stream/test-rig.ts";
import { openLedgerCopy } from "../../runtime/ledger-store/ledger-copy.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { writeKeptLedger } from "../../runtime/testing/kept-ledger.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { hostTimers } from "../host/timers.ts";
import { ledgerAnswer } from "../meter/ledger-answers.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

function telltale(...args: readonly string[]) {
  return new Promise<{ status: number; out: string; error: string }>((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_failure, out, error) =>
      resolve({ status: child.exitCode ?? -1, out, error }),
    );
  });
}

describe("telltale ledger", () => {
  test("shows a copied file, and verifies it from end to end", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    await writeKeptLedger(path, 40);
    const { status, out, error } = await telltale("ledger", "--ledger", path, "--verify");
    expect({ status, error }).toEqual({ status: 0, error: "" });
    expect(out).toContain("40 leaves; the newest checkpoint has 40, signed by");
    expect(out).toMatch(/ 39 {2}2026-01-01T09:45:00Z S {2}TICK {2}WORKING\n/);
    expect(out).toContain("all 40 leaves follow one another, and the device signed their tree");
  });

  test("shows the same of an instance, over its stream", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("ledger.sqlite");
    await writeKeptLedger(path, 1_100);
    const copy = openLedgerCopy(path);
    const source = new MemorySource(new FakeClock());
    source.answer = async (what, args) => {
      expect(what).toBe("ledger");
      return JSON.parse(await ledgerAnswer(copy, args));
    };
    await using serving = await serve(source, hostTimers);
    const there = await telltale("ledger", "--url", serving.url, "--verify", "--json");
    const here = await telltale("ledger", "--ledger", path, "--verify", "--json");
    copy.close();
    expect(there).toEqual(here);
    expect(JSON.parse(there.out)).toMatchObject({
      facts: { size: 1_100 },
      checkpoint: { size: 1_100 },
      verified: { leaves: 1_100, problems: [] },
    });
  });

  test("refuses a file that is none, and two ledgers at once", async () => {
    using scratch = scratchDirectory();
    const missing = await telltale("ledger", "--ledger", scratch.at("none.sqlite"));
    expect(missing).toMatchObject({ status: 2, out: "" });
    expect(missing.error).toContain("cannot be read as a ledger");
    const both = await telltale("ledger", "--ledger", "a", "--data", "b");
    expect(both).toMatchObject({ status: 2, out: "" });
  });
});
