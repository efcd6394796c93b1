import { expect, test } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { ChannelDiagnosis } from "./channel-diagnosis.ts";
import { at, channelOf, waveOf } from "./features/test-rig.ts";
import { findingsOf } from "./findings-of.ts";

const RATE = 2_000;
const SLIP = 0.02;

/** What is found in ten seconds of a motor's current with sidebands of this height. */
function foundAt(barsDb: number, speedHz: number | null = 25 * (1 - SLIP)) {
  const channel = channelOf({
    name: "clamp",
    quantity: "current",
    unit: "A",
    rate: RATE,
    windowSamples: 10 * RATE,
    polePairs: 2,
  });
  const random = new SeededRandom(31);
  const bars = 10 * 10 ** (barsDb / 20);
  const samples = waveOf(
    channel,
    [
      [10, 50],
      [0.3, 250, 1],
      [bars, 50 * (1 - 2 * SLIP), 2],
      [0.7 * bars, 50 * (1 + 2 * SLIP), 3],
    ],
    () => 0.01 * random.normal(),
  );
  const diagnosis = new ChannelDiagnosis(channel);
  const { conclusion } = diagnosis.window(samples, samples.length, at(speedHz), 10_000);
  const findings = conclusion ? findingsOf(conclusion, channel) : [];
  return findings.map(({ id, confidence }) => `${id} ${confidence}`);
}

test.each([
  [-33, ["clamp.broken-rotor-bar 0.55"]],
  [-40, ["clamp.broken-rotor-bar 0.4"]],
  [-50, []],
  [-100, []],
] as const)("sidebands of %d dB: %j", (barsDb, findings) => {
  expect(foundAt(barsDb)).toEqual(findings);
});

test("without the speed nothing is said of bars", () => {
  expect(foundAt(-33, null)).toEqual([]);
});
