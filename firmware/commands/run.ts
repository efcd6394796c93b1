// `telltale run`: meters one machine until it is stopped.

import type { Command } from "commander";
import { drivers } from "../drivers.ts";
import { ensureDirectory } from "../host/files.ts";
import { dataDirectory } from "../host/paths.ts";
import { stopSignal } from "../host/processes.ts";
import { adoptMachineFile } from "../machine-file/adopt.ts";
import { runBoth } from "../run/run-process.ts";
import { dataOption, logOf } from "./options.ts";
import { terminal } from "./terminal.ts";

const EXAMPLES = `
With a broken machine file it meters on with the last good one, and the status page lists the
problems. Stop it with Ctrl-C; everything is on the disk within 5 s.

Example:
  telltale run machine.yaml`;

export function registerRun(program: Command): void {
  program
    .command("run")
    .description("meter a machine: starts the meter and the gateway and keeps both going")
    .argument("<file>", "the machine file")
    .addOption(dataOption())
    .addHelpText("after", EXAMPLES)
    .action(async (file: string, options: { readonly data?: string }) => {
      const directory = dataDirectory(options.data);
      // Told here, to the person; a meter that fails on it would only be started again and again.
      ensureDirectory(directory);
      // The meter keeps the copy, once it has the lock on the directory.
      const keepCopy = false;
      const { status } = adoptMachineFile({ file, dataDirectory: directory, drivers, keepCopy });
      for (const problem of status.problems) terminal.error(problem);
      if (status.inForce === "last-good") {
        terminal.error("The last good machine file stays in force; mend this one and start again.");
      }
      if (status.inForce === "none") {
        terminal.error(
          "There is no good machine file: nothing is metered, only the page is served.",
        );
      }
      const log = logOf("run");
      await runBoth({ file, directory, status, log, stop: stopSignal() });
    });
}
