// For tests: what must hold of hours and records whatever was done to the processes.

import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import type { JournalRecord, UsageRecord } from "../runtime/journal/record.ts";
import type { SeededRandom } from "../runtime/testing/seeded-random.ts";
import { observedMs, REGISTER_NAMES } from "../runtime/usage/usage-state.ts";
import { type Controller, mono, Platform, streamUrl, until } from "./instance.ts";

/**
 * What the registers may lag behind a kill: the saving interval, a sync, and a look at the clock.
 */
const LOSS_MS_MAX = 10_000 + 1_000;

/**
 * Every millisecond between the first start and the last save is in exactly one state, the
 * registers never went back, and the records have no hole. Holds within one boot, which a test does
 * not leave.
 */
export async function expectTheTruth(controller: Controller): Promise<void> {
  const saved = (await controller.saved())!;
  const records = controller.records();
  records.forEach(({ seq }, index) => {
    expect(seq).toBe(records[0]!.seq + index);
  });
  const usages = records.filter((record) => record.kind === "usage");
  const states = [...usages.map(({ registers }) => registers), saved.registers];
  states.slice(1).forEach((registers, index) => {
    for (const name of REGISTER_NAMES) {
      expect(registers[name]).toBeGreaterThanOrEqual(states[index]![name]);
    }
  });
  const boot = records.find(({ kind }) => kind === "boot");
  // A journal that was set aside takes the first boot record along.
  if (boot) expect(observedMs(saved.registers)).toBe(saved.mono - boot.mono);
}

/**
 * Lets a meter and a gateway run side by side, as an init system does, and kills the meter again
 * and again while a platform reads. The machine works all the time, so the truth is known.
 */
export async function killAtRandomMoments(
  controller: Controller,
  port: number,
  options: { readonly random: SeededRandom; readonly kills: number; readonly lifeMsMax: number },
): Promise<void> {
  const { random, kills, lifeMsMax } = options;
  const gateway = controller.start("gateway", controller.file, "--data", controller.data);
  using platform = new Platform(streamUrl(port)).read("oldest", "cloud");
  let trueMs = 0;
  let workingAtKill = 0;
  for (let kill = 0; kill < kills; kill++) {
    const meter = controller.start("meter", controller.file, "--data", controller.data);
    const startedAt = mono();
    const mark = platform.records.length;
    // Some are killed in the middle of their start, the others while they are being read. The first
    // one has to count: of lives that all ended before that there is nothing to recover.
    if (random.chance(0.7) || kill === 0) {
      await until(() => platform.records.length > mark, `a record; it said: ${meter.error}`);
    }
    await pause(random.integer(0, lifeMsMax));
    meter.kill("SIGKILL");
    await meter.ended;
    trueMs += mono() - startedAt;
    const saved = await controller.saved();
    if (saved === null) continue;
    // Never more than it worked, and not less than the stated bound for each life.
    expect(saved.registers.working).toBeLessThanOrEqual(trueMs);
    expect(saved.registers.working).toBeGreaterThanOrEqual(workingAtKill);
    workingAtKill = saved.registers.working;
  }
  const last = controller.start("meter", controller.file, "--data", controller.data);
  const startedAt = mono();
  const isRecovery = ({ kind }: JournalRecord) => kind === "recovery";
  const recovery = await until(
    () => controllerRecordsAfter(platform, isRecovery, startedAt),
    "the last recovery",
  );
  await platform.wait(({ kind, seq }) => kind === "sample" && seq > recovery.seq, "a sample");
  expect(await last.stop()).toEqual({ status: 0, signal: null });
  trueMs += mono() - startedAt;
  expect(await gateway.stop()).toEqual({ status: 0, signal: null });

  // The reader has everything that it was given, once and in order, and the journal has it, too.
  expect(platform.jumps).toEqual([]);
  expect(platform.gaps).toEqual([]);
  expect(platform.resets).toEqual([]);
  const records = controller.records();
  expect(records.slice(0, platform.records.length)).toEqual(platform.records);

  const { registers } = (await controller.saved())!;
  expect(registers.working).toBeLessThanOrEqual(trueMs);
  expect(registers.working).toBeGreaterThanOrEqual(trueMs - (kills + 1) * LOSS_MS_MAX);
  // What a kill took is UNKNOWN, together with the time in which nothing ran.
  const unobserved = records
    .filter(isRecovery)
    .reduce(
      (sum, record) => sum + Number((record as { detail?: { gapMs?: number } }).detail?.gapMs),
      0,
    );
  expect(registers.unknown).toBeGreaterThanOrEqual(unobserved);
  const usage = records.findLast((record): record is UsageRecord => record.kind === "usage");
  expect(usage).toBeDefined();
  await expectTheTruth(controller);
}

function controllerRecordsAfter(
  platform: Platform,
  pick: (record: JournalRecord) => boolean,
  sinceMono: number,
): JournalRecord | undefined {
  return platform.records.findLast((record) => pick(record) && record.mono >= sinceMono);
}
