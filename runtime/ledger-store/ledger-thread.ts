// Entry of the ledger thread: owns the ledger's file. A sync on a worn card can take a second, and
// the journal's load another; neither is felt here or where hours are counted.

import { parentPort, workerData } from "node:worker_threads";
import { isCorrupt, isUselessAtOpen, whyUnusable } from "../journal/database-errors.ts";
import { reasonOf } from "../signal/fault.ts";
import { openForReading } from "./database.ts";
import { LedgerFile } from "./ledger-file.ts";
import { BrokenLedger, remainsOf } from "./opening.ts";
import type { FromLedger, LedgerBatch, LedgerRemains, ToLedger } from "./thread-messages.ts";

const port = parentPort!;
const { path } = workerData as { path: string };

function say(message: FromLedger): void {
  port.postMessage(message);
}

function append(file: LedgerFile, batch: LedgerBatch): void {
  try {
    say({ t: "committed", ...file.append(batch) });
  } catch (error) {
    say({ t: "refused", message: reasonOf(error), corrupt: isCorrupt(error) });
  }
}

function listen(file: LedgerFile): void {
  port.on("message", (message: ToLedger) => {
    if (message.t === "append") append(file, message.batch);
    else if (message.t === "ask") {
      const { id, request } = message;
      try {
        say({ t: "answer", id, value: file.pages.answer(request) });
      } catch (error) {
        say({ t: "answer", id, error: reasonOf(error) });
      }
    } else {
      file.close();
      port.close();
    }
  });
}

/** What is left of a file that another one has to follow. */
function remains(): LedgerRemains {
  try {
    const database = openForReading(path);
    const left = remainsOf(database);
    database.close();
    return left;
  } catch {
    // It cannot even be opened: nothing is known of it.
    return { size: null, firstLeaf: null, checkpoint: null };
  }
}

try {
  const file = new LedgerFile(path);
  listen(file);
  say({ t: "opened", opening: file.opening });
} catch (error) {
  const isBroken = error instanceof BrokenLedger || isUselessAtOpen(error);
  say({
    t: "unusable",
    message: whyUnusable(error, path),
    remains: isBroken ? remains() : null,
  });
}
