import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { WatchdogDevice, watchdogFacts } from "./watchdog-device.ts";

test.each([
  { disarm: true, written: "\0\0V" },
  { disarm: false, written: "\0\0" },
])("what is written before the end, disarmed $disarm", ({ disarm, written }) => {
  using scratch = scratchDirectory();
  const path = scratch.at("watchdog");
  writeFileSync(path, "");
  const device = new WatchdogDevice(path);
  device.pet();
  device.pet();
  device.close({ disarm });
  expect(readFileSync(path, "latin1")).toBe(written);
});

test("a device that is not there says so, and has no facts", () => {
  using scratch = scratchDirectory();
  const path = scratch.at("none");
  expect(() => new WatchdogDevice(path)).toThrow("ENOENT");
  expect(watchdogFacts(path)).toEqual({ identity: null, timeoutMs: null, lastReset: null });
});

test.each([
  { status: 0, reasons: [] },
  { status: 0x20, reasons: ["watchdog"] },
  { status: 0x30, reasons: ["under-voltage", "watchdog"] },
])("the kernel's boot status $status is $reasons", ({ status, reasons }) => {
  using scratch = scratchDirectory();
  // Any character device has numbers; the folder of these is where the kernel tells of it.
  const { rdev } = statSync("/dev/null");
  const folder = scratch.at(`${rdev >> 8}:${rdev & 0xff}`);
  mkdirSync(folder);
  writeFileSync(join(folder, "timeout"), "15\n");
  writeFileSync(join(folder, "bootstatus"), `${status}\n`);
  expect(watchdogFacts("/dev/null", scratch.path)).toEqual({
    identity: null,
    timeoutMs: 15_000,
    lastReset: reasons,
  });
});
