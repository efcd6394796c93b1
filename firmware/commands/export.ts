// `telltale export`: hours in the forms that other programs read. What each needs is loaded when it
// is asked for: the other commands do without.

import type { Command } from "commander";
import { SERIES } from "../../protocols/aemp/equipment.ts";
import type { AempExportOptions } from "./export-aemp.ts";
import type { OcmfExportOptions } from "./export-ocmf.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import { terminal } from "./terminal.ts";

const AEMP_HELP = `
A series has pages of 100 readings; the links in a page name the others. docs/exports.md says which
register is which element.

Examples:
  telltale export aemp > fleet.xml
  telltale export aemp --json
  telltale export aemp --series CumulativeOperatingHours \\
    --from 2026-11-01T00:00:00Z --to 2026-12-01T00:00:00Z --page 2`;

const OCMF_HELP = `
The readings are those of the first and the last leaf of the ledger inside the period, in seconds.
With --statement the period and the billed registers are the statement's. --json prints the key
that signed, too; it stands on the ledger's first leaf.

Examples:
  telltale export ocmf --from 2026-11-01T00:00:00+01:00 --to 2026-12-01T00:00:00+01:00
  telltale export ocmf --statement november.json --json`;

const CSV_HELP = `
Hours stand twice: as decimals, cut off after seven, and as exact milliseconds. In the table lines
those are quantityHours, and quantity where its unit is ms; the table leaves has milliseconds alone.
A text that a spreadsheet would take for a formula (it begins with = + - @) has a ' before it.

Examples:
  telltale export csv november.json > days.csv
  telltale export csv november.json --table leaves > leaves.csv`;

const PAGE_HELP = `
Example:
  telltale export page november.json > november.html`;

export function registerExport(program: Command): void {
  const group = program
    .command("export")
    .description("hours in the forms that other programs read: AEMP, OCMF, CSV, a page");
  registerAemp(group);
  registerOcmf(group);
  group
    .command("csv")
    .description("a statement as a table for a spreadsheet")
    .argument("<statement>", "the statement's file")
    .option("--table <name>", "one of days, lines, leaves", "days")
    .addHelpText("after", CSV_HELP)
    .action(async (file: string, { table }: { readonly table: string }) => {
      const { tableOf } = await import("./export-tables.ts");
      const { readStatementFile } = await import("./statement-input.ts");
      const write = tableOf(table);
      terminal.file(write(readStatementFile(file).statement));
    });
  group
    .command("page")
    .description("a statement as one HTML page that a person reads and prints")
    .argument("<statement>", "the statement's file")
    .addHelpText("after", PAGE_HELP)
    .action(async (file: string) => {
      const { statementPage } = await import("../../runtime/ledger/statement-page.ts");
      const { readStatementFile } = await import("./statement-input.ts");
      terminal.file(statementPage(readStatementFile(file).statement));
    });
}

function registerAemp(group: Command): void {
  group
    .command("aemp")
    .description("the machine's hours as ISO/TS 15143-3 (AEMP 2.0): now, or as a series")
    .option("--series <name>", `a series instead: ${SERIES.join(", ")}`)
    .option("--from <time>", "where the series begins, such as 2026-11-01T00:00:00Z")
    .option("--to <time>", "where it ends")
    .option("--page <number>", "which hundred of its readings; default 1")
    .option("--json", "JSON instead of XML")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", AEMP_HELP)
    .action(async (options: AempExportOptions) => {
      const { runExportAemp } = await import("./export-aemp.ts");
      await runExportAemp(options);
    });
}

function registerOcmf(group: Command): void {
  group
    .command("ocmf")
    .description("the hours of a period as an OCMF record that the meter signs")
    .option("--from <time>", "where the period begins, with its distance from UTC")
    .option("--to <time>", "where it ends")
    .option("--statement <file>", "the period of a statement instead")
    .option("--registers <names>", "what is read, together; default working")
    .option("--json", "print record and key as one JSON object")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", OCMF_HELP)
    .action(async (options: OcmfExportOptions) => {
      const { runExportOcmf } = await import("./export-ocmf.ts");
      await runExportOcmf(options);
    });
}
