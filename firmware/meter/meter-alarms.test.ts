// Alarms within the metering: findings become alarms with words, evidence and registers, classes of
// the machine file make FAULT, and the next life goes on with all of it.

import { describe, expect, test } from "vitest";
import type { StandingAlarm } from "../../runtime/diagnosis/alarm-book.ts";
import type { Finding } from "../../runtime/diagnosis/finding.ts";
import type { AlarmBody } from "../../runtime/journal/record.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { findingOf } from "../../runtime/testing/findings.ts";
import { drivers } from "../drivers.ts";
import { builtInKnowledgeText } from "../host/assets.ts";
import { readKnowledge } from "../knowledge/knowledge-file.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { Metering } from "./metering.ts";

const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { s: { driver: simulated }, w: { driver: waveform } }
devices: { d: { bus: s }, a: { bus: w, source: { tcp: "127.0.0.1:9" } } }
signals: { heat: { device: d, wave: { constant: 1 }, stale: 10s } }
waveforms: { bearing: { device: a, channel: 0, rate: 1000 } }
usage:
  WORKING: { signal: heat, above: 50 }
  faultAlarms: [failure, check-function]
alarms:
  hot: { when: { signal: heat, above: 100 }, ne107: failure, latch: true, text: Hot. }
findings:
  bearing-inner: { ne107: failure, persist: 10s, clear: 20s }
  sensor-clipped: { persist: 2s, clear: 5s }
`;

const read = readKnowledge(builtInKnowledgeText(), "built-in.yaml");
if ("problems" in read) throw new Error("the product's knowledge is broken");
const { knowledge } = read;

function life(clock: FakeClock, file = FILE) {
  const parsed = parseMachineFile(file, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const records: (AlarmBody & { at: number })[] = [];
  const metering = new Metering({
    machine: parsed.machine,
    clock,
    recorder: {
      sample: () => undefined,
      record: (kind, body, at) => {
        // As the journal keeps it: text.
        if (kind === "alarm") records.push({ ...JSON.parse(JSON.stringify(body)), at });
      },
    },
    past: null,
    save: () => undefined,
    knowledge,
  });
  /** One second of work, with what a judged window shows; null where none was judged. */
  const second = (findings: readonly Finding[] | null, heat = 60) => {
    clock.advance(1_000);
    const now = clock.mono();
    metering.intake.accept(0, heat, now);
    if (findings !== null) metering.findings("bearing", findings, now, { loadUnit: "%" });
    metering.tick(now);
  };
  const seconds = (count: number, findings: readonly Finding[] | null, heat?: number) => {
    for (let index = 0; index < count; index++) second(findings, heat);
  };
  /** The last record of each alarm that stands after it, as the reading thread asks for them. */
  const remembered = (): StandingAlarm[] =>
    [...new Map(records.map((record) => [record.id, record])).values()]
      .filter(({ standing, state }) => state === "active" || standing !== "normal")
      .map(({ at, ...body }) => ({ ...body, since: body.onset?.at ?? clock.instantAt(at) }));
  return { metering, records, seconds, remembered };
}

test("a finding that lasts is an alarm with words, evidence, registers and what to do", () => {
  const { records, seconds } = life(new FakeClock());
  seconds(13, [findingOf()]);
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({
    id: "bearing.bearing-inner.driveEnd",
    source: "bearing",
    event: "raised",
    standing: "unacknowledged-active",
    ne107: "failure",
    severity: 600,
    priority: "high",
    latch: true,
    at: 13_000,
    finding: { fault: "bearing-inner", part: "driveEnd", firstAt: { mono: 1_000 } },
    evidence: { lines: [{ line: "BPFI" }, { line: "2×BPFI" }], window: { samples: 12_000 } },
    advice: { part: "the bearing that is named, with its seals" },
  });
  expect(records[0]!.text).toMatch(
    /^Damage to the inner race of the drive-end bearing \(bearing\)/,
  );
  expect(records[0]!.text).toContain("at 0.0 working hours, 87 % load, 1,797 rpm.");
  expect(records[0]!.text).toMatch(/Plan to exchange the bearing; .*\.$/);
  expect(records[0]!.registers.working).toBeGreaterThan(0);
});

test("a change is found since when it began, and not since it was first said", () => {
  const { records, seconds } = life(new FakeClock());
  const usual = { feature: "rms", value: 2, unit: "[g]", limit: 1.3, usual: 1, spreads: 9.9 };
  const found = findingOf("vibration-change", { lines: [], features: [usual] }, null);
  seconds(700, null);
  seconds(700, [{ ...found, since: 500_000 }]);
  expect(records).toMatchObject([
    { finding: { firstAt: { mono: 500_000 } }, evidence: { features: [{ spreads: 9.9 }] } },
  ]);
});

test("a finding of a class that says FAULT does, from the window that decided it", () => {
  const { metering, seconds } = life(new FakeClock());
  seconds(12, [findingOf()]);
  expect(metering.usage.state).toBe("WORKING");
  seconds(3, [findingOf()]);
  expect(metering.usage).toMatchObject({
    state: "FAULT",
    source: "alarm:bearing.bearing-inner.driveEnd",
    stateSince: 13_000,
  });
  seconds(30, []);
  // It latches, but the machine works again: a latch is about people, not about hours.
  expect(metering.usage.state).toBe("WORKING");
  expect(metering.activeAlarms).toMatchObject([
    { state: "cleared", standing: "returned-unacknowledged" },
  ]);
});

test("a sensor's fault is check-function and never the machine's, whatever the file says", () => {
  const { metering, records, seconds } = life(new FakeClock());
  seconds(10, [findingOf("sensor-clipped", { lines: [] }, null)]);
  expect(records).toMatchObject([{ ne107: "check-function", event: "raised" }]);
  expect(metering.usage.state).toBe("WORKING");
});

test("a shelved alarm makes FAULT and is on record as ever", () => {
  const { metering, records, seconds } = life(new FakeClock());
  const shelf = { by: "Eva", because: "x", forMs: 3_600_000 };
  metering.alarms.book.shelve("hot", shelf, 0);
  seconds(3, null, 120);
  expect(metering.usage).toMatchObject({ state: "FAULT", source: "alarm:hot" });
  expect(records.map(({ event }) => event)).toEqual(["shelved", "raised"]);
  expect(records[1]).toMatchObject({
    shelf,
    evidence: { features: [{ feature: "heat", value: 120, limit: 100 }] },
  });
});

test("bad data neither raise nor clear, and a window that was not judged says nothing", () => {
  const { metering, records, seconds } = life(new FakeClock());
  seconds(13, [findingOf()], 120);
  const before = records.length;
  for (let index = 0; index < 100; index++) {
    metering.intake.reject(0, "timeout", 14_000 + index * 1_000);
    metering.tick(14_000 + index * 1_000);
  }
  expect(records).toHaveLength(before);
  expect(metering.activeAlarms.map(({ state }) => state)).toEqual(["active", "active"]);
});

test("what is said window by window is the same as what is said of all at once", () => {
  const clock = new FakeClock();
  const { metering, records } = life(clock);
  for (let at = 1; at <= 13; at++) metering.finding(findingOf(), at * 1_000);
  for (let at = 14; at <= 45; at++) {
    metering.findingGone(findingOf().id, at * 1_000);
  }
  expect(records.map(({ event, at }) => [event, at])).toEqual([
    ["raised", 13_000],
    ["cleared", 38_000],
  ]);
});

describe("after a power cut", () => {
  test("a finding's alarm goes on: who knows of it, since when, on what evidence", () => {
    const clock = new FakeClock();
    const earlier = life(clock);
    earlier.seconds(13, [findingOf()]);
    earlier.metering.alarms.book.acknowledge(findingOf().id, "Eva", "seen", clock.mono());
    const before = earlier.metering.activeAlarms;
    clock.reboot("boot-2");
    const later = life(clock);
    later.metering.restoreAlarms(earlier.remembered());
    expect(later.metering.activeAlarms).toEqual(before);
    later.seconds(3, [findingOf()]);
    expect(later.metering.usage.source).toBe(`alarm:${findingOf().id}`);
    expect(later.records).toEqual([]);
    later.seconds(30, []);
    expect(later.records).toMatchObject([{ event: "cleared", standing: "normal" }]);
    expect(later.metering.usage.state).toBe("WORKING");
  });

  test("one that is over and waits to be seen goes on waiting", () => {
    const clock = new FakeClock();
    const earlier = life(clock);
    earlier.seconds(2, null, 120);
    earlier.seconds(2, null, 20);
    clock.reboot("boot-2");
    const later = life(clock);
    later.metering.restoreAlarms(earlier.remembered());
    expect(later.metering.activeAlarms).toMatchObject([
      {
        id: "hot",
        state: "cleared",
        standing: "returned-unacknowledged",
        since: { boot: "boot-1" },
      },
    ]);
    later.seconds(2, null, 60);
    expect(later.metering.usage.state).toBe("WORKING");
  });

  test("what the machine file speaks of no more is ended on record", () => {
    const clock = new FakeClock();
    const earlier = life(clock);
    earlier.seconds(13, [findingOf()], 120);
    clock.reboot("boot-2");
    const file = FILE.replace("hot:", "warm:").replace(
      "waveforms: { bearing:",
      "waveforms: { gear:",
    );
    const later = life(clock, file);
    later.metering.restoreAlarms(earlier.remembered());
    expect(later.metering.activeAlarms).toEqual([]);
    expect(later.records.map(({ id, state, standing }) => [id, state, standing])).toEqual([
      ["hot", "cleared", "normal"],
      [findingOf().id, "cleared", "normal"],
    ]);
  });
});
