// A machine file is copied, mailed and shown; a secret in it is a secret no more. So a key that
// asks for one is an error that says where secrets belong, and its value is never repeated.

import type { Path, ProblemList } from "./problem.ts";
import type { YamlTree } from "./yaml-tree.ts";

const SECRET = /(password|passphrase|token|secret)$/i;

/** `passwordFile` and `tokenEnvironment` are no secrets: they name where one is. */
export function isSecretKey(key: unknown): boolean {
  return typeof key === "string" && SECRET.test(key);
}

const NEVER = "a secret never stands in a machine file; name a file that holds it";
const OR = "or an environment variable";

/** Below these keys stand names that people give to their signals and devices, not settings. */
const SECTIONS_OF_NAMES = new Set(["buses", "devices", "signals", "waveforms", "alarms"]);

export function reportSecrets(tree: YamlTree, problems: ProblemList): void {
  const visit = (value: unknown, path: Path): void => {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...path, index]);
      return;
    }
    const named = path.length === 1 && SECTIONS_OF_NAMES.has(String(path[0]));
    for (const [key, item] of Object.entries(value)) {
      const keyPath = [...path, key];
      if (!named && isSecretKey(key)) {
        problems.add(
          tree.keyAt(keyPath),
          keyPath,
          `${NEVER} (${key}File) ${OR} (${key}Environment)`,
        );
      } else {
        visit(item, keyPath);
      }
    }
  };
  visit(tree.value, []);
}
