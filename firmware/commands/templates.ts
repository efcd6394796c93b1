// `telltale templates`: the register lists of real devices that come with the program.

import type { Command } from "commander";
import { templateTexts } from "../host/assets.ts";
import {
  chooseTemplate,
  type DeviceTemplate,
  parseTemplate,
} from "../machine-file/device-template.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
Verified: read in the maker's document, or in two independent sources that agree. Nobody here has
held the values against a device: compare a few with its display before you rely on them.

Examples:
  telltale templates
  telltale templates eastron-sdm630
  telltale tags import machine.yaml --template eastron-sdm630 --device meter`;

const COLUMNS_MAX = 100;

export function registerTemplates(program: Command): void {
  program
    .command("templates")
    .description("the register lists of real devices, and where each was read")
    .argument("[name]", "one of them, with its rows and sources")
    .option("--json", "print one JSON object or list")
    .addHelpText("after", EXAMPLES)
    .action((name: string | undefined, options: { readonly json?: true }) => {
      const texts = templateTexts();
      const chosen = name === undefined ? null : chooseTemplate(name, texts);
      if (chosen !== null) show(chosen, options.json === true);
      else
        list(
          [...texts].map(([each, text]) => parseTemplate(each, text)),
          options.json === true,
        );
    });
}

function list(templates: readonly DeviceTemplate[], asJson: boolean): void {
  if (asJson) {
    terminal.out(JSON.stringify(templates.map(asObject), null, 2));
    return;
  }
  const width = Math.max(...templates.map(({ name }) => name.length)) + 2;
  for (const { name, maker, model, what, rows } of templates) {
    const verified = rows.filter(({ status }) => status === "verified").length;
    const counts = `${rows.length} rows, ${verified} verified`;
    terminal.out(clipped(`${name.padEnd(width)}${counts.padEnd(24)}${maker} ${model}: ${what}`));
  }
}

/** One line each; the whole words are in what is shown of one template. */
function clipped(line: string): string {
  return line.length <= COLUMNS_MAX ? line : `${line.slice(0, COLUMNS_MAX - 1)}…`;
}

function show(template: DeviceTemplate, asJson: boolean): void {
  if (asJson) {
    terminal.out(JSON.stringify(asObject(template), null, 2));
    return;
  }
  const { maker, model, what, unitId, serial, note, sources, rows, table } = template;
  terminal.out(`${maker} ${model}: ${what}`);
  terminal.out(`unit id: ${unitId}`);
  terminal.out(`serial line: ${serial}`);
  if (note !== "") terminal.out(`note: ${note}`);
  for (const [letter, words] of sources) terminal.out(`source ${letter}: ${words}`);
  terminal.out("");
  for (const [index, { name, status, sources: letters }] of rows.entries()) {
    const { cells } = table.rows[index]!;
    const place = placeOf(cells);
    const scale = cells["scale"] ? `× ${cells["scale"]} ` : "";
    const line = `  ${name.padEnd(28)}${place.padEnd(26)}${(scale + cells["unit"]).padEnd(14)}`;
    terminal.out(`${line}${status === "verified" ? "" : "unverified "}(${letters.join(", ")})`);
  }
}

function placeOf(cells: Readonly<Record<string, string>>): string {
  const table = ["holding", "input", "coil", "discrete"].find((each) => cells[`register.${each}`]);
  const type = cells["register.type"] ? ` ${cells["register.type"]}` : "";
  const bit = cells["register.bit"] ? ` bit ${cells["register.bit"]}` : "";
  return `${table} ${cells[`register.${table}`]}${type}${bit}`;
}

function asObject(template: DeviceTemplate): unknown {
  const { table, sources, rows, ...rest } = template;
  return {
    ...rest,
    sources: Object.fromEntries(sources),
    rows: rows.map((row, index) => ({ ...table.rows[index]!.cells, ...row })),
  };
}
