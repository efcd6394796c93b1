// `telltale knowledge`: what the product knows of each fault, as the file that a maker may begin
// with.

import type { Command } from "commander";
import { builtInKnowledgeText } from "../host/assets.ts";
import { terminal } from "./terminal.ts";

const EXAMPLE = `
A machine file names the maker's own with \`knowledge: maker.yaml\`; it lies beside it and needs to
say only what it changes (docs/alarms.md).

Example:
  telltale knowledge > maker.yaml`;

export function registerKnowledge(program: Command): void {
  program
    .command("knowledge")
    .description("print what each fault leads on to: causes, what to look at, what to do, parts")
    .addHelpText("after", EXAMPLE)
    .action(() => terminal.file(builtInKnowledgeText()));
}
