// What all channels of a machine share is its regime; what one shows alone is its fault.

import { describe, expect, test } from "vitest";
import { type Course, SimulatedLife } from "../../testing/baseline-lives.ts";
import { SeededRandom, withSeed } from "../../testing/seeded-random.ts";
import type { BaselineAnswer } from "./answer.ts";
import { BaselineGroup } from "./group.ts";
import { WAVEFORM_FEATURES } from "./waveform-features.ts";

const INTERVAL_MS = 600_000;
const MEMBERS = ["a", "b", "c", "d"];
const OPTIONS = { features: WAVEFORM_FEATURES };

interface Lived {
  readonly alarms: Readonly<Record<string, number>>;
  readonly last: Readonly<Record<string, BaselineAnswer>>;
}

/** Lives through observations of all members; `course` is asked with the member's position. */
function live(
  seed: number,
  observations: number,
  course: (position: number, index: number) => number,
  group = new BaselineGroup(MEMBERS, OPTIONS),
  from = 0,
): Lived {
  const lives = MEMBERS.map((_, position) => {
    const amplitude: Course = (index, feature) =>
      feature < 2 ? course(position, from + index) : 0;
    return new SimulatedLife(new SeededRandom(seed + position), amplitude);
  });
  const alarms: Record<string, number> = {};
  const last: Record<string, BaselineAnswer> = {};
  for (let index = from; index < from + observations; index++) {
    MEMBERS.forEach((member, position) => {
      const features = lives[position]!.next();
      const answer = group.observe(member, features, "WORKING", index * INTERVAL_MS);
      if (answer.raised) alarms[member] = index;
      last[member] = answer;
    });
  }
  return { alarms, last };
}

describe("a shift of all channels alike", () => {
  test("is told as a common shift and alarmed on in none", async () => {
    await withSeed(({ seed }) => {
      const { alarms, last } = live(seed, 1_200, (_, index) => (index >= 700 ? 0.5 : 0));
      expect(alarms).toEqual({});
      for (const member of MEMBERS) expect(last[member]!.notice?.kind).toBe("common-shift");
      expect(last["a"]!.notice!.shift).toBeGreaterThan(0.3);
    });
  });

  test("hides no fault of one of them", () => {
    const course = (position: number, index: number) =>
      (index >= 700 ? 0.5 : 0) + (position === 2 && index >= 1_000 ? 0.6 : 0);
    const { alarms } = live(31, 1_200, course);
    expect(Object.keys(alarms)).toEqual(["c"]);
    expect(alarms["c"]).toBeGreaterThanOrEqual(1_000);
  });

  test("that goes again leaves no notice", () => {
    const passing = (_: number, index: number) => (index >= 500 && index < 600 ? 0.5 : 0);
    expect(live(32, 1_000, passing).last["b"]!.notice).toBeNull();
  });
});

test("a fault of one channel that the others hear faintly is the one's alone", async () => {
  await withSeed(({ seed }) => {
    const heard = [0.15, 0.7, 0.1, 0.05];
    const { alarms } = live(seed, 1_000, (position, index) =>
      index >= 700 ? heard[position]! : 0,
    );
    expect(Object.keys(alarms)).toEqual(["b"]);
  });
});

test("a level that one channel alone has after a stop is its fault, with three that vouch", () => {
  const group = new BaselineGroup(MEMBERS, OPTIONS);
  const course = (position: number, index: number) => (position === 0 && index >= 600 ? 0.3 : 0);
  live(33, 600, course, group);
  const { alarms } = live(43, 200, course, group, 700);
  expect(Object.keys(alarms)).toEqual(["a"]);
});

test("a vibration that falls to half is told, not alarmed on", () => {
  const fallen = (position: number, index: number) => (position === 0 && index >= 500 ? -1.2 : 0);
  const { alarms, last } = live(34, 600, fallen);
  expect(alarms).toEqual({});
  expect(last["a"]!.notice).toMatchObject({ kind: "fallen" });
  expect(last["b"]!.notice).toBeNull();
});

test("goes on after a restart; a member that does not fit is named and learns anew", () => {
  const group = new BaselineGroup(MEMBERS, OPTIONS);
  live(35, 300, () => 0, group);
  const kept = JSON.parse(JSON.stringify(group.state()));
  kept.members.b = { version: 9 };
  const restored = new BaselineGroup(MEMBERS, OPTIONS);
  expect(restored.restore(kept, 0)).toEqual([expect.stringMatching(/^b: .*version 9/)]);
  const { last } = live(36, 1, () => 0, restored, 300);
  expect(MEMBERS.map((member) => last[member]!.phase)).toEqual([
    "watching",
    "learning",
    "watching",
    "watching",
  ]);
  expect(new BaselineGroup(MEMBERS, OPTIONS).restore("nonsense", 0)).toHaveLength(1);
});

test("after a maintenance all members learn again", () => {
  const group = new BaselineGroup(MEMBERS, OPTIONS);
  live(37, 300, () => 0, group);
  group.afterMaintenance(300 * INTERVAL_MS);
  const { last } = live(38, 10, () => 0, group, 300);
  for (const member of MEMBERS) expect(last[member]!.phase).toBe("re-learning");
});
