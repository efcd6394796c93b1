// `telltale verify` as a person runs it: what it says, and with which status it ends.

import { spawnSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Statement } from "../../runtime/ledger/statement.ts";
import { statementBytes, statementOf } from "../../runtime/testing/ledger-forgery.ts";
import { HOUR_MS } from "../../runtime/testing/ledger-parties.ts";
import { type LivedLife, shortLife } from "../../runtime/testing/lived-life.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";

const MAIN = resolve(import.meta.dirname, "../main.ts");
const TIMEOUT_MS = 20_000;

const scratch = scratchDirectory();
let lived: LivedLife;
let statement: Statement;
let file: string;

beforeAll(() => {
  lived = shortLife();
  statement = statementOf(lived.life, lived.period.from, lived.period.to);
  file = written("march.json", statementBytes(statement));
});
afterAll(() => scratch[Symbol.dispose]());

function written(name: string, content: Uint8Array | string): string {
  writeFileSync(scratch.at(name), content);
  return scratch.at(name);
}

function verify(...given: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, "verify", ...given], {
    encoding: "utf8",
    timeout: TIMEOUT_MS,
  });
  return { status, stdout, stderr };
}

test("a valid statement ends with 0, and warnings say how to pin", () => {
  const { status, stdout } = verify(file);
  expect([status, stdout.split("\n")[0]]).toEqual([0, `${file}: valid, 2 with a warning`]);
  expect(stdout).toMatch(/WARNING replaced key.*your own copy of the contract/s);
  expect(stdout).toMatch(/in order: not a statement, signature/);
});

test("with key, contract and a kept tree head there is nothing to warn of", () => {
  const key = written("machine.vkey", `${lived.life.device.text}\n`);
  const contract = written("contract.yaml", lived.life.contractText);
  const kept = written("kept.txt", statement.closing.checkpoint);
  const given = ["--key", key, "--contract", contract, "--witnessed", kept];
  const { status, stdout } = verify(file, ...given);
  expect([status, stdout.split("\n")[0]]).toEqual([0, `${file}: valid`]);
});

test("an edited amount ends with 1 and is named, for a program as well", () => {
  const { figures } = statement;
  const total = { ...figures.total, amountMinor: figures.total.amountMinor + 1 };
  const edited = statementBytes({ ...statement, figures: { ...figures, total } });
  const { status, stdout } = verify(written("edited.json", edited), "--json");
  const { valid, answers } = JSON.parse(stdout);
  expect([status, valid]).toEqual([1, false]);
  expect(answers).toContainEqual({
    check: "tariff mismatch",
    verdict: "failed",
    where: { field: "figures.total.amountMinor" },
    expected: String(figures.total.amountMinor),
    found: String(total.amountMinor),
    means: expect.any(String),
  });
});

test("what the statement notes is repeated after the checks", () => {
  const { life, period } = lived;
  const longer = statementOf(life, period.from, period.to + 24 * HOUR_MS);
  expect(longer.figures.notes).toHaveLength(1);
  const { stdout } = verify(written("noted.json", statementBytes(longer)));
  expect(verify(file).stdout).not.toContain("to look at");
  const [, notes] = stdout.split("to look at, as the statement notes:");
  const flat = notes!.replaceAll(/\s+/g, " ");
  for (const note of longer.figures.notes) expect(flat).toContain(`- ${note}`);
});

test("a file of 100 MB and one of nothing get an answer", () => {
  const large = written("large.json", "{");
  truncateSync(large, 100_000_000);
  for (const each of [large, written("empty.json", "")]) {
    const { status, stdout } = verify(each);
    expect([status, stdout.split("\n")[0]]).toEqual([1, `${each}: NOT VALID: 1 check has failed`]);
    expect(stdout).toContain("FAILED not a statement");
  }
});

test("what cannot be read or is no key ends with 2 and a remedy", () => {
  const absent = verify(scratch.at("absent.json"));
  expect([absent.status, absent.stderr]).toEqual([2, expect.stringContaining("cannot be read")]);
  const wrong = verify(file, "--key", "nonsense");
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining("nor a file with one")]);
  for (const [content, reason] of [
    ["nonsense", "is no signed note"],
    ["", "is no signed note"],
    [statement.closing.checkpoint.trimEnd(), "is cut off"],
  ] as const) {
    const bad = verify(file, "--witnessed", written("kept-wrong.txt", content));
    expect([bad.status, bad.stdout, bad.stderr]).toEqual([2, "", expect.stringContaining(reason)]);
  }
});
