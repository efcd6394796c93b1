// Sixteen devices on one Modbus line, five of which are dead: how much of its polling rate the
// worst-off of the other eleven keeps, from a cold start on. Beside it bare polling with
// modbus-serial: one device after the other, each with the same timeout.

import { modbusDriver } from "../drivers/modbus/modbus.ts";
import { makeBus } from "../drivers/shared/test-rig.ts";
import { hostTimers } from "../firmware/host/timers.ts";
import { silentLog } from "../runtime/signal/log.ts";
import { sleep } from "../runtime/signal/timers.ts";
import { DevicePoller } from "../runtime/supervise/poller.ts";
import { type Benchmark, figure } from "./harness.ts";
import { bareClient, benchClock, type Line, PAIRS_FROM, sharedLine } from "./modbus-line.ts";

const SEED = 5;
const LIVE = 11;
const DEVICES = 16;
const EVERY_MS = 1_000;
const RUN_MS = Number(process.env["TELLTALE_BENCH_MS"] ?? 60_000);
/** From a slow line with a patient timeout to a fast one. */
const CASES = [
  { baudRate: 9_600, timeoutMs: 1_000 },
  { baudRate: 19_200, timeoutMs: 500 },
  { baudRate: 115_200, timeoutMs: 200 },
] as const;
type Case = (typeof CASES)[number];

export const modbusDead: Benchmark = {
  name: "modbus-dead",
  summary: "sixteen Modbus devices on one line, five dead: what is left to the other eleven",
  async *lines() {
    for (const each of CASES) {
      const what = {
        line: `rate kept by the worst of 11 at ${each.baudRate} baud, timeout ${each.timeoutMs} ms`,
        unit: "1",
        better: "higher",
        goal: 0.9,
      } as const;
      const ours = await run(each, pollOurs);
      const bare = await run(each, pollBare);
      yield { ...figure({ ...what, ours }), peer: { name: "bare polling", value: bare } };
    }
  },
};

/** Reads of the worst-off live device, as a share of those that were asked for. */
async function run(
  each: Case,
  poll: (line: Line, each: Case) => Promise<readonly number[]>,
): Promise<number> {
  await using line = await sharedLine(each.baudRate, SEED, LIVE);
  const reads = await poll(line, each);
  return Math.min(...reads.slice(0, LIVE)) / (RUN_MS / EVERY_MS);
}

/** Dead ones are asked first at every turn: the worst order. */
const UNITS = Array.from({ length: DEVICES }, (_, index) => ((index + LIVE) % DEVICES) + 1);

async function pollOurs({ wire }: Line, { baudRate, timeoutMs }: Case): Promise<readonly number[]> {
  const { bus } = makeBus(modbusDriver, {
    clock: benchClock,
    timers: hostTimers,
    settings: { transport: "rtu", port: wire.port, baudRate },
    devices: UNITS.map((unitId) => ({
      settings: { unitId, timeout: `${timeoutMs}ms` },
      points: [{ register: { holding: PAIRS_FROM, type: "uint32" } }],
    })),
  });
  const pollers = bus.devices.map(
    (device, index) =>
      new DevicePoller({
        name: `unit${UNITS[index]}`,
        bus: "line",
        driver: "modbus",
        device,
        everyMs: EVERY_MS,
        clock: benchClock,
        timers: hostTimers,
        log: silentLog,
        onBad: () => {},
        onTransition: () => {},
      }),
  );
  for (const poller of pollers) poller.start();
  await sleep(hostTimers, RUN_MS);
  const summaries = pollers.map((poller) => poller.summary(benchClock.mono()));
  await Promise.all([...pollers.map((poller) => poller.stop()), bus.close()]);
  return byUnit(summaries.map(({ reads }) => reads));
}

/** Once a period, or as soon as the round before has ended. */
async function pollBare({ wire }: Line, { baudRate, timeoutMs }: Case): Promise<readonly number[]> {
  const client = await bareClient(wire.port, baudRate, timeoutMs);
  const reads = UNITS.map(() => 0);
  const endsAt = performance.now() + RUN_MS;
  while (performance.now() < endsAt) {
    const nextAt = performance.now() + EVERY_MS;
    for (const [index, unitId] of UNITS.entries()) {
      client.setID(unitId);
      const [answer] = await Promise.allSettled([client.readHoldingRegisters(PAIRS_FROM, 2)]);
      const isInTime = performance.now() < endsAt;
      if (answer.status === "fulfilled" && isInTime) reads[index]! += 1;
    }
    await sleep(hostTimers, Math.max(0, nextAt - performance.now()));
  }
  await new Promise<void>((resolve) => client.close(() => resolve()));
  return byUnit(reads);
}

function byUnit(reads: readonly number[]): readonly number[] {
  const sorted = new Array<number>(DEVICES).fill(0);
  for (const [index, unitId] of UNITS.entries()) sorted[unitId - 1] = reads[index]!;
  return sorted;
}
