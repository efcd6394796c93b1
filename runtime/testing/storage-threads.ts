// The threads of journal and ledger for tests: real worker threads over the real files, without the
// host.

import { Worker } from "node:worker_threads";
import type { SpawnThread, WorkerThread } from "../signal/thread.ts";

export const spawnWorkerThread: SpawnThread = (name, data): WorkerThread => {
  const room = name === "ledger-thread" ? "ledger-store" : "journal";
  const worker = new Worker(new URL(`../${room}/${name}.ts`, import.meta.url), {
    workerData: data,
    execArgv: [],
  });
  const exited = Promise.withResolvers<void>();
  let cause: Error | null = null;
  const listeners: ((cause: Error | null) => void)[] = [];
  worker.on("error", (error) => {
    cause = error as Error;
  });
  worker.once("exit", () => {
    exited.resolve();
    for (const listener of listeners) listener(cause);
  });
  return {
    postMessage: (message, transfer) => worker.postMessage(message, [...(transfer ?? [])]),
    onMessage: (listener) => void worker.on("message", listener),
    onExit: (listener) => void listeners.push(listener),
    async end(graceMs) {
      const force = setTimeout(() => void worker.terminate(), graceMs);
      await exited.promise;
      clearTimeout(force);
    },
  };
};
