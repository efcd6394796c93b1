// What one bus does to the others and to the end of the meter. The drivers are played.

import { expect, test } from "vitest";
import { type Device, type Driver, defineDriver, type Sink } from "../../drivers/driver.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { Meter } from "./meter.ts";
import { Metering } from "./metering.ts";
import { idleParts, ledgerInMemory } from "./test-rig.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { first: { driver: played }, second: { driver: steady } }
devices: { one: { bus: first, every: 1s }, two: { bus: second, every: 1s } }
signals: { left: { device: one }, right: { device: one }, other: { device: two } }
usage: { WORKING: { signal: other, above: 50 } }
`;

interface Play {
  readonly create?: () => never;
  readonly read?: (sink: Sink, now: () => number) => Promise<void>;
  readonly close?: () => Promise<void>;
}

function driver(name: string, { create, read, close }: Play): Driver {
  const empty = schema.strictObject({});
  return defineDriver({
    name,
    summary: name,
    bus: empty,
    device: empty,
    point: empty,
    create({ devices, clock }) {
      create?.();
      return {
        devices: devices.map(
          ({ sink, points }): Device => ({
            async read() {
              if (read) await read(sink, () => clock.mono());
              else for (const point of points.keys()) sink.sample(point, 60, clock.mono());
            },
            write: () => Promise.reject(new Error("nothing is written here")),
          }),
        ),
        close: close ?? (async () => undefined),
      };
    },
  });
}

function meterWith(play: Play) {
  const table = [driver("played", play), driver("steady", {})];
  const parsed = parseMachineFile(FILE, "m.yaml", table);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const clock = new FakeClock();
  const saved: SavedRegisters[] = [];
  const recorder = { sample: () => undefined, record: () => undefined };
  const { machine } = parsed;
  const ledger = ledgerInMemory(clock, clock);
  const metering = new Metering({
    machine,
    clock,
    recorder,
    keeper: ledger.keeper,
    past: null,
    save: (state) => void saved.push(state),
  });
  metering.recover(ledger.genesis);
  const meter = new Meter({
    machine,
    metering,
    ...idleParts(metering, ledger, clock),
    journal: recorder as unknown as Journal,
    controller: "c",
    configuration: { file: "m.yaml", inForce: "given", sha256: null, problems: [] },
    clock,
    timers: clock,
    log: silentLog,
    spawn: () => {
      throw new Error("there are no waveforms");
    },
  });
  const live = (name: string) => metering.image.live(metering.image.indexOf(name)!, clock.mono());
  return { meter, clock, saved, live };
}

test("a bus that cannot be made leaves the others alone, and its devices say why", async () => {
  const create = () => {
    throw new Error("no such line");
  };
  const { meter, clock, live } = meterWith({ create });
  meter.open();
  await clock.advanceAsync(2_000, 250);
  expect(meter.devices()).toMatchObject([
    { name: "one", state: "resting", lastError: { code: "SETTING_INVALID" } },
    { name: "two", state: "up" },
  ]);
  expect(meter.devices()[0]?.lastError?.message).toMatch(/no such line/);
  expect(live("left")).toMatchObject({ value: null, reason: "not-configured" });
  expect(live("other")).toMatchObject({ value: 60 });
  await meter.close();
});

test("what a read delivered before it failed stays good", async () => {
  const { meter, clock, live } = meterWith({
    async read(sink, now) {
      sink.sample(0, 7, now());
      throw new Fault("BUS_TIMEOUT", "the second half is silent", "");
    },
  });
  meter.open();
  await clock.advanceAsync(500, 250);
  expect(live("left")).toMatchObject({ value: 7, quality: "good" });
  expect(live("right")).toMatchObject({ value: null, reason: "timeout" });
  await meter.close();
});

const closings = [
  { name: "rejects", close: () => Promise.reject(new Error("the line is stuck")) },
  { name: "never ends", close: () => new Promise<void>(() => {}) },
];

test.each(closings)("a bus whose close $name does not cost the hours", async ({ close }) => {
  const { meter, clock, saved } = meterWith({ close });
  meter.open();
  await clock.advanceAsync(4_000, 250);
  const before = saved.length;
  const closed = meter.close();
  await clock.advanceAsync(1_000, 250);
  await closed;
  expect(saved).toHaveLength(before + 1);
  expect(saved.at(-1)?.registers.working).toBeGreaterThan(0);
});
