// `telltale meter` and `telltale gateway`: the two processes, one by one. `telltale run` and
// systemd start them; a person rarely does.

import type { Command } from "commander";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import { drivers } from "../drivers.ts";
import { environmentVariable } from "../host/environment.ts";
import { dataDirectory } from "../host/paths.ts";
import { leaveParent, stopSignal, tellParent } from "../host/processes.ts";
import { adoptMachineFile } from "../machine-file/adopt.ts";
import { dataOption, logOf } from "./options.ts";
import { EXIT } from "./terminal.ts";

interface ProcessOptions {
  readonly data?: string;
}

export function registerMeter(program: Command): void {
  program
    .command("meter")
    .description("the meter process alone: devices, hours and journal, reached over a Unix socket")
    .argument("<file>", "the machine file")
    .addOption(dataOption())
    .action(async (file: string, options: ProcessOptions) => {
      const directory = dataDirectory(options.data);
      const adopt = () => {
        const { machine, status } = adoptMachineFile({ file, dataDirectory: directory, drivers });
        if (machine === null) {
          const [problem] = status.problems;
          throw new Fault("MACHINE_FILE_INVALID", `no good machine file: ${problem}`, "mend it");
        }
        return { machine, status };
      };
      // Loaded here: neither process is to carry the other's code in its memory.
      const { runMeter } = await import("../meter/meter-process.ts");
      const stop = stopSignal();
      await saying(() => runMeter({ directory, adopt, log: logOf("meter"), stop }));
    });
}

export function registerGateway(program: Command): void {
  program
    .command("gateway")
    .description("the gateway process alone: status page, stream and OPC UA, fed by the meter")
    .argument("<file>", "the machine file")
    .addOption(dataOption())
    .action(async (file: string, options: ProcessOptions) => {
      const directory = dataDirectory(options.data);
      const keepCopy = false;
      const adopted = adoptMachineFile({ file, dataDirectory: directory, drivers, keepCopy });
      const { runGateway } = await import("../gateway/gateway-process.ts");
      const stop = stopSignal();
      await saying(() => runGateway({ directory, adopted, log: logOf("gateway"), stop }));
    });
}

/**
 * What ends a process goes to the parent, which says it and starts the process again; only where
 * there is none does the process say it itself.
 */
async function saying(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const fault = error instanceof Fault ? error : null;
    const isTold = await tellParent({
      t: "failing",
      code: fault?.code ?? "BUG",
      message: reasonOf(error),
      remedy: fault?.remedy ?? "report it, with what it prints with TELLTALE_DEBUG=1 set",
    });
    // The stack is here alone.
    if (!isTold || environmentVariable("TELLTALE_DEBUG") === "1") throw error;
    process.exitCode = EXIT.failed;
  } finally {
    leaveParent();
  }
}
