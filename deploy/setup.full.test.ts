// A fresh clone, set up by the Node and npm that the machine itself has: what a newcomer does
// first.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { expect, test } from "vitest";
import { requires } from "../runtime/testing/requires.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** The path without the folders that npm put first: the machine's own Node. */
const ownPath = (process.env["PATH"] ?? "")
  .split(delimiter)
  .filter((folder) => !folder.includes("node_modules") && !folder.includes("node-gyp-bin"))
  .join(delimiter);

function run(cwd: string, command: string, ...args: readonly string[]): string {
  const ownEntries = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
  const env = { ...Object.fromEntries(ownEntries), PATH: ownPath };
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: "utf8",
  });
  expect(status, `${error?.message ?? ""}${stdout}${stderr}`).toBe(0);
  return stdout;
}

test("a fresh clone is set up by one command, once, with Node 24 behind the scripts", (ctx) => {
  requires(ctx, "git");
  requires(ctx, "npm");
  using scratch = scratchDirectory();
  const clone = scratch.at("clone");
  run(ROOT, "git", "clone", "--quiet", ROOT, clone);

  // A setup that was killed left its lock behind, with the id of a process that is no more.
  mkdirSync(resolve(clone, ".telltale/setup.lock"), { recursive: true });
  writeFileSync(resolve(clone, ".telltale/setup.lock/owner"), "4194304");

  const first = run(clone, "npm", "run", "--silent", "setup");
  expect(first).toMatch(/setup: ready in \d+ s: Node 24\./);
  expect(existsSync(resolve(clone, ".telltale/setup.lock"))).toBe(false);

  const second = run(clone, "npm", "run", "--silent", "setup");
  expect(second.trim().split("\n")).toHaveLength(1);
  expect(second).toMatch(/^setup: ready: Node 24\./);

  const nodes = run(clone, "npm", "exec", "--", "node", "-p", "process.versions.node");
  expect(nodes).toMatch(/^24\./m);
  const lockBefore = readFileSync(resolve(ROOT, "package-lock.json"), "utf8");
  expect(readFileSync(resolve(clone, "package-lock.json"), "utf8")).toBe(lockBefore);
});
