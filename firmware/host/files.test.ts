import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  readFileBytes,
  readTextFile,
  replaceKeepingOld,
  writeFileAtomic,
  writeNewFile,
} from "./files.ts";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "telltale-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

test("a file of exactly the limit is read, one byte more is not", () => {
  const file = join(scratch, "limit");
  writeFileSync(file, "12345");
  expect(readTextFile(file, 5)).toBe("12345");
  expect(() => readTextFile(file, 4)).toThrow("5 bytes, more than the 4 that are allowed");
});

test("a file that claims no size is still read within the limit", () => {
  // Files of /proc have the size 0 and content none the less.
  expect(readFileBytes("/proc/self/status", 65_536).length).toBeGreaterThan(100);
  expect(() => readFileBytes("/proc/self/status", 10)).toThrow("more than the 10");
});

test("an atomic write replaces the content and leaves nothing beside it", () => {
  const file = join(scratch, "atomic");
  writeFileAtomic(file, "one");
  writeFileAtomic(file, "two");
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(existsSync(`${file}.tmp`)).toBe(false);
});

test("a replaced file keeps its old content beside it, its rights, and links to it", () => {
  const file = join(scratch, "machine.yaml");
  const link = join(scratch, "link.yaml");
  writeFileSync(file, "one");
  chmodSync(file, 0o600);
  symlinkSync(file, link);
  expect(replaceKeepingOld(link, "two")).toBe(`${link}.bak`);
  expect(readFileSync(`${link}.bak`, "utf8")).toBe("one");
  expect(readFileSync(file, "utf8")).toBe("two");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
});

test("nobody may read the old content who might not read it before", () => {
  const file = join(scratch, "secret.yaml");
  writeFileSync(file, "one");
  chmodSync(file, 0o600);
  replaceKeepingOld(file, "two");
  expect(statSync(`${file}.bak`).mode & 0o777).toBe(0o600);
});

test("a file that root replaces stays its owner's", ({ skip }) => {
  if (process.getuid?.() !== 0) return skip("needs root: nobody else gives files away");
  const file = join(scratch, "owned.yaml");
  writeFileSync(file, "one");
  chownSync(file, 1_234, 2_345);
  replaceKeepingOld(file, "two");
  expect(statSync(file)).toMatchObject({ uid: 1_234, gid: 2_345 });
  expect(statSync(`${file}.bak`)).toMatchObject({ uid: 1_234, gid: 2_345 });
});

test("what a crash left of an atomic write is written over", () => {
  const file = join(scratch, "crashed");
  writeFileSync(`${file}.tmp`, "half of something longer");
  writeFileAtomic(file, "whole");
  expect(readFileSync(file, "utf8")).toBe("whole");
});

test("a file that exists is not written anew", () => {
  const file = join(scratch, "once");
  expect(writeNewFile(file, "one")).toBe(true);
  expect(writeNewFile(file, "two")).toBe(false);
  expect(readFileSync(file, "utf8")).toBe("one");
});
