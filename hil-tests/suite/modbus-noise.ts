// The two promises of a Modbus bus, with figures beside those of bare `modbus-serial` on the same
// wire in the same run: noise makes no wrong value, and dead devices do not slow down live ones.

import { setTimeout as pause } from "node:timers/promises";
import { expect } from "vitest";
import { parseDuration } from "../../runtime/schema/schema.ts";
import type { Instance, Settings } from "../place.ts";
import { scenario } from "../scenario.ts";
import { closeBare, openBare, pollBare, readBare } from "./bare-modbus.ts";
import { countedRegister, exchangesOf, permittedMs, wrongValues } from "./noise-tally.ts";

/** Register pairs of one device, asked for by as many entries of the machine file, in turn. */
const PAIRS = 8;
/** So often that a request always waits: what is measured is the bus, not the schedule. */
const EVERY = "20ms";
/** The meter is asked rarely: each answer costs it time that the bus could have had. */
const LOOK_MS = 1_000;
const READS_PER_SECOND_MIN = 20;
const MS_PER_SECOND = 1_000;

const THROUGHPUT_SHARE_MIN = 0.8;
/** Answers that are late come after their timeout, and before the bound that is declared. */
const LATENESS_USED = 0.9;
const SHARES = { corrupted: 0.01, dropped: 0.01, late: 0.05 };

const WRONG_SHOWN_MAX = 5;

const POLL_MS = 500;
const POLL_FOR_MS = 30_000;
const POLL_BARE_FOR_MS = 15_000;
const POLLING_SHARE_MIN = 0.9;

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

function milliseconds(settings: Settings, key: string): number {
  return parseDuration(String(settings[key]))!;
}

/** Reads and failures of all devices together. */
async function totalsOf(instance: Instance) {
  const { devices } = await instance.state();
  const errors: Record<string, number> = {};
  for (const device of devices) {
    for (const [code, count] of Object.entries(device.errors)) {
      errors[code] = (errors[code] ?? 0) + count;
    }
  }
  const reads = devices.reduce((total, device) => total + device.reads, 0);
  return { reads, failed: sum(errors), errors };
}

export const modbusNoiseScenarios = [
  scenario(
    "RTU: over a noisy wire no wrong value is good, every failure has a code, and the wire is used",
    {
      driver: "modbus",
      requires: ["rtuLine", "rtuWire", "rtuPort"],
      timeoutMs: 30 * 60_000,
    },
    async ({ rtuLine, rtuWire, rtuPort, effort, start, figure }) => {
      const timeoutMs = milliseconds(rtuLine.device, "timeout");
      const latenessMaxMs = milliseconds(rtuLine.bus, "latenessMax");
      await rtuWire.noise({
        ...SHARES,
        lateMinMs: timeoutMs,
        lateMaxMs: timeoutMs + latenessMaxMs * LATENESS_USED,
      });
      const pairs = Array.from({ length: PAIRS }, (_, pair) => pair);
      const registers = pairs.map(countedRegister);
      const instance = await start({
        buses: { plant: rtuLine.bus },
        devices: Object.fromEntries(
          pairs.map((pair) => [
            `device${pair}`,
            { bus: "plant", every: EVERY, ...rtuLine.device, retries: 0 },
          ]),
        ),
        signals: Object.fromEntries(
          pairs.map((pair) => [
            `pair${pair}`,
            { device: `device${pair}`, register: { holding: registers[pair], type: "uint32" } },
          ]),
        ),
      });
      const givenUpAt = performance.now() + (effort.reads / READS_PER_SECOND_MIN) * MS_PER_SECOND;
      let totals = await totalsOf(instance);
      while (totals.reads + totals.failed < effort.reads && performance.now() < givenUpAt) {
        await pause(LOOK_MS);
        totals = await totalsOf(instance);
      }
      await instance.stop();
      const { stalledMsMax } = await rtuWire.stats();
      const log = await rtuWire.log();
      const exchanges = exchangesOf(log);
      const samples = (await instance.records()).filter((record) => record.kind === "sample");
      const good = samples.filter(({ quality }) => quality === "good").length;
      const wrong = wrongValues(samples, (signal) => Number(signal.slice(4)), exchanges);
      const elapsedMs = exchanges.at(-1)!.request.endedAt - exchanges[0]!.request.beganAt;
      const permitted = permittedMs(exchanges, {
        baudRate: rtuWire.baudRate,
        timeoutMs,
        latenessMaxMs,
      });

      const bare = await openBare(rtuPort, timeoutMs);
      const bareReads = await readBare(bare, registers, effort.reads);
      await closeBare(bare);

      const { corrupted, dropped, late } = await rtuWire.stats();
      figure(
        "answers spoilt, ours and bare",
        `${corrupted} corrupted, ${dropped} dropped, ${late} late`,
      );
      figure("ours", `${good} good, ${wrong.length} wrong, ${totals.failed} failed`);
      figure("ours, failures", JSON.stringify(totals.errors));
      figure("ours, reads/s", Math.round((exchanges.length / elapsedMs) * MS_PER_SECOND));
      figure("permitted, reads/s", Math.round((exchanges.length / permitted) * MS_PER_SECOND));
      figure("throughput of what is permitted", `${Math.round((permitted / elapsedMs) * 100)} %`);
      figure(
        "bare modbus-serial",
        `${bareReads.good} good, ${bareReads.wrong} wrong, ${bareReads.failed} failed`,
      );
      figure(
        "bare modbus-serial, reads/s",
        Math.round((effort.reads / bareReads.elapsedMs) * MS_PER_SECOND),
      );

      if (wrong.length > 0) figure("ours, wrong", wrong.slice(0, WRONG_SHOWN_MAX).join("; "));
      figure("longest stall of the wire itself", `${Math.round(stalledMsMax)} ms`);

      // A wire that stood still has broken the bound that the product was told.
      const slackMs = latenessMaxMs * (1 - LATENESS_USED);
      if (wrong.length > 0) expect(stalledMsMax, "the machine is too busy").toBeLessThan(slackMs);
      expect(wrong).toEqual([]);
      expect(totals.reads + totals.failed).toBeGreaterThanOrEqual(effort.reads);
      expect(good).toBeGreaterThan(totals.reads * 0.99);
      expect(Object.keys(totals.errors)).not.toContain("DRIVER_DEFECT");
      for (const code of Object.keys(totals.errors)) expect(code).toMatch(/^BUS_[A-Z_]+$/);
      expect(permitted / elapsedMs).toBeGreaterThanOrEqual(THROUGHPUT_SHARE_MIN);
      expect(bareReads.wrong).toBeGreaterThan(0);
    },
  ),
  scenario(
    "RTU: five dead devices of sixteen leave the other eleven at least 90 % of their polling rate",
    { driver: "modbus", requires: ["rtuBus", "rtuBusPort"] },
    async ({ rtuBus, rtuBusPort, start, figure }) => {
      const units = [...rtuBus.live, ...rtuBus.dead].sort((one, other) => one - other);
      const instance = await start({
        buses: { plant: rtuBus.bus },
        devices: Object.fromEntries(
          units.map((unitId) => [
            `unit${unitId}`,
            { bus: "plant", every: `${POLL_MS}ms`, ...rtuBus.device, unitId },
          ]),
        ),
        signals: Object.fromEntries(
          units.map((unitId) => [
            `value${unitId}`,
            { device: `unit${unitId}`, register: { holding: 0, type: "uint32" } },
          ]),
        ),
      });
      // From the start on: finding out who is dead is part of the price.
      const beganAt = performance.now();
      await pause(POLL_FOR_MS);
      const { devices } = await instance.state();
      const due = (performance.now() - beganAt) / POLL_MS;
      await instance.stop();
      const shares = rtuBus.live.map(
        (unitId) => devices.find(({ name }) => name === `unit${unitId}`)!.reads / due,
      );
      const dead = devices.filter(({ name }) => rtuBus.dead.includes(Number(name.slice(4))));

      const bare = await openBare(rtuBusPort, milliseconds(rtuBus.device, "timeout"));
      const answers = await pollBare(bare, units, POLL_MS, POLL_BARE_FOR_MS);
      await closeBare(bare);
      const bareShares = rtuBus.live.map(
        (unit) => answers.get(unit)! / (POLL_BARE_FOR_MS / POLL_MS),
      );

      const percent = (share: number) => `${Math.round(share * 100)} %`;
      figure(
        "devices",
        `${units.length}, of which ${rtuBus.dead.length} dead, each every ${POLL_MS} ms`,
      );
      figure("ours, slowest live device", percent(Math.min(...shares)));
      figure("bare modbus-serial, slowest live device", percent(Math.min(...bareShares)));
      figure("ours, tries of dead devices", dead.map(({ errors }) => sum(errors)).join(", "));

      expect(Math.min(...shares)).toBeGreaterThanOrEqual(POLLING_SHARE_MIN);
      for (const { errors, reads, lastError } of dead) {
        expect(reads).toBe(0);
        expect(sum(errors)).toBeGreaterThan(0);
        expect(lastError?.code).toBe("BUS_TIMEOUT");
      }
    },
  ),
];
