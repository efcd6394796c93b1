// What a new life of the meter takes over from the one before: alarms that were active, and
// registers whose own file was lost.

import { expect, test } from "vitest";
import type { AlarmBody, Kind } from "../../runtime/journal/record.ts";
import type { Instant } from "../../runtime/signal/instant.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { PastLife, PastLifeSource } from "../../runtime/usage/past-life.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { drivers } from "../drivers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { Metering } from "./metering.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { s: { driver: simulated } }
devices: { d: { bus: s } }
signals: { heat: { device: d, wave: { constant: 1 }, stale: 10s } }
usage: { WORKING: { signal: heat, above: 50 } }
alarms: { hot: { when: { signal: heat, above: 100 }, text: Hot. } }
`;

const SINCE: Instant = { boot: "boot-0", mono: 5, utc: 1_000, tq: "S", err: 10 };

function meteringWith(past: PastLife | null = null, file = FILE) {
  const parsed = parseMachineFile(file, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const clock = new FakeClock({ mono: 10_000 });
  const records: { readonly kind: Kind; readonly body: object }[] = [];
  const metering = new Metering({
    machine: parsed.machine,
    clock,
    recorder: { sample: () => undefined, record: (kind, body) => records.push({ kind, body }) },
    past,
    save: () => undefined,
  });
  return { metering, clock, records };
}

/** 77 ms of work, saved 1.5 s after they were settled. */
function pastLife(boot: string, from: PastLifeSource): PastLife {
  const registers = { ...ZERO_REGISTERS, working: 77 };
  return { boot, mono: 4_000, savedAt: 5_500, registers, from, addedMs: 0 };
}

function alarm(id: string): AlarmBody & { readonly since: Instant } {
  return {
    id,
    source: "heat",
    ne107: "out-of-specification",
    severity: 500,
    state: "active",
    text: "Hot.",
    registers: ZERO_REGISTERS,
    since: SINCE,
  };
}

test("an alarm of an earlier life stays active since then, until its signal says otherwise", () => {
  const { metering, clock, records } = meteringWith();
  metering.restoreAlarms([alarm("hot")]);
  metering.tick(clock.mono());
  expect(metering.activeAlarms).toMatchObject([{ id: "hot", since: SINCE }]);
  metering.intake.accept(0, 120, 11_000);
  metering.tick(11_000);
  expect(metering.activeAlarms).toMatchObject([{ id: "hot", since: SINCE }]);
  const alarms = () => records.filter(({ kind }) => kind === "alarm");
  expect(alarms()).toEqual([]);
  metering.intake.accept(0, 20, 12_000);
  metering.tick(12_000);
  expect(metering.activeAlarms).toEqual([]);
  expect(alarms()).toMatchObject([{ body: { id: "hot", state: "cleared" } }]);
});

test("an alarm that the machine file no longer has is cleared on record", () => {
  const { metering, records } = meteringWith();
  metering.restoreAlarms([alarm("gone")]);
  expect(metering.activeAlarms).toEqual([]);
  expect(records).toMatchObject([{ kind: "alarm", body: { id: "gone", state: "cleared" } }]);
});

test.each([
  { from: "slots", lossBoundMs: 1_500 + 8_000 + 2_000 },
  // Of the registers on record nobody knows what was undecided: at most until the signal is stale.
  { from: "ledger", lossBoundMs: 1_500 + 900_000 + 2_000 + 10_000 },
  { from: "journal", lossBoundMs: 1_500 + 900_000 + 2_000 + 10_000 },
] as const)("a recovery from the $from bounds what is missing", ({ from, lossBoundMs }) => {
  const { metering, records } = meteringWith(pastLife("boot-0", from));
  metering.recover();
  const recovery = records.find(({ kind }) => kind === "recovery");
  // What was observed and not decided is unknown; what came after it is not counted at all.
  const registers = { ...ZERO_REGISTERS, working: 77, unknown: 1_500 };
  expect(recovery?.body).toMatchObject({ detail: { from, gapMs: null, lossBoundMs, registers } });
});

test("a recovery within one boot counts the gap as unknown, exactly", () => {
  const { metering, records } = meteringWith(pastLife("boot-1", "slots"));
  metering.recover();
  expect(metering.usage.registers).toEqual({ ...ZERO_REGISTERS, working: 77, unknown: 6_000 });
  const detail = { undecidedMs: 1_500, gapMs: 4_500, lossBoundMs: 6_000 };
  expect(records[0]).toMatchObject({ kind: "recovery", body: { detail } });
});

test("an alarm of the controller itself stands beside those of signals", () => {
  const { metering, clock, records } = meteringWith();
  const { registers: _, state: __, since: ___, ...body } = alarm("bus.plant.schedule");
  metering.systemAlarm(body, "active", clock.mono());
  expect(metering.activeAlarms).toMatchObject([{ id: "bus.plant.schedule", state: "active" }]);
  metering.systemAlarm(body, "cleared", clock.mono());
  expect(metering.activeAlarms).toEqual([]);
  const states = records.filter(({ kind }) => kind === "alarm").map(({ body: said }) => said);
  expect(states).toMatchObject([{ state: "active" }, { state: "cleared" }]);
});
