// The lock on a data directory, between real processes.

import { mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startProgram } from "../testing/child-program.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { LockCorrupt, lockDataDirectory } from "./lock.ts";

test("a second holder is refused, in this process and in another", async () => {
  using scratch = scratchDirectory();
  const path = scratch.at("lock");
  const lock = lockDataDirectory(path);
  expect(() => lockDataDirectory(path)).toThrow(
    expect.objectContaining({ code: "DATA_LOCKED", remedy: expect.stringContaining("--data") }),
  );
  await using other = startProgram("lock-holder-program", path);
  await other.said("DATA_LOCKED");
  lock.release();
  lockDataDirectory(path).release();
});

test("the kernel takes the lock back when its holder is killed", async () => {
  using scratch = scratchDirectory();
  const path = scratch.at("lock");
  await using holder = startProgram("lock-holder-program", path);
  await holder.said("held");
  expect(() => lockDataDirectory(path)).toThrow(expect.objectContaining({ code: "DATA_LOCKED" }));
  await holder.kill();
  lockDataDirectory(path).release();
});

test("a lock that cannot be taken for another reason is not blamed on another meter", () => {
  using scratch = scratchDirectory();
  expect(() => lockDataDirectory(scratch.at("missing", "lock"))).toThrow(
    expect.objectContaining({ code: "DATA_UNUSABLE" }),
  );
  mkdirSync(scratch.at("directory"));
  expect(() => lockDataDirectory(scratch.at("directory"))).toThrow(
    expect.objectContaining({ code: "DATA_UNUSABLE" }),
  );
  writeFileSync(scratch.at("garbage"), "x".repeat(5_000));
  expect(() => lockDataDirectory(scratch.at("garbage"))).toThrow(LockCorrupt);
});
