// Power cuts and a meter that hangs: what a platform has acknowledged is still on record, hours are
// never counted twice, and the watchdog gives a hung controller back.

import { expect } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { StreamClient } from "../../protocols/stream/client.ts";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { observedMs } from "../../runtime/usage/usage-state.ts";
import { until } from "../instance.ts";
import type { Instance, MachineParts } from "../place.ts";
import { scenario } from "../scenario.ts";

const CUTS = 10;
/** Between the moment at which records come and the cut. */
const LIFE_MS_MIN = 300;
const LIFE_MS_MAX = 1_500;
/** A boot and a start of the meter, under software emulation. */
const RESTORED_MS_MAX = 120_000;
const POWER_TIMEOUT_MS = 12 * 60_000;
/** The emulated hardware's own time, and a boot. */
const RESET_MS_MAX = 90_000;

/** Two signals that change at every look, so that each commit has something to lose. */
const MACHINE: MachineParts = {
  buses: { script: { driver: "simulated" } },
  devices: { pump: { bus: "script", every: "50ms" } },
  signals: {
    current: { device: "pump", wave: { ramp: { min: 0, max: 1_000, period: "10s" } }, unit: "A" },
    speed: { device: "pump", wave: { sine: { min: 40, max: 60, period: "3s" } } },
  },
  usage: { WORKING: { signal: "current", above: -1 } },
};

/** What it was told, kept as a platform keeps it: by position, once its own commit is done. */
class Consumer implements Disposable {
  readonly acknowledged = new Map<number, string>();
  readonly changed: string[] = [];
  readonly gaps: string[] = [];
  readonly resets: string[] = [];
  readonly #client: StreamClient;

  constructor(url: string) {
    this.#client = new StreamClient({
      url,
      timers: hostTimers,
      random: Math.random,
      retryMaxMs: 200,
    });
    this.#client.readLog("all", {
      from: "oldest",
      consumer: "platform",
      onRecords: (records) => {
        for (const record of records) this.#keep(record);
      },
      onGap: ({ from, to }) => void this.gaps.push(`${from}-${to}`),
      onReset: (old, epoch) => void this.resets.push(`${old} ${epoch}`),
    });
    this.#client.open();
  }

  #keep(record: JournalRecord): void {
    const text = JSON.stringify(record);
    const before = this.acknowledged.get(record.seq);
    if (before !== undefined && before !== text) this.changed.push(`${before} became ${text}`);
    this.acknowledged.set(record.seq, text);
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/**
 * What was acknowledged before the journal was asked for its records, and does not stand in it with
 * the same content. What comes while it answers is of a later moment than its answer.
 */
async function missingOf(consumer: Consumer, instance: Instance): Promise<readonly string[]> {
  const acknowledged = [...consumer.acknowledged];
  const records = await instance.records();
  const found = new Map(records.map((record) => [record.seq, JSON.stringify(record)]));
  return acknowledged.flatMap(([seq, text]) =>
    found.get(seq) === text ? [] : [`${text} is ${found.get(seq)}, of ${records.at(-1)?.seq}`],
  );
}

async function hasRecovered(instance: Instance, lives: number): Promise<void> {
  await until(
    async () => {
      const records = await instance.records();
      return records.filter(({ kind }) => kind === "recovery").length >= lives;
    },
    `recovery ${lives}`,
    RESTORED_MS_MAX,
  );
}

export const powerScenarios = [
  scenario(
    "ten power cuts lose no acknowledged record, and no hour is counted twice",
    { driver: "simulated", requires: ["power"], timeoutMs: POWER_TIMEOUT_MS },
    async ({ power, start, seed, figure }) => {
      const random = new SeededRandom(seed);
      const instance = await start(MACHINE);
      using consumer = new Consumer(instance.streamUrl!);
      const startedAt = performance.now();
      let poweredMs = 0;
      let onAt = performance.now();
      const atCuts: number[] = [];
      for (let cut = 1; cut <= CUTS; cut++) {
        figure("cuts", cut);
        const mark = consumer.acknowledged.size;
        await until(() => consumer.acknowledged.size > mark + 5, "records", RESTORED_MS_MAX);
        const lifeMs = LIFE_MS_MIN + random.next() * (LIFE_MS_MAX - LIFE_MS_MIN);
        await new Promise((resolve) => setTimeout(resolve, lifeMs));
        await power.cut();
        poweredMs += performance.now() - onAt;
        atCuts.push(consumer.acknowledged.size);
        onAt = performance.now();
        await power.restore();
        await hasRecovered(instance, cut);
        expect(await missingOf(consumer, instance)).toEqual([]);
      }
      const { usage } = await instance.state();
      poweredMs += performance.now() - onAt;
      await instance.stop();
      expect(await missingOf(consumer, instance)).toEqual([]);
      const records = await instance.records();
      expect(consumer.changed).toEqual([]);
      expect(consumer.gaps).toEqual([]);
      expect(consumer.resets).toEqual([]);
      records.forEach(({ seq }, index) => {
        expect(seq).toBe(records[0]!.seq + index);
      });
      const boots = records.filter(({ kind, boot }, index) => {
        const before = records[index - 1];
        return kind === "boot" && (before === undefined || before.boot !== boot);
      });
      expect(boots).toHaveLength(CUTS + 1);
      expect(observedMs(usage.registers)).toBeLessThanOrEqual(poweredMs);
      figure("acknowledged at the cuts", atCuts.join(", "));
      figure("acknowledged and lost", 0);
      figure(
        "hours counted",
        `${observedMs(usage.registers)} of ${Math.round(poweredMs)} ms of power`,
      );
      figure("each cycle", `${((performance.now() - startedAt) / CUTS / 1_000).toFixed(1)} s`);
    },
  ),
  scenario(
    "the watchdog resets a controller whose meter hangs, and the next life says why",
    { driver: "simulated", requires: ["watchdog", "processes"], timeoutMs: 4 * 60_000 },
    async ({ watchdog, start, figure }) => {
      const instance = await start({ ...MACHINE, watchdog: watchdog.settings });
      const { configuration } = await instance.state();
      expect(configuration.problems).toEqual([]);
      const before = await watchdog.resets();
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(await watchdog.resets()).toBe(before);
      const hungAt = performance.now();
      await instance.hangMeter();
      await until(
        async () => (await watchdog.resets()) > before,
        "the watchdog's reset",
        RESET_MS_MAX,
      );
      figure("reset after the hang", `${((performance.now() - hungAt) / 1_000).toFixed(1)} s`);
      await hasRecovered(instance, 1);
      figure("counts again after", `${((performance.now() - hungAt) / 1_000).toFixed(1)} s`);
      const records = await instance.records();
      const told = records.findLast(
        (record) => record.kind === "boot" && "name" in record && record.name === "watchdog",
      );
      figure(
        "last reset, as the hardware tells it",
        JSON.stringify(told && "detail" in told && told.detail),
      );
      await instance.stop();
      const stopped = await watchdog.resets();
      expect(stopped).toBe(before + 1);
    },
  ),
  scenario(
    "a controller without the watchdog that the machine file names meters on, and says so",
    { driver: "simulated", requires: ["processes"] },
    async ({ start }) => {
      const instance = await start({ ...MACHINE, watchdog: { device: "/dev/watchdog-of-nobody" } });
      const state = await instance.untilState(
        ({ usage }) => usage.registers.working > 0,
        "working time",
      );
      expect(state.configuration.problems.join()).toMatch(/watchdog-of-nobody.*ENOENT/);
    },
  ),
];
