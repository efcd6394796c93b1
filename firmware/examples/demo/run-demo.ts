// What `npm start` does: a month of history at the first start, the plant as a process of its own,
// the runtime, and one screen that says where to look.

import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { lastValueOf } from "../../../runtime/journal/reader.ts";
import { reasonOf } from "../../../runtime/signal/fault.ts";
import { logOf } from "../../commands/options.ts";
import { ProgressBar, terminal } from "../../commands/terminal.ts";
import { drivers } from "../../drivers.ts";
import { controllerClock } from "../../host/controller-clock.ts";
import { ensureDirectory, fileExists, moveFiles, removeDirectory } from "../../host/files.ts";
import { dataDirectory, dataPaths } from "../../host/paths.ts";
import { runPlant } from "../../host/plant-process.ts";
import { stopSignal } from "../../host/processes.ts";
import { type AdoptedMachineFile, adoptMachineFile } from "../../machine-file/adopt.ts";
import { runBoth } from "../../run/run-process.ts";
import { DemoScreen } from "./screen.ts";
import { seedHistory } from "./seed-history.ts";

const SEED = 1;
const DEMO_FILE = fileURLToPath(new URL("./machine.yaml", import.meta.url));
const PLANT = fileURLToPath(new URL("./plant.ts", import.meta.url));
/** Where the plant's hour register begins when nothing is known of it. In hours. */
const FIRST_HOURS = 6_000;
/** The slots come last: with them the history is whole. */
const HISTORY_FILES = [
  "controller-id",
  "rental",
  "contracts",
  "keys",
  "ledger.sqlite",
  "ledger.sqlite-wal",
  "journal.sqlite",
  "journal.sqlite-wal",
  "registers.slots",
];

export async function runDemo(options: {
  readonly data?: string;
  readonly machine?: string;
}): Promise<void> {
  const isDemo = options.machine === undefined;
  // As a person would name it from here; it is shown on the page.
  const file = options.machine ?? relative(process.cwd(), DEMO_FILE);
  const directory = options.data ?? join(dataDirectory(undefined), isDemo ? "demo" : "machine");
  ensureDirectory(directory);
  const adopted = adoptMachineFile({ file, dataDirectory: directory, drivers });
  for (const problem of adopted.status.problems) terminal.error(problem);
  const stop = stopSignal();
  await using cleanup = new AsyncDisposableStack();
  if (isDemo) {
    const hours = await plantHours(directory, adopted, stop);
    if (stop.aborted) return;
    const plant = await runPlant({
      script: PLANT,
      args: () => ["--seed", String(SEED), "--hours", String(lastHours(directory, hours))],
      clock: controllerClock(),
      onRestart: ({ cause, waitMs }) => {
        terminal.error(`The plant ended (${cause}); it is started again in ${waitMs / 1_000} s.`);
      },
    });
    cleanup.defer(async () => {
      await plant.stop();
    });
    terminal.out("The plant runs: a simulated compressor behind real Modbus TCP and raw PCM.");
  }
  const log = logOf("run");
  const screen = new DemoScreen(adopted.machine, directory, (line) => terminal.out(line));
  cleanup.defer(() => screen.close());
  await runBoth({
    file,
    directory,
    status: adopted.status,
    log,
    stop,
    onReady: (name, detail) => {
      screen.hear(name === "meter" ? name : String(detail["endpoint"]), "ready");
    },
    onUnavailable: (endpoint) => screen.hear(endpoint, "unavailable"),
  });
}

/**
 * What the plant's own hour register stood at when it was last read. At the first start that is the
 * end of a month of history, which is made beside the data and moved there when it is whole.
 */
async function plantHours(
  directory: string,
  { machine, status }: AdoptedMachineFile,
  stop: AbortSignal,
): Promise<number> {
  const paths = dataPaths(directory);
  if (machine !== null && !fileExists(paths.slots)) {
    const part = join(directory, "history.part");
    removeDirectory(part);
    ensureDirectory(part);
    const clock = controllerClock();
    const endUtc = clock.instantAt(clock.mono()).utc ?? 0;
    terminal.out("First start: making a month of history (simulated, and marked as such).");
    const progress = new ProgressBar(terminal);
    const onProgress = (share: number) => progress.show(share);
    await seedHistory({
      directory: part,
      machine,
      configuration: status.sha256!,
      seed: SEED,
      endUtc,
      stop,
      onProgress,
    });
    if (!stop.aborted) progress.show(1);
    progress.end();
    if (stop.aborted) return 0;
    moveFiles(part, directory, HISTORY_FILES);
    removeDirectory(part);
  }
  return lastHours(directory, FIRST_HOURS);
}

/** The plant starts whatever the journal is like: what the meter makes of a broken one is shown. */
function lastHours(directory: string, otherwise: number): number {
  try {
    return lastValueOf(dataPaths(directory).journal, "controllerHours") ?? otherwise;
  } catch (error) {
    terminal.error(`The plant's hours could not be looked up: ${reasonOf(error)}`);
    return otherwise;
  }
}
