// Starts the worker threads, and knows where they and the programs beside the command are: in a
// checkout a TypeScript file in its room, in the bundle a file of the same name beside the command.
// Only this file and deploy/build.ts know that.

import assert from "node:assert/strict";
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * The threads, each with its file from the root of the repository. Names are those of the files, so
 * that a stack trace, a heap snapshot and `top -H` show the word that stands in the source.
 */
export const THREADS = {
  "writer-thread": "runtime/journal/writer-thread.ts",
  "reader-thread": "runtime/journal/reader-thread.ts",
  "ledger-thread": "runtime/ledger-store/ledger-thread.ts",
  "diagnosis-thread": "runtime/diagnosis/diagnosis-thread.ts",
} as const satisfies Readonly<Record<string, string>>;

export type ThreadName = keyof typeof THREADS;

/** Programs that run as processes of their own beside the command, each with its file. */
export const PROGRAMS = {
  "bus-process": "firmware/meter/bus-process.ts",
} as const satisfies Readonly<Record<string, string>>;

export function programUrl(name: keyof typeof PROGRAMS): URL {
  return threadUrl(name, PROGRAMS[name], import.meta.url);
}

/** Where a thread's code stands, seen from the module at `base` (this one). */
export function threadUrl(name: string, sourceFile: string, base: string): URL {
  return base.endsWith(".ts")
    ? new URL(`../../${sourceFile}`, base)
    : new URL(`./${name}.js`, base);
}

/** `data` arrives as `workerData`; what it holds in shared memory stays shared. */
export function spawnWorker(
  name: ThreadName,
  data: unknown,
  options: Omit<WorkerOptions, "workerData" | "name"> = {},
): Worker {
  assert(Object.hasOwn(THREADS, name), "a thread stands in the table of threads");
  const url = threadUrl(name, THREADS[name], import.meta.url);
  return new Worker(url, { ...options, name, workerData: data });
}
