// The waveform around an alarm: when it is taken, what it is kept for, and what is left out.

import { expect, test } from "vitest";
import type { KeptWaveform } from "../../runtime/journal/record.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import type { MachineWaveform } from "../machine-file/machine.ts";
import { WaveformKeeper } from "./waveform-keeper.ts";

function waveformNamed(name: string): MachineWaveform {
  return {
    name,
    description: "",
    unit: "[g]",
    rate: 1_000,
    scale: 1,
    windowSamples: 1_000,
    ringSamples: 16_384,
    featureSignals: [],
    diagnosis: null,
  };
}

function keeperOf(fails = false) {
  const clock = new FakeClock();
  const copied: [channel: number, samples: number, at: number][] = [];
  const kept: string[] = [];
  const records: [KeptWaveform, at: number][] = [];
  const failures: unknown[] = [];
  const keeper = new WaveformKeeper({
    waveforms: [waveformNamed("bearing"), waveformNamed("gearbox")],
    copy: async (channel, count) => {
      copied.push([channel, count, clock.mono()]);
      return { samples: new Float32Array(count), sha256: `hash${channel}`, windows: [] };
    },
    keep: async (sha256) => {
      if (fails) throw new Error("the disk is full");
      kept.push(sha256);
    },
    record: (kind, body, at) => {
      expect(kind).toBe("waveform");
      records.push([body as KeptWaveform, at]);
    },
    clock,
    timers: clock,
    onFailure: (error) => failures.push(error),
  });
  return { clock, keeper, copied, kept, records, failures };
}

test("eight seconds before an alarm and two after it are kept, with its name", async () => {
  const { clock, keeper, copied, kept, records } = keeperOf();
  const raisedAt = clock.mono();
  keeper.raised("bearingRough", ["bearingKurtosis", "bearing"]);
  await clock.advanceAsync(1_999);
  expect(copied).toEqual([]);
  await clock.advanceAsync(1);
  // Half of the ring is less than ten seconds here.
  expect(copied).toEqual([[0, 8_192, raisedAt + 2_000]]);
  expect(kept).toEqual(["hash0"]);
  expect(records).toEqual([
    [
      {
        waveform: "bearing",
        alarms: ["bearingRough"],
        unit: "[g]",
        rate: 1_000,
        samples: 8_192,
        format: "f32le",
        sha256: "hash0",
        windows: [],
      },
      raisedAt + 2_000,
    ],
  ]);
});

test("alarms that come together share one, and another one soon after has its own", async () => {
  const { clock, keeper, records } = keeperOf();
  keeper.raised("limit", ["bearing"]);
  await clock.advanceAsync(500);
  keeper.raised("otherLimit", ["bearing"]);
  await clock.advanceAsync(2_000);
  keeper.raised("finding", ["bearing"]);
  await clock.advanceAsync(10_000);
  expect(records.map(([{ alarms }]) => alarms)).toEqual([["limit", "otherLimit"], ["finding"]]);
});

test("an alarm that flaps has one a minute", async () => {
  const { clock, keeper, records } = keeperOf();
  for (let second = 0; second < 120; second += 1) {
    keeper.raised("limit", ["bearing"]);
    await clock.advanceAsync(1_000);
  }
  expect(records.map(([, at]) => at - records[0]![1])).toEqual([0, 62_000]);
});

test("a channel has four a minute at most, each other channel as many", async () => {
  const { clock, keeper, records } = keeperOf();
  for (let alarm = 0; alarm < 8; alarm += 1) {
    keeper.raised(`alarm${alarm}`, ["bearing"]);
    await clock.advanceAsync(3_000);
  }
  expect(records.map(([{ alarms }]) => alarms[0])).toEqual([0, 1, 2, 3].map((n) => `alarm${n}`));
  keeper.raised("other", ["gearbox"]);
  await clock.advanceAsync(3_000);
  expect(records).toHaveLength(5);
});

test("an alarm about no waveform keeps none, one about two keeps both", async () => {
  const { clock, keeper, records } = keeperOf();
  keeper.raised("hot", ["dischargeTemperature"]);
  await clock.advanceAsync(5_000);
  expect(records).toEqual([]);
  keeper.raised("rough", ["gearbox", "bearing"]);
  await clock.advanceAsync(2_000);
  expect(records.map(([{ waveform }]) => waveform).sort()).toEqual(["bearing", "gearbox"]);
});

test("a disk that refuses is reported, and nothing stands on record", async () => {
  const { clock, keeper, records, failures } = keeperOf(true);
  keeper.raised("rough", ["bearing"]);
  await clock.advanceAsync(2_000);
  expect(records).toEqual([]);
  expect(failures).toEqual([new Error("the disk is full")]);
});

test("nothing is taken after it is closed", async () => {
  const { clock, keeper, copied } = keeperOf();
  keeper.raised("rough", ["bearing"]);
  keeper.close();
  await clock.advanceAsync(5_000);
  expect(copied).toEqual([]);
});
