// The library of geometries against what was published about each, and texts that are none.

import { describe, expect, test } from "vitest";
import { Fault } from "../../signal/fault.ts";
import { bearingOrders } from "./geometry.ts";
import { BEARING_LIBRARY, implausibility, parseBearing } from "./library.ts";

describe("the library", () => {
  test.each(BEARING_LIBRARY)("$designation could be, and says where it was read", (geometry) => {
    expect(implausibility(geometry)).toBeNull();
    expect(geometry.source.length).toBeGreaterThan(20);
    const { bpfo, bpfi, ftf } = bearingOrders(geometry);
    expect(bpfo + bpfi).toBeCloseTo(geometry.elements, 12);
    expect(bpfo / geometry.elements).toBeCloseTo(ftf, 12);
  });

  // Multiples of the speed as the Bearing Data Center gives them (a ball strikes both rings:
  // 2×BSF).
  test.each([
    { name: "6205", bpfo: 3.5848, bpfi: 5.4152, ftf: 0.39828, twiceBsf: 4.7135 },
    { name: "6203", bpfo: 3.053, bpfi: 4.9469, ftf: 0.3817, twiceBsf: 3.9874 },
  ])("$name gives its published multiples", ({ name, bpfo, bpfi, ftf, twiceBsf }) => {
    const orders = bearingOrders(parseBearing(name));
    expect(orders.bpfo).toBeCloseTo(bpfo, 3);
    expect(orders.bpfi).toBeCloseTo(bpfi, 3);
    expect(orders.ftf).toBeCloseTo(ftf, 3);
    expect(2 * orders.bsf).toBeCloseTo(twiceBsf, 2);
  });

  test("the MFPT bearing gives the frequencies in the data set's files, at 25 Hz", () => {
    const { bpfo, bpfi, bsf, ftf } = bearingOrders(parseBearing("NICE"));
    expect(25 * bpfo).toBeCloseTo(81.125, 1);
    expect(25 * bpfi).toBeCloseTo(118.875, 1);
    expect(25 * bsf).toBeCloseTo(63.91, 1);
    // Its files give FTF as 14.8375 Hz, which is that of the inner ring's side: (1 + d/D) ÷ 2.
    expect(25 * ftf).toBeCloseTo(25 - 14.859, 1);
  });

  test("the IMS bearing gives 236.4 and 296.9 Hz at 2000 rpm", () => {
    const { bpfo, bpfi } = bearingOrders(parseBearing("ZA-2115"));
    expect((2000 / 60) * bpfo).toBeCloseTo(236.4, 1);
    expect((2000 / 60) * bpfi).toBeCloseTo(296.9, 1);
  });
});

describe("a bearing's text", () => {
  test.each([
    "6205-2RS JEM",
    "6205-2RS JEM SKF",
    "SKF6205-2Z/C3",
    "6205ZZ",
    "6205/C3",
    " 6205 ",
    "za-2115",
  ])("%j is known", (text) => {
    expect(parseBearing(text).elements).toBeGreaterThan(0);
  });

  test("gives a geometry by hand, in any order, the angle being 0 unless given", () => {
    expect(parseBearing("D=39.04, n=9 ,d=7.94")).toEqual({
      designation: "D=39.04, n=9 ,d=7.94",
      elements: 9,
      elementDiameterMm: 7.94,
      pitchDiameterMm: 39.04,
      contactAngleDeg: 0,
      source: "given",
    });
  });

  test.each([
    { text: "6209", says: /not in the library/ },
    { text: "6205-E", says: /not in the library/ },
    { text: "6205 ETN9", says: /not in the library/ },
    { text: "", says: /not in the library/ },
    { text: "n=9,d=7.94", says: /lacks D/ },
    { text: "n=9,d=7.94,D=39.04,phi=0", says: /unknown "phi"/ },
    { text: "n=9,n=9,d=7.94,D=39.04", says: /n twice/ },
    { text: "n=nine,d=7.94,D=39.04", says: /n without a number/ },
    { text: "n=9,d=39.04,D=7.94", says: /D is larger than d/ },
    { text: "n=16,d=7.94,D=39.04", says: /do not fit on a pitch circle/ },
    { text: "n=8.5,d=7.94,D=39.04", says: /n is a whole number/ },
    { text: "n=9,d=7.94,D=39.04,angle=90", says: /angle lies between/ },
    { text: "x".repeat(300), says: /too long/ },
  ])("$text is refused", ({ text, says }) => {
    expect(() => parseBearing(text)).toThrow(Fault);
    expect(() => parseBearing(text)).toThrow(says);
  });

  test("is told what there is and how to give the geometry by hand, and no other bearing", () => {
    const fault = faultOf("6215");
    expect(fault.remedy).not.toMatch(/Is it|did you mean/i);
    expect(fault.remedy).toContain("6205, 6203");
    expect(fault.remedy).toContain("n=9,d=7.94,D=39.04,angle=0");
    expect(faultOf("crankshaft").remedy).toContain("UER204");
  });
});

function faultOf(text: string): Fault {
  try {
    parseBearing(text);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
  throw new Error(`${text} was accepted`);
}
