import { describe, expect, test } from "vitest";
import { machine, problemsOf } from "../testing/judged-window.ts";

describe("the circumstances", () => {
  const geometry = {
    designation: "6205",
    elements: 9,
    elementDiameterMm: 7.94,
    pitchDiameterMm: 39.04,
    contactAngleDeg: 0,
    source: "given",
  };
  const bearings = [{ name: "driveEnd", geometry, ratio: 1 }];
  const regime = { speedHz: [20, 30], load: [40, 100] } as const;

  test.each([
    { name: "an unknown speed", circumstances: { speedHz: null }, said: ["speed-unknown: orders"] },
    {
      name: "an unknown speed of a bearing",
      channel: { bearings },
      circumstances: { speedHz: null },
      said: ["speed-unknown: orders", "speed-unknown: bearing"],
    },
    {
      name: "an unknown speed where a regime is set",
      channel: { regime },
      circumstances: { speedHz: null },
      said: ["speed-unknown: everything"],
    },
    {
      name: "a speed that is no number",
      circumstances: { speedHz: Number.NaN },
      said: ["speed-unknown: orders"],
    },
    { name: "a speed of zero", circumstances: { speedHz: 0 }, said: ["at-rest: everything"] },
    {
      name: "a speed outside of the regime",
      channel: { regime },
      circumstances: { speedHz: 30.5 },
      said: ["speed-out-of-regime: everything"],
    },
    { name: "a shaft that turns backwards", circumstances: { speedHz: -24.3 }, said: [] },
    {
      name: "a load outside of the regime",
      channel: { regime },
      circumstances: { load: 39 },
      said: ["load-out-of-regime: everything"],
    },
    {
      name: "a load that is not known",
      channel: { regime },
      circumstances: { load: null },
      said: ["load-out-of-regime: everything"],
    },
    {
      name: "a load inside the regime",
      channel: { regime },
      circumstances: { load: 40 },
      said: [],
    },
    {
      name: "a bearing whose lines the rate cannot show",
      channel: { bearings },
      circumstances: { speedHz: 1_200 },
      said: ["wrong-rate: bearing"],
    },
    {
      name: "a gear whose mesh the rate cannot show",
      channel: { gears: [{ name: "first", teeth: 600, ratio: 1 }] },
      said: ["wrong-rate: orders"],
    },
    {
      name: "a bearing whose balls do not fit",
      channel: {
        bearings: [{ name: "x", ratio: 1, geometry: { ...geometry, elementDiameterMm: 20 } }],
      },
      said: ["geometry-unknown: bearing"],
    },
    {
      name: "windows too short for a severity",
      channel: {
        windowSamples: 2_560,
        severity: {
          name: "given",
          measure: "velocityRms",
          boundaries: [1, 2, 3],
          source: "given",
          verified: true,
        },
      },
      said: ["too-short: severity"],
    },
  ] as const)("$name: $said", ({ channel, circumstances, said }) => {
    expect(problemsOf(machine(), channel, circumstances)).toEqual(said);
  });
});
