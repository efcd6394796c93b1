// One entry of a section (a bus, a device, a signal, a waveform) is written as one map, but belongs
// to two: some keys are the same everywhere, the others are the driver's. This parts them and
// checks both.

import { type Checker, check, KeyFinder } from "../../runtime/schema/issues.ts";
import type { Path } from "../../runtime/schema/problem.ts";
import { name as nameSchema, type Schema } from "../../runtime/schema/schema.ts";
import { isSecretKey } from "../../runtime/schema/secrets.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";

export type YamlMap = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is YamlMap {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The named entries of a section in the file's order; a section that is empty has none. */
export function entriesOf(
  checker: Checker,
  section: string | readonly string[],
  value: unknown,
  entriesMax: number,
): readonly (readonly [name: string, entry: unknown])[] {
  const { tree, problems } = checker;
  const sectionPath = typeof section === "string" ? [section] : section;
  if (value === undefined || value === null) return [];
  if (!isMap(value)) {
    problems.add(tree.at(sectionPath), sectionPath, "must be a map: a name, a colon, and its keys");
    return [];
  }
  const entries = Object.entries(value);
  if (entries.length > entriesMax) {
    const message = `has ${entries.length} entries; at most ${entriesMax} are allowed`;
    problems.add(tree.keyAt(sectionPath), sectionPath, message);
  }
  for (const [name] of entries.slice(0, entriesMax)) {
    const result = nameSchema.safeParse(name);
    if (result.success) continue;
    const path = [...sectionPath, name];
    const message = () => `"${name}" ${result.error.issues[0]!.message}${camelCase(name)}`;
    problems.add(tree.keyAt(path), path, message);
  }
  return entries.slice(0, entriesMax);
}

/** `start_inhibit` was meant as `startInhibit`. */
function camelCase(name: string): string {
  const joined = name.replace(/[^A-Za-z0-9]+(.)/g, (_, letter: string) => letter.toUpperCase());
  const candidate = joined.slice(0, 1).toLowerCase() + joined.slice(1);
  return nameSchema.safeParse(candidate).success ? `, such as "${candidate}"` : "";
}

interface KeysSchema<Common> extends Schema<Common> {
  readonly shape: Readonly<Record<string, unknown>>;
}

export interface Entry<Common> {
  /** Undefined where the common keys have problems. */
  readonly common: Common | undefined;
  /** The keys that are the driver's, not yet checked. */
  readonly rest: YamlMap;
}

export function readEntry<Common>(
  checker: Checker,
  path: Path,
  value: unknown,
  wanted: KeysSchema<Common>,
): Entry<Common> {
  if (!isMap(value)) return { common: check(checker, path, value, wanted), rest: {} };
  // Without a prototype, as the tree's own maps: `__proto__` is an unknown key like any other.
  const own: Record<string, unknown> = Object.create(null);
  const rest: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(value)) {
    (Object.hasOwn(wanted.shape, key) ? own : rest)[key] = item;
  }
  return { common: check(checker, path, own, wanted), rest };
}

/** Checks the driver's part; a key that neither side knows may be a slip for one of either. */
export function readSettings(
  checker: Checker,
  path: Path,
  rest: YamlMap,
  wanted: Schema<unknown>,
  commonKeys: readonly string[],
): unknown {
  const finder = new KeyFinder(wanted, commonKeys);
  const known: Record<string, unknown> = Object.create(null);
  for (const [key, item] of Object.entries(rest)) {
    if (finder.open || finder.keys().includes(key)) {
      known[key] = item;
    } else if (!isSecretKey(key)) {
      const keyPath = [...path, key];
      const message = () => `unknown key "${key}"${didYouMean(key, finder.keys())}`;
      checker.problems.add(checker.tree.keyAt(keyPath), keyPath, message);
    }
  }
  return check(checker, path, known, wanted, commonKeys);
}

/** Finds what a name refers to; a name that nothing has is a problem with a suggestion. */
export function resolve<Target>(
  checker: Checker,
  path: Path,
  kind: string,
  name: string,
  targets: ReadonlyMap<string, Target>,
): Target | undefined {
  const target = targets.get(name);
  if (target !== undefined) return target;
  checker.problems.add(checker.tree.at(path), path, () => {
    const hint = didYouMean(name, [...targets.keys()]);
    return `unknown ${kind} "${name}"${hint || (targets.size === 0 ? `; there are none` : "")}`;
  });
  return undefined;
}
