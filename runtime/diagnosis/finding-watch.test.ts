// When what windows show becomes an alarm and when the alarm is over, as timelines.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findingOf } from "../testing/findings.ts";
import { FINDING_RULES, type FindingRules } from "./finding-rules.ts";
import { FINDING_ALARMS_MAX, FindingWatch } from "./finding-watch.ts";

/** Ten seconds to persist, twenty to clear; a window each second. */
const RULES: FindingRules = {
  ...FINDING_RULES,
  "bearing-inner": { ...FINDING_RULES["bearing-inner"], persistMs: 10_000, clearMs: 20_000 },
};

function watching(rules: FindingRules = RULES) {
  const said: string[] = [];
  const refused: number[] = [];
  const watch = new FindingWatch({
    rules,
    onAlarm: (_, at, firstAt) => said.push(`alarm@${at / 1_000} since ${firstAt / 1_000}`),
    onGone: (_, at) => said.push(`gone@${at / 1_000}`),
    onRefused: (at) => refused.push(at),
  });
  return { watch, said, refused };
}

/** One letter each second: `F` found, `.` judged and not found, a space is not judged. */
function play(timeline: string, rules: FindingRules = RULES): readonly string[] {
  const { watch, said } = watching(rules);
  [...timeline].forEach((letter, index) => {
    if (letter !== " ") watch.judged("bearing", letter === "F" ? [findingOf()] : [], index * 1_000);
  });
  return said;
}

const ALARM = "F".repeat(13);

test.each([
  { name: "a fluke is no alarm", timeline: ".....F......F........", said: [] },
  { name: "what is in two of five windows never is", timeline: "F.F..".repeat(40), said: [] },
  { name: "it has to last, counted from the third window", timeline: "F".repeat(12), said: [] },
  {
    name: "what lasts is an alarm, and knows when it was first seen",
    timeline: `..${ALARM}`,
    said: ["alarm@14 since 2"],
  },
  {
    name: "a miss now and then does not begin it anew",
    timeline: "FFF.FFFF.FFFF.FFF",
    said: ["alarm@12 since 0"],
  },
  {
    name: "windows that were not judged say nothing",
    timeline: `F  FF   ${"F".repeat(10)}      `,
    said: ["alarm@15 since 0"],
  },
  {
    name: "it is over when it was in none of the last windows for long enough",
    timeline: `${ALARM}${".".repeat(30)}`,
    said: ["alarm@12 since 0", "gone@37"],
  },
  {
    name: "one window that shows it holds an alarm up",
    timeline: `${ALARM}${".".repeat(20)}F${".".repeat(20)}`,
    said: ["alarm@12 since 0"],
  },
  {
    name: "silence is no end of it",
    timeline: `${ALARM}.....${" ".repeat(100)}`,
    said: ["alarm@12 since 0"],
  },
  {
    name: "it can come again",
    timeline: `${ALARM}${".".repeat(26)}${ALARM}`,
    said: ["alarm@12 since 0", "gone@37", "alarm@51 since 39"],
  },
])("$name", ({ timeline, said }) => {
  expect(play(timeline)).toEqual(said);
});

test("a night between two windows is no night of evidence", () => {
  const { watch, said } = watching();
  const night = 8 * 3_600_000;
  for (const at of [0, 1, 2]) watch.present(findingOf(), at * 1_000);
  watch.present(findingOf(), night);
  expect(said).toEqual([]);
  for (let at = 1; at <= 8; at++) watch.present(findingOf(), night + at * 1_000);
  expect(said).toHaveLength(1);
});

test("a vibration that goes on into zone D is told again, once, as graver", () => {
  const { watch, said } = watching({
    ...RULES,
    "vibration-severity": { ...FINDING_RULES["vibration-severity"], persistMs: 0 },
  });
  const severe = (zone: "C" | "D") => findingOf("vibration-severity", { zone }, null);
  for (let at = 0; at < 5; at++) watch.present(severe("C"), at * 1_000);
  for (let at = 5; at < 9; at++) watch.present(severe("D"), at * 1_000);
  watch.present(severe("C"), 9_000);
  expect(said).toEqual(["alarm@2 since 0", "alarm@5 since 0"]);
});

test("an alarm of an earlier life ends as one of this", () => {
  const { watch, said } = watching();
  watch.restore(findingOf(), 600, 0);
  watch.judged("bearing", [findingOf()], 1_000);
  for (let at = 2; at < 40; at++) watch.judged("bearing", [], at * 1_000);
  expect(said).toEqual(["gone@26"]);
});

describe("limits", () => {
  test("no more alarms than anybody reads", () => {
    const { watch, said, refused } = watching();
    for (let at = 0; at < 13; at++) {
      for (let other = 0; other < FINDING_ALARMS_MAX + 50; other++) {
        watch.present({ ...findingOf(), id: `bearing.${other}` }, at * 1_000);
      }
    }
    expect(said).toHaveLength(FINDING_ALARMS_MAX);
    expect(refused).toHaveLength(50);
  });

  test("ids that never come again do not fill it", () => {
    const { watch, said } = watching();
    for (let other = 0; other < 5_000; other++) {
      watch.present({ ...findingOf(), id: `bearing.${other}` }, other);
    }
    for (let at = 0; at < 13; at++) watch.present(findingOf(), 10_000 + at * 1_000);
    expect(said).toHaveLength(1);
  });
});

test("an alarm always stood on most of five windows, and its end on none of five", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (windows) => {
      const { watch, said } = watching();
      windows.forEach((found, index) => {
        const before = said.length;
        watch.judged("bearing", found ? [findingOf()] : [], index * 1_000);
        if (said.length === before) return;
        const last = windows.slice(Math.max(0, index - 4), index + 1).filter(Boolean).length;
        if (said.at(-1)!.startsWith("alarm")) expect(last).toBeGreaterThanOrEqual(3);
        else expect(last).toBe(0);
      });
      const kinds = said.map((words) => words.split("@")[0]);
      expect(kinds.every((kind, index) => kind === (index % 2 === 0 ? "alarm" : "gone"))).toBe(
        true,
      );
    }),
  );
});
