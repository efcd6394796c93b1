import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Fault } from "../signal/fault.ts";
import { judgeSeverity, SEVERITY_NAMES, severityLimits } from "./severity.ts";
import { SEVERITY_TABLE } from "./severity-table.ts";

describe("the table", () => {
  test("has rising boundaries, a source, and a mark where that is memory alone", () => {
    for (const { name, boundaries, source, verified } of SEVERITY_TABLE) {
      const [first, second, third] = boundaries;
      expect(0 < first && first < second && second < third, name).toBe(true);
      expect(source.length, name).toBeGreaterThan(20);
      expect(source.startsWith("unverified"), name).toBe(!verified);
    }
  });

  test("names no row twice", () => {
    expect(new Set(SEVERITY_NAMES).size).toBe(SEVERITY_NAMES.length);
  });

  test("has softer limits for flexible supports and for larger machines", () => {
    const compared = ["", "-displacement"].flatMap((measure) => [
      [`group1-rigid${measure}`, `group1-flexible${measure}`],
      [`group2-rigid${measure}`, `group2-flexible${measure}`],
      [`group2-rigid${measure}`, `group1-rigid${measure}`],
      [`group2-flexible${measure}`, `group1-flexible${measure}`],
    ]);
    const classes = [1, 2, 3].map((step) => [`class${step}`, `class${step + 1}`]);
    for (const [stricter, softer] of [...compared, ...classes]) {
      const strict = severityLimits(stricter!).boundaries;
      severityLimits(softer!).boundaries.forEach((value, index) => {
        expect(value, `${stricter} and ${softer}`).toBeGreaterThan(strict[index]!);
      });
    }
  });

  test("has classes whose boundaries are in the ratios of ISO 20816-1:2016, C.2", () => {
    for (const name of ["class1", "class2", "class3", "class4"]) {
      const [first, second, third] = severityLimits(name).boundaries;
      expect(Math.abs(second / first / 2.56 - 1), name).toBeLessThan(0.03);
      expect(Math.abs(third / first / 6.4 - 1), name).toBeLessThan(0.03);
    }
  });
});

describe("the zone", () => {
  const limits = severityLimits("group2-rigid");

  test.each([
    { value: 0, zone: "A" },
    { value: 1.4, zone: "A" },
    { value: 1.401, zone: "B" },
    { value: 2.8, zone: "B" },
    { value: 2.801, zone: "C" },
    { value: 4.5, zone: "C" },
    { value: 4.501, zone: "D" },
    { value: Number.POSITIVE_INFINITY, zone: "D" },
  ])("of $value mm/s in group 2 on a rigid support is $zone", ({ value, zone }) => {
    expect(judgeSeverity(limits, value)).toBe(zone);
  });

  test("never gets better when the value rises", () => {
    const values = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(values, values, fc.constantFrom(...SEVERITY_TABLE), (one, other, row) => {
        const [low, high] = [Math.min(one, other), Math.max(one, other)];
        expect(judgeSeverity(row, low) <= judgeSeverity(row, high)).toBe(true);
      }),
    );
  });

  test("of what is no number is nobody's to give", () => {
    expect(() => judgeSeverity(limits, Number.NaN)).toThrow();
    expect(() => judgeSeverity(limits, -1)).toThrow();
  });
});

describe("the limits of a shaft", () => {
  test("fall with the root of its speed and are marked unverified", () => {
    const limits = severityLimits("shaft-3600rpm");
    expect(limits.boundaries).toEqual([80, 150, 220]);
    expect(limits).toMatchObject({ measure: "displacementPeakToPeak", verified: false });
  });

  test.each(["shaft-999rpm", "shaft-30001rpm"])("do not hold at %s", (name) => {
    expect(() => severityLimits(name)).toThrow(Fault);
  });
});

test("an unknown name is a fault that names the choices", () => {
  try {
    severityLimits("group3-rigid");
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    const { code, message, remedy } = error as Fault;
    expect(code).toBe("SETTING_INVALID");
    expect(message).toContain("group3-rigid");
    for (const name of SEVERITY_NAMES) expect(remedy).toContain(name);
  }
});
