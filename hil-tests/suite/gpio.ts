// GPIO: an edge becomes a record, no pulse is lost, and an output is safe when its process is gone.

import { expect } from "vitest";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { until } from "../instance.ts";
import type { GpioInput, MachineParts, Settings } from "../place.ts";
import { scenario } from "../scenario.ts";
import { isGood } from "./expect.ts";

const EDGES = 20;
/** A minute of a flow meter or of a wheel at 100 Hz. */
const HERTZ = 100;
const PULSES = 60 * HERTZ;
const FAST_HERTZ = 1_000;
const FAST_PULSES = 2_000;
const PULSE_MS_MAX = 90_000;

function gpioMachine(input: GpioInput, signals: Readonly<Record<string, Settings>>): MachineParts {
  const entries = Object.entries(signals).map(
    ([name, point]) => [name, { device: "pins", ...point }] as const,
  );
  return {
    buses: { pins: input.bus },
    devices: { pins: { bus: "pins", ...input.device } },
    signals: Object.fromEntries(entries),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

const valuesOf = (records: readonly JournalRecord[], signal: string) =>
  records.flatMap((record) =>
    record.kind === "sample" && record.signal === signal && record.quality === "good"
      ? [record.value]
      : [],
  );

export const gpioScenarios = [
  scenario(
    "an edge becomes a record",
    { driver: "gpio", requires: ["gpioInput"] },
    async ({ gpioInput, start, figure }) => {
      const instance = await start(gpioMachine(gpioInput, { door: gpioInput.point }));
      await instance.untilValue("door", isGood(0));
      const tookMs: number[] = [];
      for (let edge = 1; edge <= EDGES; edge++) {
        const level = (edge % 2) as 0 | 1;
        const setAt = performance.now();
        await gpioInput.set(level);
        await instance.untilValue("door", isGood(level));
        tookMs.push(performance.now() - setAt);
      }
      figure("edge to live value, median", `${median(tookMs).toFixed(0)} ms`);
      figure("edge to live value, longest", `${Math.max(...tookMs).toFixed(0)} ms`);
      await instance.stop();
      const values = valuesOf(await instance.records(), "door");
      const changes = values.filter((value, index) => index > 0 && value !== values[index - 1]);
      expect(changes).toHaveLength(EDGES);
    },
  ),
  scenario(
    "the character device counts 6,000 pulses at 100 Hz and 2,000 at 1 kHz, and loses none",
    { driver: "gpio", requires: ["gpioInput", "gpioPulses"], timeoutMs: 2 * 120_000 },
    async ({ gpioInput, gpioPulses, start, figure }) => {
      const machine = gpioMachine(gpioInput, { litres: gpioInput.counter });
      const instance = await start({
        ...machine,
        buses: { pins: { ...gpioInput.bus, backend: "character-device" } },
      });
      const { value: before } = await instance.untilValue(
        "litres",
        ({ quality }) => quality === "good",
      );
      const startedAt = performance.now();
      await gpioPulses.pulse(PULSES, HERTZ);
      const seconds = (performance.now() - startedAt) / 1_000;
      const { value: minute } = await instance.untilValue(
        "litres",
        isGood(before! + PULSES),
        PULSE_MS_MAX,
      );
      figure("pulses at 100 Hz", `${minute! - before!} of ${PULSES} in ${seconds.toFixed(1)} s`);
      await gpioPulses.pulse(FAST_PULSES, FAST_HERTZ);
      const { value: fast } = await instance.untilValue(
        "litres",
        isGood(minute! + FAST_PULSES),
        PULSE_MS_MAX,
      );
      figure("pulses at 1 kHz", `${fast! - minute!} of ${FAST_PULSES}`);
    },
  ),
  scenario(
    "sysfs reads levels, and refuses to count pulses with the reason",
    { driver: "gpio", requires: ["gpioInput"] },
    async ({ gpioInput, start, figure }) => {
      const bus = { ...gpioInput.bus, backend: "sysfs" };
      const { line } = gpioInput.sysfs;
      const instance = await start({
        buses: { pins: bus, counters: bus },
        devices: { pins: { bus: "pins" }, counters: { bus: "counters" } },
        signals: {
          door: { device: "pins", ...gpioInput.point, line },
          litres: { device: "counters", ...gpioInput.counter, line },
        },
      });
      await instance.untilValue("door", isGood(0));
      await gpioInput.set(1);
      await instance.untilValue("door", isGood(1));
      const state = await instance.untilState(
        ({ devices }) => devices.some(({ name, lastError }) => name === "counters" && lastError),
        "the refusal",
      );
      const { lastError } = state.devices.find(({ name }) => name === "counters")!;
      figure("refusal", lastError!.message);
      expect(lastError!.message).toMatch(/sysfs/);
      expect(state.values["litres"]?.value).toBeNull();
    },
  ),
  scenario(
    "an output takes its safe level when the meter is killed, seen from outside",
    { driver: "gpio", requires: ["gpioOutput", "processes"] },
    async ({ gpioOutput, start, figure }) => {
      const instance = await start({
        buses: { pins: gpioOutput.bus },
        devices: { pins: { bus: "pins", ...gpioOutput.device } },
        signals: {
          valve: { device: "pins", ...gpioOutput.point, output: { start: 1, safe: 0 } },
        },
      });
      const level = (wanted: 0 | 1) =>
        until(async () => (await gpioOutput.level()) === wanted, `the level ${wanted}`);
      await level(1);
      const killedAt = performance.now();
      await instance.killMeter();
      await level(0);
      figure("safe after kill", `${(performance.now() - killedAt).toFixed(0)} ms`);
      await level(1);
      await instance.stop();
      expect(await gpioOutput.level()).toBe(0);
    },
  ),
];
