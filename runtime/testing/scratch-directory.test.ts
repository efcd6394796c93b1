import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { scratchDirectory } from "./scratch-directory.ts";

test("a scratch directory is gone with all that is in it when its block ends", () => {
  let path = "";
  {
    using scratch = scratchDirectory();
    path = scratch.path;
    mkdirSync(scratch.at("deep"));
    writeFileSync(scratch.at("deep", "file"), "content");
    expect(existsSync(scratch.at("deep", "file"))).toBe(true);
  }
  expect(existsSync(path)).toBe(false);
});

test("two scratch directories are two", async () => {
  await using first = scratchDirectory();
  await using second = scratchDirectory();
  expect(first.path).not.toBe(second.path);
});
