// The table of driver × place, made from the reports of the rig and from nothing else. Each driver
// is a row and each place a column, whether or not anything was run there.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PLACES, type PlaceName } from "./place.ts";
import type { RunReport, ScenarioReport } from "./report.ts";

export function readReports(directory: string): ReadonlyMap<PlaceName, RunReport> {
  const reports = PLACES.flatMap((place): readonly (readonly [PlaceName, RunReport])[] => {
    const file = join(directory, `${place}.json`);
    if (!existsSync(file)) return [];
    return [[place, JSON.parse(readFileSync(file, "utf8")) as RunReport]];
  });
  return new Map(reports);
}

/** In Markdown, with the reasons below the table. */
export function tableOf(
  drivers: readonly string[],
  reports: ReadonlyMap<PlaceName, RunReport>,
): string {
  const rows = drivers.map((driver) => [
    driver,
    ...PLACES.map((place) => cellOf(driver, reports.get(place))),
  ]);
  const lines = [["driver", ...PLACES], ...rows];
  const widths = lines[0]!.map((_, column) =>
    Math.max(...lines.map((line) => line[column]!.length)),
  );
  const text = ([first, ...rest]: readonly (readonly string[])[]) =>
    [first!, widths.map((width) => "-".repeat(width)), ...rest]
      .map(
        (cells) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`,
      )
      .join("\n");
  const reasons = PLACES.flatMap((place) => reasonsAt(place, reports.get(place)));
  return `${text(lines)}\n\n${[...runsOf(reports), ...reasons].join("\n")}\n`;
}

function cellOf(driver: string, report: RunReport | undefined): string {
  if (report === undefined) return "not run: no report";
  const scenarios = report.scenarios.filter((scenario) => scenario.driver === driver);
  if (scenarios.length === 0) return "not run: no scenario";
  const counts = (["passed", "failed", "not run"] as const).flatMap((outcome) => {
    const count = scenarios.filter((scenario) => scenario.outcome === outcome).length;
    return count === 0 ? [] : [`${count} ${outcome}`];
  });
  return counts.join(", ");
}

function runsOf(reports: ReadonlyMap<PlaceName, RunReport>): readonly string[] {
  return [...reports.values()].map(
    ({ place, seed, at, versions }) =>
      `${place}: seed ${seed}, ${at}, ${Object.entries(versions).flat().join(" ")}`,
  );
}

/** One line for each reason, with how many scenarios it kept from being run. */
function reasonsAt(place: PlaceName, report: RunReport | undefined): readonly string[] {
  const notPassed = (report?.scenarios ?? []).filter(({ outcome }) => outcome !== "passed");
  const byReason = Map.groupBy(notPassed, reasonOf);
  return [...byReason].map(([reason, { length }]) => `${place}, ${length} ${reason}`);
}

function reasonOf({ driver, name, outcome, why }: ScenarioReport): string {
  if (outcome === "not run") return `not run: ${why}`;
  return `failed: ${driver}: ${name}: ${why.split("\n")[0]}`;
}
