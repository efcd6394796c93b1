// Service intervals and the machine's own hour register: leaves and alarms, and no register moves.

import { expect, test } from "vitest";
import { type Leaf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { MemoryLedgerDisk } from "../../runtime/testing/memory-ledger.ts";
import type { ClosedGap } from "../../runtime/usage/hour-register.ts";
import { drivers } from "../drivers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { Metering } from "./metering.ts";
import { ledgerInMemory } from "./test-rig.ts";
import { Upkeep } from "./upkeep.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { s: { driver: simulated } }
devices: { d: { bus: s } }
signals:
  load: { device: d, wave: { constant: 1 }, stale: 1h }
  hours: { device: d, wave: { constant: 1 }, unit: h, stale: 1h }
usage:
  WORKING: { signal: load, above: 50 }
  overload: { signal: load, above: 55 }
  service: { oil: { register: working, every: 10h, warn: 1h } }
  hourRegister: { signal: hours, compareWith: [working] }
`;

const HOUR_MS = 3_600_000;

function rigOn(disk = new MemoryLedgerDisk(), closedGap: ClosedGap | null = null) {
  const parsed = parseMachineFile(FILE, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { machine } = parsed;
  const clock = new FakeClock();
  const ledger = ledgerInMemory(clock, clock, disk);
  const { keeper } = ledger;
  const recorder = { sample: () => undefined, record: () => undefined };
  const save = () => undefined;
  const metering = new Metering({ machine, clock, recorder, keeper, past: null, save });
  metering.recover(ledger.genesis);
  const earlier = ledger.upkeepLeaves;
  const upkeep = new Upkeep({ machine, metering, clock, keeper, earlier, closedGap });
  const leaves = async (type: Leaf["typ"]) => {
    await ledger.store.flush();
    return disk.leaves.map(({ text }) => parseLeaf(text) as Leaf).filter(({ typ }) => typ === type);
  };
  return {
    disk,
    leaves,
    upkeep,
    alarms: () => metering.activeAlarms.map(({ id, severity }) => [id, severity]),
    work(hours: number, native: (hour: number) => number) {
      for (let at = 0; at < hours * HOUR_MS; at += 60_000) {
        clock.advance(60_000);
        const now = clock.mono();
        metering.intake.accept(0, 60, now);
        metering.intake.accept(1, native(now / HOUR_MS), now);
        metering.tick(now);
        upkeep.look();
      }
    },
  };
}

test("a service warns once and is due once, each a leaf and an alarm, over lives", async () => {
  const rig = rigOn();
  rig.work(9.5, (hour) => hour);
  expect(rig.alarms()).toEqual([["service.oil", 300]]);
  rig.work(1, (hour) => hour);
  expect(rig.alarms()).toEqual([["service.oil", 600]]);
  expect((await rig.leaves("SERVICE")).map(({ d }) => d)).toMatchObject([
    { name: "oil", state: "warning", since: 0, every: 10 * HOUR_MS },
    { name: "oil", state: "due" },
  ]);
  // What was told is not told again; the registers of that life are not this test's.
  const next = rigOn(rig.disk);
  next.work(0.1, (hour) => hour);
  expect(await next.leaves("SERVICE")).toHaveLength(2);
});

test("time of overload since the last service is known, over lives", async () => {
  const rig = rigOn();
  rig.work(2, (hour) => hour);
  expect(rig.upkeep.sinceService()).toBeNull();
  rig.upkeep.serviceDone("oil");
  expect(rig.upkeep.sinceService()).toEqual({ name: "oil", overloadMs: 0 });
  rig.work(1, (hour) => hour);
  expect(rig.upkeep.sinceService()).toEqual({ name: "oil", overloadMs: HOUR_MS });
  await rig.leaves("SERVICE");
  expect(rigOn(rig.disk).upkeep.sinceService()).toMatchObject({ name: "oil" });
});

test("an hour register that agrees is compared at the start and each day, in silence", async () => {
  const rig = rigOn();
  rig.work(30, (hour) => 500 + hour);
  const verdicts = (await rig.leaves("RECONCILE")).map(
    ({ d }) => (d as { verdict: string }).verdict,
  );
  expect(verdicts).toEqual(["first", "agrees"]);
  expect(rig.alarms().filter(([id]) => id === "hourRegister")).toEqual([]);
});

test("one that differs is a leaf and an alarm, and no register is corrected", async () => {
  const rig = rigOn();
  rig.work(30, (hour) => 500 + hour / 2);
  const leaves = await rig.leaves("RECONCILE");
  expect(leaves.at(-1)).toMatchObject({ d: { verdict: "differs" } });
  expect(rig.alarms()).toContainEqual(["hourRegister", 500]);
  const before = leaves.at(-1)!.regs.working;
  // It stands where the comparison found it: our own count, to the minute.
  expect(Math.abs(before - leaves.at(-1)!.mono)).toBeLessThanOrEqual(60_000);
});
