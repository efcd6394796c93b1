// What a scan found, as a piece of a machine file that somebody can paste and then rename.

import type { Driver, Found } from "../../drivers/driver.ts";
import { KeyFinder } from "../../runtime/schema/issues.ts";
import { name as nameSchema, type Schema } from "../../runtime/schema/schema.ts";
import { busKeys, deviceKeys, signalKeys } from "../machine-file/file-schema.ts";
import { yamlOf } from "../machine-file/yaml-splice.ts";

/** Which section of the file the settings of something found belong to. */
const SECTIONS = ["buses", "devices", "signals"] as const;
type Section = (typeof SECTIONS)[number];

/** What an address leads to in words is longer than any name should be. */
const NAME_LENGTH_MAX = 40;

export function snippetOf(driver: Driver, bus: string, found: readonly Found[]): string {
  const lines: Readonly<Record<Section, string[]>> = { buses: [], devices: [], signals: [] };
  const names = new Set<string>();
  for (const { where, what, settings } of found) {
    if (Object.keys(settings).length === 0) continue;
    const section = sectionOf(driver, settings);
    const own = {
      buses: { driver: driver.name, ...settings },
      devices: { bus, ...settings },
      signals: { device: "NAME", ...settings },
    }[section];
    const entry = yamlOf({ [nameOf(where, names)]: own }, true).trimEnd();
    lines[section].push(`  # ${oneLine(`${where}: ${what}`)}`, entry.replace(/^/gm, "  "));
  }
  return SECTIONS.filter((section) => lines[section].length > 0)
    .map((section) => `${section}:\n${lines[section].join("\n")}\n`)
    .join("");
}

/** The first where every key is known: a unit id is a device's, a line of a chip a signal's. */
function sectionOf(driver: Driver, settings: Readonly<Record<string, unknown>>): Section {
  const keys = Object.keys(settings);
  const knows = (schema: Schema<unknown>, common: object) => {
    const known = new KeyFinder(schema, Object.keys(common)).keys();
    return keys.every((key) => known.includes(key));
  };
  if (knows(driver.device, deviceKeys.shape)) return "devices";
  if (knows(driver.point, signalKeys.shape)) return "signals";
  return knows(driver.bus, busKeys.shape) ? "buses" : "devices";
}

/** `unit 3` becomes `unit3`, a second one `unit3b2`; what gives no name is `found`. */
function nameOf(where: string, taken: Set<string>): string {
  const [first = "", ...rest] = where.match(/[A-Za-z0-9]+/g) ?? [];
  const words = rest.map((word) => word[0]!.toUpperCase() + word.slice(1));
  const joined = `${first.toLowerCase()}${words.join("")}`.slice(0, NAME_LENGTH_MAX);
  const base = nameSchema.safeParse(joined).success ? joined : "found";
  let name = base;
  for (let number = 2; taken.has(name); number++) name = `${base}b${number}`;
  taken.add(name);
  return name;
}

/** What a device says of itself must not begin a line of its own. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
