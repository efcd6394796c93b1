// The settings of one bus, taken from a machine file or from words of the command line, for the
// commands that look at a line before the rest of the file is right.

import { Document } from "yaml";
import type { Driver } from "../../drivers/driver.ts";
import type { Checker } from "../../runtime/schema/issues.ts";
import { type Problem, ProblemList } from "../../runtime/schema/problem.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { readYaml } from "../../runtime/schema/yaml-tree.ts";
import { readBuses } from "./hardware.ts";
import { readYamlValue } from "./yaml-value.ts";

export type OneBus =
  | { readonly name: string; readonly driver: Driver; readonly settings: unknown }
  | { readonly problems: readonly Problem[] };

/** What the bus is called where no file has named it. */
const SCANNED = "bus";

/** One bus of a machine file; what is wrong elsewhere in the file does not matter here. */
export function busOfText(
  text: string,
  file: string,
  name: string,
  drivers: readonly Driver[],
): OneBus {
  const problems = new ProblemList(file);
  const tree = readYaml(text, problems);
  if (tree === null) return { problems: problems.sorted() };
  const checker: Checker = { tree, problems };
  const section = (tree.value as Readonly<Record<string, unknown>> | null)?.["buses"];
  const buses = readBuses(checker, section, drivers);
  const bus = buses.get(name);
  if (bus === undefined) {
    const names = [...buses.keys()];
    const known = names.length === 0 ? "; it has none" : `; its buses are ${names.join(", ")}`;
    const message = `the file has no bus "${name}"${didYouMean(name, names)}${known}`;
    return { problems: [{ file, line: 0, column: 0, path: "", message }] };
  }
  const prefix = `buses.${name}`;
  const ofBus = problems.sorted().filter(({ path }) => path === "" || isBelow(path, prefix));
  if (ofBus.length > 0 || bus.driver === null) return { problems: ofBus };
  return { name, driver: bus.driver, settings: bus.settings };
}

/**
 * A bus made of `key=value` words, as they stand behind `--set`. Values are YAML, as in the file;
 * `a.b=c` sets a key below a key.
 */
export function busOfWords(
  driver: string,
  words: readonly string[],
  drivers: readonly Driver[],
): OneBus {
  const document = new Document({ buses: { [SCANNED]: { driver } } });
  const problems: Problem[] = [];
  const refuse = (message: string) =>
    problems.push({ file: "--set", line: 0, column: 0, path: "", message });
  for (const word of words) {
    const at = word.indexOf("=");
    const key = word.slice(0, Math.max(0, at)).trim();
    if (key === "") {
      refuse(`"${word}" is not key=value, such as host=192.0.2.10`);
      continue;
    }
    const read = readYamlValue(word.slice(at + 1));
    if (read === null) refuse(`${key}: the value is no YAML: ${word.slice(at + 1)}`);
    else document.setIn(["buses", SCANNED, ...key.split(".")], read.value);
  }
  if (problems.length > 0) return { problems };
  const bus = busOfText(document.toString(), "--set", SCANNED, drivers);
  if (!("problems" in bus)) return bus;
  // Lines of a file that nobody wrote would only confuse.
  return {
    problems: bus.problems.map((problem) => ({
      ...problem,
      line: 0,
      column: 0,
      message: withKey(problem),
    })),
  };
}

/** What is wrong with the bus as a whole has no key. */
function withKey({ path, message }: Problem): string {
  const whole = `buses.${SCANNED}`;
  return path === whole ? message : `${path.replace(`${whole}.`, "")}: ${message}`;
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}.`);
}
