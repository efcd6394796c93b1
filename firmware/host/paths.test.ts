import { chmodSync, mkdirSync, statSync, symlinkSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import {
  type ScratchDirectory,
  scratchDirectory,
} from "../../runtime/testing/scratch-directory.ts";
import { socketPath } from "./paths.ts";

const PRIVATE = `telltale-${userInfo().uid}`;

/** The directories that the environment names; `scratch` stands in for the temporary one. */
function given(scratch: ScratchDirectory, variables: Readonly<Record<string, string>> = {}): void {
  vi.stubEnv("RUNTIME_DIRECTORY", undefined);
  vi.stubEnv("XDG_RUNTIME_DIR", undefined);
  vi.stubEnv("TMPDIR", scratch.path);
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
}

afterEach(() => void vi.unstubAllEnvs());

test("without a runtime directory the socket lies in a directory of this user alone", () => {
  using scratch = scratchDirectory();
  given(scratch);
  const path = socketPath("/data");
  expect(dirname(path)).toBe(scratch.at(PRIVATE));
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  expect(socketPath("/data")).toBe(path);
  expect(socketPath("/other")).not.toBe(path);
});

test("a directory that is open to others, or a link to one, is not trusted", () => {
  using scratch = scratchDirectory();
  given(scratch);
  mkdirSync(scratch.at(PRIVATE));
  chmodSync(scratch.at(PRIVATE), 0o777);
  const refusal = expect.objectContaining({ code: "DATA_UNUSABLE" });
  expect(() => socketPath("/data")).toThrow(refusal);
  using other = scratchDirectory();
  given(other);
  mkdirSync(other.at("theirs"), { mode: 0o700 });
  symlinkSync(other.at("theirs"), other.at(PRIVATE));
  expect(() => socketPath("/data")).toThrow(refusal);
});

test.each(["/proc/nope", "/nowhere/at/all", "/dev/null"])(
  "XDG_RUNTIME_DIR=%s is warned of, and another directory taken",
  (wrong) => {
    using scratch = scratchDirectory();
    given(scratch, { XDG_RUNTIME_DIR: wrong });
    const warnings: string[] = [];
    const path = socketPath("/data", (message) => warnings.push(message));
    expect(dirname(path)).toBe(scratch.at(PRIVATE));
    expect(warnings).toEqual([expect.stringContaining(wrong)]);
  },
);

test("what systemd gives is taken as it is", () => {
  using scratch = scratchDirectory();
  given(scratch, { RUNTIME_DIRECTORY: scratch.at("run") });
  expect(dirname(socketPath("/data"))).toBe(scratch.at("run"));
});

test("a path that is too long for a socket gives way to the private directory", () => {
  using scratch = scratchDirectory();
  const long = scratch.at("x".repeat(90));
  mkdirSync(long);
  given(scratch, { XDG_RUNTIME_DIR: long });
  expect(dirname(socketPath("/data"))).toBe(scratch.at(PRIVATE));
  given(scratch, { TMPDIR: long });
  expect(() => socketPath("/data")).toThrow(/too long/);
});
