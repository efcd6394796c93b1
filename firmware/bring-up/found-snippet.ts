// What a scan found, as a piece of a machine file that somebody can paste and then name.

import type { Driver, Found } from "../../drivers/driver.ts";
import { KeyFinder } from "../machine-file/issues.ts";
import { yamlOf } from "../machine-file/yaml-splice.ts";

/** Which section of the file the settings of something found belong to. */
type Section = "devices" | "signals" | "buses";

export function snippetOf(driver: Driver, bus: string, found: readonly Found[]): string {
  const sections: Readonly<Record<Section, string[]>> = { buses: [], devices: [], signals: [] };
  let number = 0;
  for (const { where, what, settings } of found) {
    if (Object.keys(settings).length === 0) continue;
    const section = sectionOf(driver, settings);
    number += 1;
    const [name, entry] = {
      devices: [`device${number}`, { bus, ...settings }],
      signals: [`signal${number}`, { device: "NAME", ...settings }],
      buses: [`bus${number}`, { driver: driver.name, ...settings }],
    }[section];
    const lines = yamlOf({ [name as string]: entry }).trimEnd();
    sections[section].push(`  # ${oneLine(`${where}: ${what}`)}`, lines.replace(/^/gm, "  "));
  }
  return Object.entries(sections)
    .filter(([, lines]) => lines.length > 0)
    .map(([section, lines]) => `${section}:\n${lines.join("\n")}\n`)
    .join("");
}

/** The first whose schema knows every key: a unit id is a device's, a line of a chip a signal's. */
function sectionOf(driver: Driver, settings: Readonly<Record<string, unknown>>): Section {
  const keys = Object.keys(settings);
  const knows = (schema: Driver["device"]) => {
    const known = new KeyFinder(schema).keys();
    return keys.every((key) => known.includes(key));
  };
  if (knows(driver.device)) return "devices";
  if (knows(driver.point)) return "signals";
  return knows(driver.bus) ? "buses" : "devices";
}

/** What a device says of itself must not begin a line of its own. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
