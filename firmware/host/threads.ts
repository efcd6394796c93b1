// Worker threads behind the core's interface.

import type { Worker } from "node:worker_threads";
import type { SpawnThread } from "../../runtime/signal/thread.ts";
import { spawnWorker, type ThreadName } from "./worker.ts";

/**
 * Young generation of a thread's heap, in MiB. The threads allocate short-lived text; V8's default
 * would let each keep 16 MiB or more of it.
 */
const YOUNG_GENERATION_MB = 2;

export const spawnThread: SpawnThread = (name, data) => {
  const worker = spawnWorker(name as ThreadName, data, {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
  });
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  return {
    postMessage: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    onMessage: (listener) => void worker.on("message", listener),
    onExit: (listener) => listenForEnd(worker, listener),
    async end(graceMs) {
      const force = setTimeout(() => void worker.terminate(), graceMs);
      await exited;
      clearTimeout(force);
    },
  };
};

function listenForEnd(worker: Worker, listener: (cause: Error | null) => void): void {
  let cause: Error | null = null;
  worker.on("error", (error) => {
    cause = error instanceof Error ? error : new Error(String(error));
  });
  worker.once("exit", () => listener(cause));
}
