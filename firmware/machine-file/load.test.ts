import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { loadMachineFile } from "./load.ts";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "telltale-"));
});
afterAll(() => rmSync(scratch, { recursive: true }));

function problemsOf(file: string): readonly string[] {
  const loaded = loadMachineFile(file, [], "m.yaml");
  return "problems" in loaded ? loaded.problems.map(formatProblem) : [];
}

function write(name: string, content: string | Uint8Array): string {
  const file = join(scratch, name);
  writeFileSync(file, content);
  return file;
}

test("a file that is missing", () => {
  expect(problemsOf(join(scratch, "none.yaml"))).toEqual([
    "m.yaml: there is no such file. Look at the spelling, or write one with `telltale init`.",
  ]);
});

test("a directory", () => {
  expect(problemsOf(scratch)).toEqual([
    "m.yaml: it is a directory. Name the machine file that is in it.",
  ]);
});

test("a path through a file", () => {
  const file = write("plain", "");
  expect(problemsOf(join(file, "m.yaml"))[0]).toContain("A part of the path is a file");
});

test("links in a circle", () => {
  symlinkSync("loop", join(scratch, "loop"));
  expect(problemsOf(join(scratch, "loop"))[0]).toContain("lead in a circle");
});

test("a named pipe that nobody writes is refused, not waited for", () => {
  const pipe = join(scratch, "pipe");
  execFileSync("mkfifo", [pipe]);
  expect(problemsOf(pipe)).toEqual(["m.yaml: it is no regular file. Write it to a file first."]);
});

test("a file that may not be read", () => {
  const file = write("locked", "telltale: 1");
  chmodSync(file, 0o000);
  const user = process.geteuid?.();
  // Root may read every file, so root looks with another user's eyes.
  const NOBODY = 65_534;
  if (user === 0) process.seteuid?.(NOBODY);
  try {
    expect(problemsOf(file)).toEqual([
      "m.yaml: the file may not be read. Give this user the right to read it (chmod, chown).",
    ]);
  } finally {
    if (user === 0) process.seteuid?.(0);
  }
});

test("a file of 10 MB is refused before it is read", () => {
  const file = write("large", new Uint8Array(10_000_000).fill(0x61));
  expect(problemsOf(file)).toEqual([
    [
      "m.yaml: it has 10000000 bytes, more than the 524288 that are allowed.",
      "Is it the right file? A machine with 1,000 signals needs half of that.",
    ].join(" "),
  ]);
});

test("a device that never ends is refused", () => {
  expect(problemsOf("/dev/zero")).toEqual([
    "m.yaml: it is no regular file. Write it to a file first.",
  ]);
});

test("text that is not UTF-8 is shown at its line", () => {
  const latin1 = Buffer.from("telltale: 1\n# Größe\n", "latin1");
  expect(problemsOf(write("latin1", latin1))).toEqual([
    "m.yaml:2:1 not UTF-8 text; save the file as UTF-8",
  ]);
});

test("UTF-16 is refused", () => {
  const utf16 = Buffer.from("\ufefftelltale: 1\n", "utf16le");
  expect(problemsOf(write("utf16", utf16))).toEqual([
    "m.yaml:1:1 not UTF-8 text; save the file as UTF-8",
  ]);
});

test("an empty file", () => {
  expect(problemsOf(write("empty", ""))).toEqual([
    "m.yaml:1:1 the file is empty; `telltale init` writes one to begin with",
  ]);
});

test("lines may end as on Windows", () => {
  const file = write("crlf", "telltale: 1\r\nmachine: { maker: a, model: b, serialNumber: c }\r\n");
  expect(problemsOf(file)).toEqual([]);
});

test("a knowledge file that is missing is shown where the machine file names it", () => {
  const file = write(
    "names.yaml",
    "telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\nknowledge: none.yaml\n",
  );
  expect(problemsOf(file)).toEqual([
    `m.yaml:3:1 knowledge: ${join(scratch, "none.yaml")}: there is no such file`,
  ]);
});
