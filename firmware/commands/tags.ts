// `telltale tags`: the signals of a machine file as a table for a spreadsheet, and a table, or a
// template of a device, as signals of a machine file.

import type { Command } from "commander";
import { type CsvTable, formatCsv, parseCsv } from "../../drivers/shared/csv.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { drivers } from "../drivers.ts";
import { templateTexts } from "../host/assets.ts";
import { readTextFile, replaceKeepingOld } from "../host/files.ts";
import { chooseTemplate, tagsOfTemplate } from "../machine-file/device-template.ts";
import { MACHINE_FILE_BYTES_MAX } from "../machine-file/load.ts";
import { entryNames, importTags, type TagChange, tagsOf } from "../machine-file/tags.ts";
import { CannotSplice } from "../machine-file/yaml-splice.ts";
import { EXIT, terminal } from "./terminal.ts";

/** 1,000 signals of 500 characters, several times over. */
const TABLE_BYTES_MAX = 4 * 1024 * 1024;

const EXPORT_HELP = `
A row is a signal, a column a key; register.type is the key type below register. A text that a
spreadsheet would take for a formula (it begins with = + - @) has a ' before it, which the import
takes away again.

Example:
  telltale tags export machine.yaml > tags.csv`;

const IMPORT_HELP = `
A row changes the signal of its name, or adds it. An empty cell takes the key away; a column that
the table does not have is left alone. Commas, semicolons and tabs separate cells; decimals have a
point. The result is checked before anything is written; the old file stays as FILE.bak.

Exit status: 0 done, 2 the table or the result is not right, and nothing was written.

Examples:
  telltale tags import machine.yaml tags.csv --dry-run
  telltale tags import machine.yaml --template eastron-sdm630 --device meter --prefix grid
  telltale tags import machine.yaml --template siemens-v20 --device drive --only speed,current`;

interface ImportOptions {
  readonly dryRun?: true;
  readonly remove?: true;
  readonly template?: string;
  readonly device?: string;
  readonly prefix?: string;
  readonly only?: string;
}

export function registerTags(program: Command): void {
  const tags = program
    .command("tags")
    .description("signals as a table: export them, or import a table or a device's template");
  tags
    .command("export")
    .description("print the signals of a machine file as CSV")
    .argument("<file>", "the machine file")
    .addHelpText("after", EXPORT_HELP)
    .action((file: string) => runExport(file));
  tags
    .command("import")
    .description("change and add signals of a machine file from a table or a template")
    .argument("<file>", "the machine file")
    .argument("[table]", "the table, as CSV")
    .option("--dry-run", "say what would change, and write nothing")
    .option("--remove", "take signals away that the table does not have")
    .option("--template <name>", "a device's template instead of a table")
    .option("--device <name>", "the device of the machine file that the template is for")
    .option("--prefix <word>", "goes before each name of the template")
    .option("--only <names>", "only these rows of the template, such as power,energyImport")
    .addHelpText("after", IMPORT_HELP)
    .action((file: string, table: string | undefined, options: ImportOptions) => {
      process.exitCode = runImport(file, table, options);
    });
}

function runExport(file: string): void {
  try {
    const { columns, rows } = tagsOf(readTextFile(file, MACHINE_FILE_BYTES_MAX));
    terminal.file(formatCsv(columns, rows));
  } catch (error) {
    if (!(error instanceof CannotSplice)) throw error;
    const remedy = "`telltale check FILE` says what is wrong with it";
    throw new Fault("MACHINE_FILE_INVALID", `${file}: ${error.message}`, remedy, { cause: error });
  }
}

function runImport(file: string, tableFile: string | undefined, options: ImportOptions): number {
  const { table, tableName } = tableOf(tableFile, options);
  const text = readTextFile(file, MACHINE_FILE_BYTES_MAX);
  if (options.template !== undefined) checkDevice(text, options.device!);
  const result = importTags({
    text,
    file,
    table,
    tableName,
    drivers,
    remove: options.remove === true,
  });
  if ("problems" in result) {
    for (const problem of result.problems) terminal.error(problem);
    terminal.error("nothing was written");
    return EXIT.badInput;
  }
  for (const change of result.changes) terminal.out(changeLine(change));
  const done = summary(result.changes);
  if (options.dryRun || result.changes.length === 0) {
    terminal.out(`${done}; nothing was written`);
    return EXIT.done;
  }
  terminal.out(`${done}; the old file is ${write(file, result.text)}`);
  return EXIT.done;
}

function tableOf(
  file: string | undefined,
  { template, device, prefix, only, remove }: ImportOptions,
): { readonly table: CsvTable; readonly tableName: string } {
  const refuse = (message: string, remedy: string) => new Fault("SETTING_INVALID", message, remedy);
  if (template === undefined) {
    const stray = Object.entries({ device, prefix, only }).find(([, value]) => value !== undefined);
    if (stray) throw refuse(`--${stray[0]} belongs to a template`, "name one with --template");
    if (file === undefined) {
      throw refuse("there is nothing to import", "name a table, or a template with --template");
    }
    return { table: parseCsv(readTable(file), file), tableName: file };
  }
  if (file !== undefined) {
    throw refuse(`${file} and --template are two tables`, "import one after the other");
  }
  if (device === undefined) {
    const remedy = "name a device of the machine file with --device";
    throw refuse("a template needs the device whose signals it gives", remedy);
  }
  if (remove) throw refuse("--remove does not go with a template", "import a table to remove");
  const chosen = chooseTemplate(template, templateTexts());
  const names = only === undefined ? null : only.split(",").map((name) => name.trim());
  const table = tagsOfTemplate(chosen, { device, prefix: prefix ?? "", only: names });
  const unverified = chosen.rows
    .filter(({ name, status }) => status === "unverified" && (names?.includes(name) ?? true))
    .map(({ name }) => name);
  if (unverified.length > 0) {
    terminal.error(`unverified, compare them with the device: ${unverified.join(", ")}`);
  }
  return { table, tableName: template };
}

/** Told once, and not for each row of the template. A file that is no map is told by the import. */
function checkDevice(text: string, device: string): void {
  const names = entryNames(text, "devices");
  if (names === null || names.includes(device)) return;
  const message = `--device ${device}: unknown device "${device}"${didYouMean(device, names)}`;
  const remedy = `the devices of the file are ${names.join(", ") || "none"}`;
  throw new Fault("SETTING_INVALID", message, remedy);
}

/** The words for a machine file would send who named a wrong table the wrong way. */
function readTable(file: string): string {
  try {
    return readTextFile(file, TABLE_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const remedy = "name a table that was saved as CSV in UTF-8; `tags export` gives its form";
    throw new Fault("SETTING_INVALID", error.message, remedy, { cause: error });
  }
}

function write(file: string, text: string): string {
  try {
    return replaceKeepingOld(file, text);
  } catch (error) {
    const message = `${file} cannot be written (${reasonOf(error)})`;
    const remedy = "look at the disk and at the rights of the file and its directory";
    throw new Fault("DATA_UNUSABLE", message, remedy, { cause: error });
  }
}

const MARKS = { added: "+", changed: "~", removed: "-" } as const;

function changeLine({ kind, name, details }: TagChange): string {
  const words = details.length === 0 ? "" : `  ${details.join(", ")}`;
  return `${MARKS[kind]} ${name}${words}`;
}

function summary(changes: readonly TagChange[]): string {
  const count = (kind: TagChange["kind"]) => changes.filter((each) => each.kind === kind).length;
  return `${count("added")} added, ${count("changed")} changed, ${count("removed")} removed`;
}
