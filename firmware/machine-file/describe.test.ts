import { expect, test } from "vitest";
import { describeMachine } from "./describe.ts";
import { parseMachineFile } from "./parse-machine-file.ts";
import { standInDrivers } from "./stand-in-drivers.ts";

const FILE = `telltale: 1
machine: { maker: a, model: b, serialNumber: c }
buses: { line: { driver: modbus, host: h } }
devices: { pump: { bus: line } }
signals:
  flow: { device: pump, register: { input: 0 }, unit: L/min }
  faults: { device: pump, register: { input: 1 } }
  mode: { device: pump, register: { input: 2 } }
usage:
  WORKING:
    all:
      - { signal: flow, above: 45, hysteresis: 5, minOn: 2s, minOff: 500ms }
      - any: [{ signal: mode, equals: 3 }, { signal: flow, below: 900, hysteresis: 10 }]
  FAULT: { signal: faults, bits: 0x0f }
`;

test("what decides each usage state is told in the order of precedence", () => {
  const parsed = parseMachineFile(FILE, "m.yaml", standInDrivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { usage, beside, ...counts } = describeMachine(parsed.machine);
  expect(counts).toEqual({ buses: 1, devices: 1, signals: 3, waveforms: 0, alarms: 0 });
  expect(Object.entries(usage)).toEqual([
    ["UNKNOWN", "when faults or flow or mode is bad"],
    ["FAULT", "when faults has any bit of 0xf"],
    [
      "WORKING",
      [
        "when flow is above 45 L/min (until below 40 L/min, on after 2 s, off after 0.5 s)",
        "and (mode is 3 or flow is below 900 L/min (until above 910 L/min))",
      ].join(" "),
    ],
    ["OFF", "when none of these holds"],
  ]);
  expect(Object.entries(beside)).toEqual([
    ["faults", "are said by the machine, then a signed instruction"],
    ["ledger", "is signed each 15 min at least, witnessed by nobody, and names no lessor"],
  ]);
});

test("a waveform is told with when it is judged and the signals that it brings", () => {
  const head = "telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\n";
  const told = (diagnose: string, usage = "") => {
    const file = `${head}buses: { shaker: { driver: waveform } }
devices: { box: { bus: shaker, source: { file: x } } }
waveforms: { raw: { device: box, channel: 0, rate: 1000, unit: "[g]", keep: 10s${diagnose} } }
${usage}`;
    const parsed = parseMachineFile(file, "m.yaml", standInDrivers);
    if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
    return describeMachine(parsed.machine).beside["waveform raw"];
  };
  expect(told("")).toBe("brings rawRms, rawPeak, rawCrestFactor, rawKurtosis");
  const diagnose = ', diagnose: { rpm: 1480, bearings: { driveEnd: "6205" } }';
  expect(told(diagnose)).toMatch(/^is judged in every state, at 1480 rpm; brings rawRms, /);
  expect(told(diagnose)).toMatch(/, rawDriveEndBpfo, rawDriveEndBpfi, /);
  const usage = "usage: { WORKING: { signal: rawRms, above: 1 } }";
  expect(told(", diagnose: {}", usage)).toMatch(
    /^is judged while IDLE or WORKING, the speed being unknown; brings rawRms, /,
  );
});
