// What the sections `usage`, `time` and `ledger` become, and what `check` says of them in words.

import { expect, test } from "vitest";
import { describeMachine } from "./describe.ts";
import { EVERYTHING, machineOf, warningsOf } from "./test-files.ts";

const LESSOR = /lessor: (.*)/.exec(EVERYTHING)![1]!;
const WITNESS = /key: (lessee.*)/.exec(EVERYTHING)![1]!;

test("everything beside the states is read, with defaults and milliseconds", () => {
  expect(warningsOf(EVERYTHING)).toEqual([]);
  const machine = machineOf(EVERYTHING);
  expect(machine.usage).toMatchObject({
    modes: { Setup: { signal: 2, threshold: 1 }, Maintenance: { signal: 2, threshold: 2 } },
    overload: { signal: 0, threshold: 90, minOnMs: 2_000 },
    cycles: { signal: 0, test: "above", threshold: 60 },
    strokes: { counter: 3 },
    conflicts: [{ name: "runs", between: [{ signal: 1 }, { signal: 0 }], limitMs: 3_000 }],
    faultOrder: ["instruction", "alarm"],
    faultAlarms: ["failure"],
  });
  expect(machine.hourRegister).toEqual({
    signal: 4,
    msPerUnit: 3_600_000,
    toleranceMs: 360_000,
    tolerancePerMille: 1,
    rolloverAt: 360_000_000_000,
    compareWith: ["working", "idle"],
  });
  expect(machine.services).toEqual([
    { name: "oil", register: "working", every: 72_000_000_000, warn: 180_000_000 },
    { name: "die", register: "strokes", every: 1_000_000, warn: 100_000 },
  ]);
  expect(machine.powerFail).toMatchObject({ signal: 5, test: "below", threshold: 18 });
  expect(machine.gnssSignal).toBe(6);
  expect(machine.ledger).toEqual({
    lessor: LESSOR,
    witnesses: [{ name: "lessee", url: "https://witness.example/", key: WITNESS }],
    checkpointEveryMs: 300_000,
    tickEveryMs: 900_000,
  });
});

test("without these sections there is nothing of it, and the ledger's defaults hold", () => {
  const machine = machineOf(EVERYTHING.slice(0, EVERYTHING.indexOf("  modes:")));
  expect(machine.usage).not.toHaveProperty("modes");
  expect(machine).toMatchObject({
    hourRegister: null,
    services: [],
    powerFail: null,
    gnssSignal: null,
    ledger: { lessor: null, witnesses: [], checkpointEveryMs: 900_000, tickEveryMs: 900_000 },
  });
});

test("what it all amounts to is told in words", () => {
  const { usage, beside } = describeMachine(machineOf(EVERYTHING));
  expect(usage["UNKNOWN"]).toBe("when current or runContact is bad, or in conflict over runs");
  expect(Object.entries(beside)).toEqual([
    ["Maintenance", "is the operating mode when key is 2"],
    ["Setup", "is the operating mode when key is 1"],
    ["overload", "counts time when current is above 90 A (on after 2 s)"],
    ["cycles", "count each time that current is above 60 A"],
    ["strokes", "are what pulses counts"],
    [
      "conflict runs",
      "when they differ for more than 3 s: whether runContact is 1; whether current is above 5 A",
    ],
    ["faults", "are said by a signed instruction, then the alarms drive"],
    ["feature supplyDrift", "is the drift of supply over 1 h"],
    ["feature currentFluctuation", "is the fluctuation of current over 10 min, only while IDLE"],
    ["feature phases", "is the unbalance of current to current to supply over 1 min"],
    ["feature currentPerVolt", "is the ratio of current to supply over 5 min"],
    ["service oil", "each 20000 h of working, warns 50 h before"],
    ["service die", "each 1000000 of strokes, warns 100000 before"],
    ["hourRegister", "ownHours is compared with working + idle, to 6 min and 1 per mille"],
    ["powerFail", "is announced when supply is below 18 V"],
    ["time", "is also told by epoch"],
    [
      "ledger",
      "is signed each 5 min at least, witnessed by lessee, and takes a lease from lessor.example",
    ],
  ]);
});

test.each([
  ["a witness's key where the lessor's belongs", LESSOR, WITNESS, "the key is of a witness"],
  ["the lessor's key where a witness's belongs", WITNESS, LESSOR, "the key is of no witness"],
  ["a key with a changed letter", LESSOR, LESSOR.replace("lessor", "lessur"), "its id would be"],
])("%s is refused", (_, from, to, words) => {
  expect(() => machineOf(EVERYTHING.replace(from, to))).toThrow(words);
});

test("two witnesses of one name are refused", () => {
  const one = EVERYTHING.slice(
    EVERYTHING.indexOf("    - name"),
    EVERYTHING.indexOf("  checkpointEvery"),
  );
  expect(() => machineOf(EVERYTHING.replace(one, `${one}${one}`))).toThrow(
    "ledger.witnesses[1].name: is the name of another witness",
  );
});

test("what can never count, or hardly ever, is warned of", () => {
  const warned = EVERYTHING.replace("tolerance: 6min, ", "tolerance: 1min, ")
    .replace("register: working, every", "register: standby, every")
    .replace("[instruction, alarm]", "[machine, instruction]");
  expect(warningsOf(warned).map((line) => line.replace(/^\S+ /, ""))).toEqual([
    "usage.faultFrom: names machine, and there is no rule FAULT that it could say",
    "usage.faultAlarms: never counts: faultFrom does not name alarm",
    "usage.hourRegister.tolerance: is less than one step of ownHours, 180 s",
    "usage.service.oil.register: standby never counts: there is no rule STANDBY",
  ]);
});
