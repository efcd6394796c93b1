import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { spawnWorker, THREADS, type ThreadName, threadUrl } from "./worker.ts";

const ROOT = resolve(import.meta.dirname, "../..");

test("every thread of the product stands in the table under its file's name", () => {
  const files = globSync("{runtime,drivers,protocols,firmware}/**/*-thread.ts", {
    cwd: ROOT,
  }).filter((file) => readFileSync(resolve(ROOT, file), "utf8").includes("node:worker_threads"));
  const named = files.map((file) => [/([^/]+)\.ts$/.exec(file)![1]!, file]);
  expect(Object.fromEntries(named)).toEqual(THREADS);
});

test("in a checkout a thread is found in its room", () => {
  const here = new URL("./worker.ts", import.meta.url).href;
  const found = fileURLToPath(threadUrl("x-thread", "runtime/y/x-thread.ts", here));
  expect(found).toBe(resolve(ROOT, "runtime/y/x-thread.ts"));
});

test("in the bundle a thread stands beside the program, or beside a part of it", () => {
  const found = threadUrl("x-thread", "runtime/y/x-thread.ts", "file:///opt/telltale/part-AB.js");
  expect(found.href).toBe("file:///opt/telltale/x-thread.js");
});

test("a thread that nobody declared is not started", () => {
  expect(() => spawnWorker("no-thread" as ThreadName, null)).toThrow("in the table of threads");
});
