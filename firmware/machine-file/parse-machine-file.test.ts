import { describe, expect, test } from "vitest";
import { TEMPLATES } from "./templates.ts";
import { changed, DEMO, GOOD, machineOf, problemsOf, warningsOf } from "./test-files.ts";

describe("a good file", () => {
  test("has neither problems nor warnings", () => {
    expect(problemsOf(GOOD)).toEqual([]);
    expect(warningsOf(GOOD)).toEqual([]);
  });

  test("gets its defaults, with durations in milliseconds", () => {
    const machine = machineOf(GOOD);
    expect(machine.signals[0]).toEqual({
      name: "flow",
      description: "",
      unit: "L/min",
      scale: 1,
      offset: 0,
      range: [0, 500],
      deadband: 0,
      deadbandShare: 0,
      heartbeatMs: 300_000,
      staleMs: 10_000,
      source: "pump",
    });
    expect(machine.signals[1]).toMatchObject({ unit: "1", range: [-Infinity, Infinity] });
    expect(machine.journal).toEqual({ commitEveryMs: 1_000, sizeMax: 2e9 });
    expect(machine.endpoints).toEqual({ http: { host: "127.0.0.1", port: 8420 }, opcua: null });
    expect(machine.identity.location).toBe("");
  });

  test("gives each device its points, with the settings as the driver's schema made them", () => {
    const [plant, shaker] = machineOf(GOOD).buses;
    expect(plant?.driver.name).toBe("modbus");
    expect(plant?.settings).toEqual({ transport: "tcp", host: "10.0.0.7", port: 502 });
    expect(plant?.devices[0]).toEqual({
      name: "pump",
      everyMs: 2_000,
      settings: { unitId: 3, timeout: 500 },
      points: [
        {
          name: "flow",
          kind: "signal",
          index: 0,
          settings: { register: { input: 0, type: "int16" } },
        },
        {
          name: "faultWord",
          kind: "signal",
          index: 1,
          settings: { register: { holding: 1, type: "uint16" } },
        },
      ],
    });
    expect(shaker?.devices[0]?.points).toEqual([
      { name: "bearing", kind: "waveform", index: 0, settings: { channel: 0 } },
    ]);
  });

  test("gets four signals from a waveform, after the declared ones", () => {
    const machine = machineOf(GOOD);
    const names = machine.signals.map((signal) => `${signal.name} ${signal.unit}`);
    expect(names.slice(2)).toEqual([
      "bearingRms [g]",
      "bearingPeak [g]",
      "bearingCrestFactor 1",
      "bearingKurtosis 1",
    ]);
    expect(machine.waveforms[0]).toMatchObject({
      windowSamples: 1_000,
      ringSamples: 16_384,
      featureSignals: [2, 3, 4, 5],
    });
    expect(machine.alarms[0]?.when).toMatchObject({ signal: 5, staleMs: 5_000 });
    expect(machine.alarms[0]?.severity).toBe(500);
  });

  test("makes conditions that know when their signal is stale", () => {
    expect(machineOf(GOOD).usage.WORKING).toEqual({
      signal: 0,
      test: "above",
      threshold: 45,
      hysteresis: 5,
      minOnMs: 2_000,
      minOffMs: 0,
      staleMs: 10_000,
    });
  });

  test("may share settings through an alias", () => {
    const text = changed("bits: 0xff }", "bits: 0xff }\n  IDLE: &idle { signal: flow, above: 1 }");
    const aliased = text.replace("{ signal: bearingKurtosis, above: 6 }", "*idle");
    expect(machineOf(aliased).alarms[0]?.when).toMatchObject({ signal: 0, threshold: 1 });
  });

  test("may be written with sections that are empty", () => {
    expect(
      problemsOf("telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\nalarms:\n"),
    ).toEqual([]);
  });
});

test("the demo's machine file loads, and warns of its anonymous OPC UA server only", () => {
  const warnings = warningsOf(DEMO);
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("endpoints.opcua.anonymous");
});

test.each(Object.entries(TEMPLATES))("the template %s has ten lines and loads", (_, text) => {
  expect(text.trimEnd().split("\n")).toHaveLength(10);
  expect(warningsOf(text)).toEqual([]);
});
