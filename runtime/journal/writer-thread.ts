// Entry of the storage thread: owns the journal's writing connection. A sync on a worn card can
// take a second; it takes it here, where nobody counts hours.

import { parentPort, workerData } from "node:worker_threads";
import { reasonOf } from "../signal/fault.ts";
import { NoJournal } from "./database.ts";
import { isCorrupt, isUselessAtOpen, whyUnusable } from "./database-errors.ts";
import type { FromWriter, ToWriter } from "./thread-messages.ts";
import { JournalWriter, type JournalWriterOptions } from "./writer.ts";

const port = parentPort!;

function say(message: FromWriter, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function listen(writer: JournalWriter): void {
  port.on("message", (message: ToWriter) => {
    if (message.t === "append") {
      const { batch } = message;
      try {
        const committed = writer.append(batch);
        say({ t: "committed", committed, buffer: batch.buffer }, [batch.buffer]);
      } catch (error) {
        say({ t: "refused", message: reasonOf(error), corrupt: isCorrupt(error), batch }, [
          batch.buffer,
        ]);
      }
    } else if (message.t === "acknowledge") {
      try {
        writer.acknowledge(message.consumer, message.seq);
        say({ t: "done", id: message.id });
      } catch (error) {
        say({ t: "done", id: message.id, error: reasonOf(error) });
      }
    } else {
      writer.close();
      port.close();
    }
  });
}

const options = workerData as JournalWriterOptions;
try {
  const writer = new JournalWriter(options);
  listen(writer);
  say({ t: "opened", epoch: writer.epoch, committed: writer.committed });
} catch (error) {
  say({
    t: "unusable",
    message: whyUnusable(error, options.path),
    corrupt: error instanceof NoJournal || isUselessAtOpen(error),
  });
}
