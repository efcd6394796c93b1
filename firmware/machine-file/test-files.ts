// What the tests of the machine file share: a good file, one change in it, and what is said of
// that.

import { fileURLToPath } from "node:url";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { readTextFile } from "../host/files.ts";
import type { Machine } from "./machine.ts";
import { type ParsedMachineFile, parseMachineFile } from "./parse-machine-file.ts";
import { standInDrivers } from "./stand-in-drivers.ts";

function read(path: string): string {
  return readTextFile(fileURLToPath(new URL(path, import.meta.url)), 1_000_000);
}

export const GOOD = read("cases/good.yaml");
/** Uses each key of the sections `usage`, `time` and `ledger`. */
export const EVERYTHING = read("cases/everything.yaml");
export const DEMO = read("../examples/demo/machine.yaml");

/** Blocks of `"from" -> "to"` (as JSON) and the lines that are expected when that is changed. */
export const BAD_CASES = read("cases/bad.txt")
  .split("\n\n")
  .map((block) => {
    const [change = "", ...lines] = block.trim().split("\n");
    const [from, to] = change.split(" -> ").map((text) => JSON.parse(text) as string);
    return { from: from!, to: to!, lines };
  });

export function parse(text: string): ParsedMachineFile {
  return parseMachineFile(text, "m.yaml", standInDrivers);
}

export function problemsOf(text: string): readonly string[] {
  const result = parse(text);
  return "problems" in result ? result.problems.map(formatProblem) : [];
}

export function warningsOf(text: string): readonly string[] {
  const result = parse(text);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.warnings.map(formatProblem);
}

export function machineOf(text: string): Machine {
  const result = parse(text);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.machine;
}

export function changed(old: string, replacement: string): string {
  if (!GOOD.includes(old)) throw new Error(`the good file has no ${old}`);
  return GOOD.replace(old, () => replacement);
}
