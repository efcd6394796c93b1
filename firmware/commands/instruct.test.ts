import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { text as textOf } from "../../runtime/ledger/bytes.ts";
import { contractHash } from "../../runtime/ledger/contract-file.ts";
import { EXAMPLE_CONTRACT } from "../../runtime/ledger/example-contract.ts";
import { parseInstruction } from "../../runtime/ledger/instruction-payload.ts";
import { verifyJws } from "../../runtime/ledger/jws.ts";
import { parseVerifierKey, type VerifierKey } from "../../runtime/ledger/keys.ts";
import { LEASE_RULES, RUNNING_STATES } from "../../runtime/ledger/lease-rules.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { registerInstruct } from "./instruct.ts";
import { registerKey } from "./key.ts";
import { type CommandOutcome, runCommand } from "./test-rig.ts";

const scratch = scratchDirectory();
afterAll(() => scratch[Symbol.dispose]());

function telltale(...args: readonly string[]): Promise<CommandOutcome> {
  return runCommand([registerInstruct, registerKey], args);
}

const make = (...args: readonly string[]) =>
  telltale("instruct", "new", ...args, "--contract", scratch.at("contract.yaml"));

const keys: VerifierKey[] = [];
beforeAll(async () => {
  writeFileSync(scratch.at("contract.yaml"), EXAMPLE_CONTRACT);
  for (const name of ["lessor", "lessee"]) {
    const { out } = await telltale(
      "key",
      "new",
      scratch.at(`${name}.pem`),
      "--name",
      `${name}.example`,
    );
    keys.push(parseVerifierKey(/^verifier key +(.*)$/m.exec(out)![1]!) as VerifierKey);
  }
});

describe("telltale instruct", () => {
  test("an instruction is written, shown and signed by one after the other", async () => {
    const note = ["--note", "at the gate", "--register", "working=12.5h,starts=3"];
    const file = scratch.at("return.json");
    const made = await make("return", ...note, "--lease", "hall-3", "--out", file);
    expect(made, made.error).toMatchObject({ status: 0, out: "" });
    const plain = readFileSync(file, "utf8");
    const instruction = parseInstruction(plain.trimEnd());
    expect(instruction).toMatchObject({
      kind: "return",
      dev: "7d1f0c52a9e84b3e8c6a5f2b90d4e713",
      lease: "hall-3",
      contract: contractHash(EXAMPLE_CONTRACT),
      registers: { working: 45_000_000, starts: 3 },
    });
    for (const name of ["lessor", "lessee"]) {
      const signed = await telltale("instruct", "sign", file, "--key", scratch.at(`${name}.pem`));
      expect(signed.status, signed.error).toBe(0);
      expect(signed.out).toContain("kind       return: the lease becomes returned");
      expect(signed.out).toContain("to sign    the lessor and the lessee");
      expect(signed.out).toContain("registers  working 12 h 30 min, starts 3");
    }
    const jws = readFileSync(file, "utf8");
    const verified = verifyJws(jws, keys);
    if (typeof verified === "string") throw new Error(verified);
    expect(verified.signers).toEqual(keys);
    expect(textOf(verified.payload)).toBe(plain.trimEnd());
    // The example's keys are other ones: nobody of that contract has signed.
    const shown = ["instruct", "show", file, "--contract", scratch.at("contract.yaml")];
    const stranger = await telltale(...shown);
    expect(stranger).toMatchObject({ status: 2, error: expect.stringContaining("nobody") });
  });

  test.each([
    ["a kind that is not there", ["delivry"], 'did you mean "delivery"'],
    ["an option of another kind", ["delivery", "--sha256", "x"], "--sha256 does not belong"],
    ["a register that is not there", ["return", "--register", "wrking=1h"], 'mean "working"'],
    ["a register without a unit", ["return", "--register", "working=12"], "cannot be read"],
    ["an offset without registers", ["offset", "--reason", "x", "--previous", "y"], "--register"],
    ["a handover to nothing", ["handover"], "needs --next-contract"],
    ["a fault without a reason", ["fault-begin"], "needs --reason"],
    ["a hash that is none", ["assent-software", "--sha256", "abc"], "sha256"],
    ["a life of years", ["delivery", "--expires", "800d"], "400 days"],
    ["a life that is none", ["delivery", "--expires", "soon"], "--expires soon"],
  ])("%s is bad input", async (_, args, complaint) => {
    const { status, out, error } = await make(...args);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(error).toContain(complaint);
    expect(error).not.toContain("    at ");
  });

  test("a file that is no instruction, or not signed, is not sent", async () => {
    const contract = await telltale("instruct", "send", scratch.at("contract.yaml"));
    expect(contract).toMatchObject({ status: 2, error: expect.stringContaining("no instruction") });
    await make("delivery", "--out", scratch.at("unsigned.json"));
    const unsigned = await telltale("instruct", "send", scratch.at("unsigned.json"));
    expect(unsigned).toMatchObject({ status: 2, error: expect.stringContaining("is not signed") });
  });
});

/** The words of docs/leasing.md for what LEASE_RULES says. */
const SIGNED_BY = {
  lessor: "lessor",
  both: "lessor, lessee",
  either: "lessor or lessee",
  "both-and-next-lessee": "lessor, lessee, next lessee",
} as const;

test("the table of docs/leasing.md is the one that holds", () => {
  const page = readFileSync(new URL("../../docs/leasing.md", import.meta.url), "utf8");
  const rows = page
    .split("\n")
    .filter((line) => /^\| `[a-z-]+` +\|.*\|.*\|.*\|/.test(line))
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter((cells) => cells.length === 7);
  const told = rows.map(([, kind, from, to, signedBy]) => [kind!.slice(1, -1), from, to, signedBy]);
  const fromWords = (from: readonly string[]) => {
    if (from.length === 7) return "any time";
    if (from.length === 6) return "any time after a delivery";
    return from.length === RUNNING_STATES.length ? "from delivered to off-hire" : from.join(", ");
  };
  const held = Object.entries(LEASE_RULES).map(([kind, { from, to, signedBy }]) => [
    kind,
    fromWords(from),
    kind === "handover" ? "accepted, under the next contract" : (to ?? "stays"),
    SIGNED_BY[signedBy],
  ]);
  expect(told).toEqual(held);
});

test("every refusal is explained", () => {
  const page = readFileSync(new URL("../../docs/leasing.md", import.meta.url), "utf8");
  const source = readFileSync(
    new URL("../../runtime/ledger/lease-book.ts", import.meta.url),
    "utf8",
  );
  const union = /export type RefusalCode =(.*?);/s.exec(source)![1]!;
  const codes = [...union.matchAll(/"([a-z-]+)"/g)].map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(10);
  expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
});
