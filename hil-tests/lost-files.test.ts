// Files of the data directory that are lost between two lives of a controller: the hours go on from
// whoever remembers them best, and what is missing is on record.

import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import type { EventRecord, UsageRecord } from "../runtime/journal/record.ts";
import { REGISTER_NAMES, type Registers } from "../runtime/usage/usage-state.ts";
import { Controller, freePort, Platform, simulatedMachine, streamUrl } from "./instance.ts";

// Each starts some processes; a machine that is busy with other tests is slow at that.
vi.setConfig({ testTimeout: 60_000 });

const LEDGER_FILES = ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"];

/** A life, a fault, and another life that goes on with the hours of the first. */
async function expectHoursAfter(
  from: "slots" | "ledger" | "journal",
  spoil: (data: string) => void,
) {
  const controller = new Controller();
  const port = await freePort();
  controller.write(simulatedMachine({ port }));
  await using _controller = controller;
  const first = controller.run();
  using platform = new Platform(streamUrl(port)).read();
  await platform.wait(
    (record) => record.kind === "usage" && record.state === "WORKING",
    "work on record",
  );
  expect(await first.stop()).toEqual({ status: 0, signal: null });
  const last = lastRegisters(controller, from);
  spoil(controller.data);
  const second = controller.run();
  const recovery = await platform.wait(
    (record) => record.kind === "recovery" && record.detail["from"] === from,
    "the recovery",
  );
  const { registers } = (recovery as EventRecord).detail as { registers: Registers };
  for (const name of REGISTER_NAMES) {
    // The gap of the same boot is certain, and nobody knows what was in it.
    if (name === "unknown") expect(registers.unknown).toBeGreaterThan(last.unknown);
    else expect(registers[name]).toBe(last[name]);
  }
  expect(await second.stop()).toEqual({ status: 0, signal: null });
  const leaves = controller.records().filter((record) => record.kind === "leaf");
  return {
    genesis: leaves.map(({ leaf }) => JSON.parse(leaf)).findLast(({ typ }) => typ === "GENESIS"),
  };
}

function lastRegisters(controller: Controller, from: "slots" | "ledger" | "journal"): Registers {
  const records = controller.records();
  // At a clean stop the slots and the ledger's last leaf say the same.
  if (from !== "journal")
    return JSON.parse(records.findLast((record) => record.kind === "leaf")!.leaf).regs;
  return (records.findLast((record) => record.kind === "usage") as UsageRecord).registers;
}

describe.concurrent("hours go on", () => {
  test.each([
    ["broken", (file: string) => writeFileSync(file, Buffer.alloc(8_192, 0x5a))],
    ["empty", (file: string) => writeFileSync(file, "")],
    ["missing", (file: string) => rmSync(file)],
  ])("register slots that are %s: hours go on from the ledger, on record", async (_, spoil) => {
    await expectHoursAfter("ledger", (data) => spoil(join(data, "registers.slots")));
  });

  test("slots and ledger that are lost: hours go on from the journal", async () => {
    const { genesis } = await expectHoursAfter("journal", (data) => {
      rmSync(join(data, "registers.slots"));
      for (const name of LEDGER_FILES) rmSync(join(data, name), { force: true });
    });
    expect(genesis).toMatchObject({ seq: 0, d: { segment: 1 } });
  });

  test("a corrupt ledger is set aside: a segment begins that says so, hours go on", async () => {
    const { genesis } = await expectHoursAfter("slots", (data) => corrupt(data, LEDGER_FILES));
    expect(genesis).toMatchObject({
      seq: 0,
      bseq: 2,
      d: { segment: 2, brokenSize: expect.any(Number) },
    });
  });

  test("a ledger that is gone is said to be gone: a segment begins, hours go on", async () => {
    const { genesis } = await expectHoursAfter("slots", (data) => {
      for (const name of LEDGER_FILES) rmSync(join(data, name), { force: true });
    });
    expect(genesis).toMatchObject({ d: { segment: 2, reason: "its file was gone" } });
  });
});

function corrupt(data: string, names: readonly string[]): void {
  for (const file of names.map((name) => join(data, name))) {
    if (existsSync(file)) writeFileSync(file, readFileSync(file).fill(0x5a));
  }
}
