// Turns what the schema library finds into sentences at a line and column. The library's own words
// ("Invalid input: expected number, received string") tell nobody what to write instead.

import type { Path, ProblemList } from "./problem.ts";
import { type Schema, schema } from "./schema.ts";
import { isSecretKey } from "./secrets.ts";
import { closest, didYouMean } from "./suggest.ts";
import type { YamlTree } from "./yaml-tree.ts";

type Issue = InstanceType<typeof schema.ZodError>["issues"][number];

export interface Checker {
  readonly tree: YamlTree;
  readonly problems: ProblemList;
}

/** The value as the schema makes it, or undefined after its problems were listed. */
export function check<Value>(
  checker: Checker,
  path: Path,
  value: unknown,
  wanted: Schema<Value>,
  /** Keys that stand beside those of `wanted` but belong to another schema. */
  otherKeys: readonly string[] = [],
): Value | undefined {
  const result = wanted.safeParse(value, { error: (issue) => sentence(issue as RawIssue) });
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    report(checker, path, value, issue, new KeyFinder(wanted, otherKeys));
  }
  return undefined;
}

export interface RawIssue {
  readonly code: string;
  readonly input?: unknown;
  readonly [detail: string]: unknown;
}

/** What is said of whatever a schema wants and nobody wrote. */
export const IS_MISSING = "is missing";

/** What is said where a schema brings no words of its own. */
export function sentence(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return wrongType(String(issue["expected"]), issue.input);
    case "invalid_value": {
      const values = issue["values"] as readonly unknown[];
      if (issue.input === undefined) return IS_MISSING;
      const list = values.map((value) => JSON.stringify(value)).join(", ");
      const words = values.filter((value) => typeof value === "string");
      const guess = typeof issue.input === "string" ? closest(issue.input, words) : undefined;
      const hint = guess === undefined ? "" : `; did you mean "${guess}"?`;
      return `${values.length === 1 ? "must be" : "must be one of"} ${list}${hint}`;
    }
    case "too_small":
      return `must be ${bound(issue, issue["minimum"], "at least", "more than")}`;
    case "too_big":
      return `must be ${bound(issue, issue["maximum"], "at most", "less than")}`;
    case "invalid_format":
      return `must fit the pattern ${String(issue["pattern"] ?? issue["format"])}`;
    case "not_multiple_of":
      return `must be a multiple of ${String(issue["divisor"])}`;
    default:
      return undefined;
  }
}

function bound(issue: RawIssue, limit: unknown, including: string, excluding: string): string {
  const words = `${issue["inclusive"] === false ? excluding : including} ${String(limit)}`;
  if (issue["origin"] === "array") return `a list of ${words} items`;
  return issue["origin"] === "string" ? `text of ${words} characters` : words;
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "a map of keys",
  record: "a map of keys",
};

function wrongType(expected: string, input: unknown): string {
  if (input === undefined) return IS_MISSING;
  const noun = NOUNS[expected] ?? expected;
  if (input === null) return `is empty; it must be ${noun}`;
  if (expected === "string" && typeof input !== "object") return "must be text; put it in quotes";
  if (typeof input === "string" && /^-?\d+(\.\d+)?$/.test(input)) {
    return `must be ${noun}; write it without quotes`;
  }
  return `must be ${noun}`;
}

/** The value as a message shows it: short, and never the inside of a map or list. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "the list";
  if (typeof value === "object" && value !== null) return "the map";
  const text = JSON.stringify(value) ?? "";
  if (typeof value === "number") return String(value);
  return text.length > 50 ? `${text.slice(0, 46)}…"` : text;
}

/** What stands at a path of plain values; undefined where nothing does. */
function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = (current as Record<PropertyKey, unknown>)[step];
  }
  return current;
}

function report(
  checker: Checker,
  base: Path,
  root: unknown,
  issue: Issue,
  finder: KeyFinder,
): void {
  const { tree, problems } = checker;
  const steps = issue.path.filter((step) => typeof step !== "symbol");
  const path = [...base, ...steps];
  if (steps.some(isSecretKey)) return;
  if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) {
      const keyPath = [...path, key];
      const known = () => `unknown key "${key}"${didYouMean(key, finder.keys(steps))}`;
      if (!isSecretKey(key)) problems.add(tree.keyAt(keyPath), keyPath, known);
    }
    return;
  }
  if (issue.code === "invalid_key") {
    const message = issue.issues[0]?.message ?? issue.message;
    problems.add(tree.keyAt(path), path, `"${String(steps.at(-1))}" ${message}`);
    return;
  }
  const value = valueAt(root, steps);
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    reportUnion(checker, base, root, issue, finder);
    return;
  }
  const at = value === undefined ? tree.keyAt(path) : tree.at(path);
  problems.add(at, path, () => complete(issue.message, value, tree.written(path)));
}

/** "is not a duration" becomes `"5 sec" is not a duration`; a map or list is too long to show. */
function complete(message: string, value: unknown, written: string | undefined): string {
  if (value === undefined || typeof value === "object") return message;
  const text = typeof value === "number" && written !== undefined ? written : shown(value);
  if (/^(is|has) /.test(message)) return `${text} ${message}`;
  // A remedy after the semicolon says more than the value.
  return message.startsWith("must ") && !message.includes(";")
    ? `${message}, not ${text}`
    : message;
}

/** Of several shapes the one was meant that the fewest complaints stand against. */
function reportUnion(
  checker: Checker,
  base: Path,
  root: unknown,
  issue: Extract<Issue, { code: "invalid_union" }>,
  finder: KeyFinder,
): void {
  const steps = issue.path.filter((step) => typeof step !== "symbol");
  const path = [...base, ...steps];
  const value = valueAt(root, steps);
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  const cost = (branch: readonly Issue[]) => {
    let sum = 0;
    for (const found of branch) {
      // What is wrong at the top speaks against the shape; what is wrong within it, hardly.
      const atTop = found.path.length === 0;
      if (found.code === "unrecognized_keys") sum += (atTop ? 100 : 1) * found.keys.length;
      else sum += atTop ? 1_000 : 1;
    }
    return sum;
  };
  const costs = issue.errors.map((branch) => cost(branch as readonly Issue[]));
  const least = Math.min(...costs);
  const best = issue.errors.filter((_, index) => costs[index] === least);
  const keys = finder.keys(steps);
  if (best.length === 1) {
    for (const found of best[0]! as readonly Issue[]) {
      report(checker, base, root, { ...found, path: [...steps, ...found.path] } as Issue, finder);
    }
    return;
  }
  const at = value === undefined ? checker.tree.keyAt(path) : checker.tree.at(path);
  if (isMap && keys.length > 0) {
    const unknown = Object.keys(value).filter((key) => !keys.includes(key) && !isSecretKey(key));
    for (const key of unknown) {
      const keyPath = [...path, key];
      const message = () => `unknown key "${key}"${didYouMean(key, keys)}`;
      checker.problems.add(checker.tree.keyAt(keyPath), keyPath, message);
    }
    const choices = finder.requiredKeys(steps);
    const has = Object.keys(value).filter((key) => choices.includes(key));
    const message = has.length > 1 ? `has ${has.join(" and ")} where one belongs` : "";
    // One unknown key is most likely the one that is missing.
    if (unknown.length === 1 && message === "") return;
    checker.problems.add(at, path, message || `needs one of ${choices.join(", ")}`);
    return;
  }
  const nouns = best.flatMap((branch) => branch.map((found) => found.message));
  const message = value === undefined ? "is missing" : [...new Set(nouns)].join("; or ");
  checker.problems.add(at, path, () => complete(message, value, checker.tree.written(path)));
}

export type JsonSchema = Readonly<Record<string, unknown>>;

/** One per schema: a thousand signals share the schema of their driver. */
const jsonSchemas = new WeakMap<Schema<unknown>, JsonSchema>();

/** Which keys a schema knows, at its top or deeper; read from its JSON Schema. */
export class KeyFinder {
  readonly #wanted: Schema<unknown>;
  readonly #otherKeys: readonly string[];

  constructor(wanted: Schema<unknown>, otherKeys: readonly string[] = []) {
    this.#wanted = wanted;
    this.#otherKeys = otherKeys;
  }

  get #root(): JsonSchema {
    let json = jsonSchemas.get(this.#wanted);
    if (json === undefined) {
      json = inputSchema(this.#wanted);
      jsonSchemas.set(this.#wanted, json);
    }
    return json;
  }

  keys(path: readonly (string | number)[] = []): readonly string[] {
    const keys = this.#nodesAt(path).flatMap((node) =>
      Object.keys((node["properties"] as object | undefined) ?? {}),
    );
    return [...new Set(path.length === 0 ? [...keys, ...this.#otherKeys] : keys)];
  }

  /** Of several shapes, the keys that one or another cannot do without. */
  requiredKeys(path: readonly (string | number)[]): readonly string[] {
    const keys = this.#nodesAt(path).flatMap(
      (node) => (node["required"] as readonly string[] | undefined) ?? [],
    );
    return [...new Set(keys)];
  }

  #nodesAt(path: readonly (string | number)[]): readonly JsonSchema[] {
    let nodes = this.#branches(this.#root);
    for (const step of path) {
      nodes = nodes.flatMap((node) => {
        const next =
          typeof step === "number"
            ? node["items"]
            : ((node["properties"] as JsonSchema | undefined)?.[step] ??
              node["additionalProperties"]);
        return typeof next === "object" && next !== null ? this.#branches(next as JsonSchema) : [];
      });
    }
    return nodes;
  }

  /** Whether the schema takes keys that it does not name. */
  get open(): boolean {
    return this.#branches(this.#root).some(
      (node) => typeof node["additionalProperties"] === "object" || node["type"] !== "object",
    );
  }

  #branches(node: JsonSchema): readonly JsonSchema[] {
    const below = ["anyOf", "oneOf", "allOf"].flatMap(
      (word) => (node[word] as readonly JsonSchema[] | undefined) ?? [],
    );
    const reference = node["$ref"];
    if (typeof reference === "string") {
      const definitions = this.#root["$defs"] as Record<string, JsonSchema> | undefined;
      const target = definitions?.[reference.replace("#/$defs/", "")];
      if (target) below.push(target);
    }
    const deeper = below.flatMap((branch) => this.#branches(branch));
    return below.length === 0 || node["properties"] ? [node, ...deeper] : deeper;
  }
}

/** What a person writes, as JSON Schema: durations are text there, defaults may be left out. */
export function inputSchema(wanted: Schema<unknown>): JsonSchema {
  return schema.toJSONSchema(wanted, { io: "input", unrepresentable: "any" }) as JsonSchema;
}
