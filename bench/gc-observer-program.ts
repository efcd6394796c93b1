// Loaded into another Node process before its own program: remembers how long each garbage
// collection stopped the main thread, and writes that into a file when the process ends.

import { writeFileSync } from "node:fs";
import { type PerformanceEntry, PerformanceObserver } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

export interface Pause {
  /** Since the process began. */
  readonly atMs: number;
  readonly durationMs: number;
}

/** Five minutes of a busy process; more are not remembered. */
const PAUSES_MAX = 100_000;

const file = process.env["TELLTALE_PAUSES_FILE"];
if (isMainThread && file !== undefined) {
  const pauses: Pause[] = [];
  const remember = (entries: readonly PerformanceEntry[]) => {
    for (const { startTime, duration } of entries) {
      if (pauses.length < PAUSES_MAX) pauses.push({ atMs: startTime, durationMs: duration });
    }
  };
  const observer = new PerformanceObserver((list) => remember(list.getEntries()));
  observer.observe({ type: "gc" });
  process.on("exit", () => {
    remember(observer.takeRecords());
    writeFileSync(file, JSON.stringify(pauses));
  });
}
