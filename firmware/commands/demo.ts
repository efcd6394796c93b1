// `telltale demo`: what `npm start` runs. The demo machine with its plant and a month of history,
// or any other machine file, and one screen that says where to look.

import type { Command } from "commander";
import { dataOption } from "./options.ts";

const EXAMPLES = `
Examples:
  npm start
  npm start -- --machine machine.yaml`;

export interface DemoOptions {
  readonly data?: string;
  readonly machine?: string;
}

export function registerDemo(program: Command): void {
  program
    .command("demo")
    .description("run the demo machine, with a simulated plant behind real protocols")
    .option("--machine <file>", "run this machine file instead, without the plant")
    .addOption(dataOption())
    .addHelpText("after", EXAMPLES)
    .action(async (options: DemoOptions) => {
      // Loaded here: the plant's physics are nothing for a controller's memory.
      const { runDemo } = await import("../examples/demo/run-demo.ts");
      await runDemo(options);
    });
}
