// Templates: the register lists of real devices, as tables that `telltale tags import` takes. The
// lines above the table say whose device it is and where each row was read.

import { type CsvTable, parseCsv } from "../../drivers/shared/csv.ts";
import { closest, didYouMean } from "../../runtime/schema/suggest.ts";
import { Fault } from "../../runtime/signal/fault.ts";

export interface DeviceTemplate {
  /** The name of its file, without the ending. */
  readonly name: string;
  readonly maker: string;
  readonly model: string;
  readonly what: string;
  /** In words: many a source does not say it. */
  readonly unitId: string;
  readonly serial: string;
  readonly note: string;
  /** By the letter that the rows name. */
  readonly sources: ReadonlyMap<string, string>;
  readonly rows: readonly TemplateRow[];
  readonly table: CsvTable;
}

export interface TemplateRow {
  readonly name: string;
  /**
   * `verified`: read in the maker's document, or in two independent sources that agree. Nobody has
   * held it against a device.
   */
  readonly status: "verified" | "unverified";
  readonly sources: readonly string[];
}

/** Columns that are about the row, not of the signal. */
const OWN_COLUMNS: ReadonlySet<string> = new Set(["status", "source"]);

const HEADER = /^# ([a-zA-Z]+)(?: ([A-Z]))?: (.*)$/;

/** @throws Fault SETTING_INVALID: a template of ours or of somebody's that is none. */
export function parseTemplate(name: string, text: string): DeviceTemplate {
  const lines = text.split("\n");
  const headLines = lines.findIndex((line) => !line.startsWith("#"));
  const head = new Map<string, string>();
  const sources = new Map<string, string>();
  for (const line of lines.slice(0, headLines)) {
    const match = HEADER.exec(line);
    if (match === null) throw invalid(name, `has a line above the table that is none: ${line}`);
    const [, key, letter, words] = match;
    if (key === "source" && letter !== undefined) sources.set(letter, words!);
    else head.set(key!, words!);
  }
  const table = parseCsv(lines.slice(headLines).join("\n"), name);
  const rows = table.rows.map(({ cells }): TemplateRow => {
    const row = cells["name"] ?? "";
    const status = cells["status"];
    if (status !== "verified" && status !== "unverified") {
      throw invalid(name, `row ${row}: the status is neither verified nor unverified`);
    }
    const letters = (cells["source"] ?? "").split(" ").filter((letter) => letter !== "");
    const unknown = letters.find((letter) => !sources.has(letter));
    if (letters.length === 0 || unknown !== undefined) {
      throw invalid(name, `row ${row}: names no source, or one that is not above the table`);
    }
    return { name: row, status, sources: letters };
  });
  const said = (key: string) => head.get(key) ?? "";
  const [maker, model, what] = [said("maker"), said("model"), said("what")];
  const [unitId, serial, note] = [said("unitId"), said("serial"), said("note")];
  return { name, maker, model, what, unitId, serial, note, sources, rows, table };
}

export interface TemplateChoice {
  readonly device: string;
  readonly prefix: string;
  /** Names of rows; null for all. */
  readonly only: readonly string[] | null;
}

/** The rows as a table of tags for one device. @throws Fault SETTING_INVALID */
export function tagsOfTemplate(template: DeviceTemplate, choice: TemplateChoice): CsvTable {
  const names = template.rows.map(({ name }) => name);
  const wrong = choice.only?.find((name) => !names.includes(name));
  if (wrong !== undefined) {
    const message = `--only ${wrong}: the template ${template.name} has no such row`;
    const remedy = `${didYouMean(wrong, names).slice(2)} its rows are ${names.join(", ")}`.trim();
    throw new Fault("SETTING_INVALID", message, remedy);
  }
  const { columns, rows } = template.table;
  return {
    columns: ["device", ...columns.filter((column) => !OWN_COLUMNS.has(column))],
    rows: rows
      .filter(({ cells }) => choice.only === null || choice.only.includes(cells["name"] ?? ""))
      .map(({ line, cells }) => ({
        line,
        cells: {
          ...cells,
          device: choice.device,
          name: prefixed(choice.prefix, cells["name"] ?? ""),
        },
      })),
  };
}

/** `pump` and `powerL1` become `pumpPowerL1`. */
function prefixed(prefix: string, name: string): string {
  return prefix === "" ? name : `${prefix}${name[0]!.toUpperCase()}${name.slice(1)}`;
}

/** @throws Fault SETTING_INVALID, with the name that was probably meant. */
export function chooseTemplate(
  name: string,
  templates: ReadonlyMap<string, string>,
): DeviceTemplate {
  const text = templates.get(name);
  if (text !== undefined) return parseTemplate(name, text);
  const names = [...templates.keys()];
  const near = closest(name, names) ?? names.find((known) => known.includes(name));
  const hint = near === undefined ? "" : `; did you mean "${near}"?`;
  const message = `there is no template "${name}"${hint}`;
  throw new Fault("SETTING_INVALID", message, "`telltale templates` lists them");
}

function invalid(name: string, what: string): Fault {
  const message = `the template ${name} ${what}`;
  return new Fault("SETTING_INVALID", message, "report it: a template is part of Telltale");
}
