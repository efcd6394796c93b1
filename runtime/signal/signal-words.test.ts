// The shared words: faults and their policies, reasons and their codes, units and their codes.

import { describe, expect, test } from "vitest";
import { Fault, faultPolicies, reasonOf } from "./fault.ts";
import { codeOf, GOOD, qualityOf, REASONS, reasonOfCode } from "./quality.ts";
import { UNITS } from "./units.ts";

describe("a fault", () => {
  test("carries its policy, its cause and what a person can do", () => {
    const cause = new Error("EACCES");
    const fault = new Fault("DATA_LOCKED", "another meter is running", "stop it first", { cause });
    expect(fault).toMatchObject({
      name: "Fault",
      code: "DATA_LOCKED",
      policy: "disable",
      message: "another meter is running",
      remedy: "stop it first",
      cause,
    });
  });

  test("that could make hours wrong halts", () => {
    expect(faultPolicies.DATA_UNUSABLE).toBe("halt");
    expect(faultPolicies.JOURNAL_UNUSABLE).toBe("halt");
  });

  test("of any kind has a text", () => {
    expect([reasonOf(new Error("gone")), reasonOf("gone"), reasonOf(undefined)]).toEqual([
      "gone",
      "gone",
      "undefined",
    ]);
  });
});

describe("a quality code", () => {
  test("is the place of its reason, as journals on disk hold it", () => {
    expect(REASONS).toEqual([
      "good",
      "stale",
      "out-of-range",
      "not-connected",
      "timeout",
      "checksum",
      "exception",
      "sensor-fault",
      "settling",
      "substituted",
      "overrun",
      "not-configured",
      "indeterminate",
    ]);
  });

  test("goes to its reason and back, and good has none", () => {
    for (const reason of REASONS) {
      if (reason !== "good") expect(reasonOfCode(codeOf(reason))).toBe(reason);
    }
    expect(reasonOfCode(GOOD)).toBeUndefined();
  });

  test("is good, uncertain or bad", () => {
    expect(qualityOf(GOOD)).toBe("good");
    expect(qualityOf(codeOf("settling"))).toBe("uncertain");
    expect(qualityOf(codeOf("stale"))).toBe("bad");
  });
});

test("every unit has a UNECE code of its own, as an OPC UA client looks it up", () => {
  const codes = Object.values(UNITS).map(({ unece }) => unece);
  expect(new Set(codes).size).toBe(codes.length);
  // OPC 10000-8 packs at most four characters into a UnitId.
  for (const code of codes) expect(code).toMatch(/^[A-Z0-9]{1,3}$/);
});
