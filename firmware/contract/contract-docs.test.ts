// The documentation of the contract file is true: its example is the one that is written, its
// pieces are good, and every key stands in it.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readContract } from "../../runtime/ledger/contract-file.ts";
import * as keys from "../../runtime/ledger/contract-keys.ts";
import { EXAMPLE_CONTRACT } from "../../runtime/ledger/example-contract.ts";
import { inputSchema, type JsonSchema } from "../../runtime/schema/issues.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";

const page = readFileSync(new URL("../../docs/contract.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block!);

function said(text: string): readonly string[] {
  const result = readContract(text, "contract.yaml");
  return ("problems" in result ? result.problems : result.warnings).map(formatProblem);
}

test("the example is what `telltale contract new` writes, and good without a warning", () => {
  expect(blocks[0]).toBe(EXAMPLE_CONTRACT);
  expect(said(blocks[0]!)).toEqual([]);
});

test("the piece about double and triple shift fits into it", () => {
  expect(blocks).toHaveLength(2);
  expect(said(EXAMPLE_CONTRACT.replace("  minimum:", `${blocks[1]}  minimum:`))).toEqual([]);
});

test("the mistake that is shown is said so", () => {
  const line = /^contract\.yaml:.*$/m.exec(page)?.[0];
  expect(said(EXAMPLE_CONTRACT.replace("Europe/Berlin", "Europe/Berln"))).toEqual([line]);
});

test("every key is explained", () => {
  const schemas = [
    keys.contractKeys,
    keys.partiesKeys,
    keys.partyKeys,
    keys.machineKeys,
    keys.shiftKeys,
    keys.billingKeys,
    keys.includedKeys,
    keys.rateKeys,
    keys.baseKeys,
    keys.minimumKeys,
    keys.shiftWorkKeys,
    keys.roundingKeys,
  ];
  const names = schemas.flatMap((wanted) => namesIn(inputSchema(wanted)));
  expect(names.length).toBeGreaterThan(50);
  const table = page.slice(page.indexOf("## The keys"), page.indexOf("## When it is wrong"));
  // A section's own name stands before those of its keys: `billing.rates`.
  const missing = names.filter((name) => !new RegExp(`\`(billing\\.)?${name}[\`.]`).test(table));
  expect(missing).toEqual([]);
});

function namesIn(node: JsonSchema): readonly string[] {
  const properties = (node["properties"] ?? {}) as Record<string, JsonSchema>;
  return Object.entries(properties).flatMap(([name, below]) => [name, ...namesIn(below)]);
}

test("the defaults that are named are those that hold", () => {
  const short = EXAMPLE_CONTRACT.slice(0, EXAMPLE_CONTRACT.indexOf("rounding:"));
  const result = readContract(short, "contract.yaml");
  const row = (key: string) => {
    const cells = new RegExp(`^\\| \`${key}\`.*\\| (.*?) \\|$`, "m").exec(page);
    return cells?.[1];
  };
  expect(result).toMatchObject({
    contract: {
      unknown: row("unknown"),
      badlyTimed: row("badlyTimed"),
      substitutes: row("substitutes"),
      lossBoundMs: row("lossBound") === "1h" ? 3_600_000 : Number.NaN,
      witnessAgeMaxMs: row("witnessAge") === "48h" ? 172_800_000 : Number.NaN,
      rounding: row("rounding") === "down to 1min" ? { stepMs: 60_000, way: "down" } : {},
    },
  });
});
