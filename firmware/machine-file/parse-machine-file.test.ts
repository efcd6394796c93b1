import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Machine } from "./machine.ts";
import { parseMachineFile } from "./parse-machine-file.ts";
import { formatProblem, PROBLEMS_MAX } from "./problem.ts";
import { standInDrivers } from "./stand-in-drivers.ts";
import { TEMPLATES } from "./templates.ts";

const GOOD = `telltale: 1
machine:
  maker: Nordwind
  model: SK 37
  serialNumber: NW-17
buses:
  plant: { driver: modbus, host: 10.0.0.7 }
  shaker: { driver: waveform }
devices:
  pump: { bus: plant, unitId: 3, every: 2s, timeout: 500ms }
  sensor: { bus: shaker, source: { tcp: "10.0.0.8:9000" } }
signals:
  flow:
    device: pump
    unit: L/min
    register: { input: 0, type: int16 }
    range: [0, 500]
  faultWord: { device: pump, register: { holding: 1 } }
waveforms:
  bearing:
    device: sensor
    channel: 0
    rate: 1000
    unit: "[g]"
    keep: 10s
usage:
  FAULT: { signal: faultWord, bits: 0xff }
  WORKING: { signal: flow, above: 45, hysteresis: 5, minOn: 2s }
alarms:
  rough:
    when: { signal: bearingKurtosis, above: 6 }
    ne107: maintenance-required
    text: The bearing gives shocks.
journal:
  commitEvery: 1s
endpoints:
  http: { host: 127.0.0.1, port: 8420 }
`;

function parse(text: string) {
  return parseMachineFile(text, "m.yaml", standInDrivers);
}

function problemsOf(text: string): readonly string[] {
  const result = parse(text);
  return "problems" in result ? result.problems.map(formatProblem) : [];
}

function warningsOf(text: string): readonly string[] {
  const result = parse(text);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.warnings.map(formatProblem);
}

function machineOf(text: string): Machine {
  const result = parse(text);
  if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
  return result.machine;
}

function changed(from: string, to: string): string {
  if (!GOOD.includes(from)) throw new Error(`the good file has no ${from}`);
  return GOOD.replace(from, () => to);
}

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

const demo = fileURLToPath(new URL("../examples/demo/machine.yaml", import.meta.url));

test("the demo's machine file loads, and warns of its anonymous OPC UA server only", () => {
  const warnings = warningsOf(readFileSync(demo, "utf8"));
  expect(warnings).toHaveLength(1);
  expect(warnings[0]).toContain("endpoints.opcua.anonymous");
});

test.each(Object.entries(TEMPLATES))("the template %s has ten lines and loads", (_, text) => {
  expect(text.trimEnd().split("\n")).toHaveLength(10);
  expect(warningsOf(text)).toEqual([]);
});

/** What is changed in the good file, and all that is said about it. */
const BAD: readonly (readonly [from: string, to: string, ...lines: string[]])[] = [
  [
    "unit: L/min",
    "unit: l/mn",
    '15:11 signals.flow.unit: unknown unit "l/mn"; did you mean "L/min"?',
  ],
  ["unit: L/min", "unit: °C", '15:11 signals.flow.unit: unknown unit "°C"; did you mean "Cel"?'],
  ["unit: L/min", "unit: rpm", '15:11 signals.flow.unit: unknown unit "rpm"; did you mean "/min"?'],
  [
    "unit: L/min",
    "unit: furlong",
    '15:11 signals.flow.unit: unknown unit "furlong"; `telltale schema` lists the UCUM codes that are known',
  ],
  [
    "unit: L/min",
    "unit: 1",
    '15:11 signals.flow.unit: must be a UCUM code in quotes; for no unit write "1"',
  ],
  [
    "    unit: L/min",
    "    unite: L/min",
    '15:5 signals.flow.unite: unknown key "unite"; did you mean "unit"?',
  ],
  [
    "{ input: 0, type: int16 }",
    "{ imput: 0 }",
    '16:17 signals.flow.register.imput: unknown key "imput"; did you mean "input"?',
  ],
  [
    "{ input: 0, type: int16 }",
    "{ input: 0, coil: 1 }",
    "16:15 signals.flow.register: has input and coil where one belongs",
  ],
  [
    "{ input: 0, type: int16 }",
    "{}",
    "16:15 signals.flow.register: needs one of coil, discrete, input, holding",
  ],
  [
    "type: int16",
    "type: INT16",
    '16:33 signals.flow.register.type: must be one of "uint16", "int16", "uint32", "int32", "float32"; did you mean "int16"?',
  ],
  [
    "input: 0, type: int16",
    "input: 70000",
    "16:24 signals.flow.register.input: must be at most 65535, not 70000",
  ],
  [
    "input: 0, type: int16",
    "input: one",
    '16:24 signals.flow.register.input: must be a number, not "one"',
  ],
  [
    "input: 0, type: int16",
    'input: "1"',
    "16:24 signals.flow.register.input: must be a number; write it without quotes",
  ],
  ["    register: { input: 0, type: int16 }\n", "", "13:3 signals.flow.register: is missing"],
  [
    "register: { input: 0, type: int16 }",
    "register:",
    "16:14 signals.flow.register: is empty; it must be a map of keys",
  ],
  [
    "device: pump\n",
    "device: pomp\n",
    '14:13 signals.flow.device: unknown device "pomp"; did you mean "pump"?',
  ],
  [
    "bus: plant",
    "bus: Plant",
    '10:16 devices.pump.bus: unknown bus "Plant"; did you mean "plant"?',
  ],
  [
    "driver: modbus",
    "driver: mobdus",
    '7:20 buses.plant.driver: unknown driver "mobdus"; did you mean "modbus"?',
  ],
  ["driver: modbus, ", "", "7:3 buses.plant.driver: is missing"],
  [
    "every: 2s",
    "every: 2 sec",
    '10:41 devices.pump.every: "2 sec" is not a duration; write a number with ms, s, min, h or d',
  ],
  [
    "every: 2s",
    "every: 2",
    "10:41 devices.pump.every: 2 is not a duration; write a number with ms, s, min, h or d",
  ],
  [
    "every: 2s",
    "every: 1ms",
    '10:41 devices.pump.every: "1ms" is shorter than 10 ms, the least that is sensible here',
  ],
  [
    "range: [0, 500]",
    "range: [500, 0]",
    "17:12 signals.flow.range: the low end 500 must be below the high end 0",
  ],
  ["range: [0, 500]", "range: [0]", "17:12 signals.flow.range: must be two numbers: [low, high]"],
  [
    "range: [0, 500]",
    "range: [0, .inf]",
    "17:16 signals.flow.range[1]: must be a number, not .inf",
  ],
  [
    "range: [0, 500]",
    "stale: 2s",
    "17:12 signals.flow.stale: 2000 ms is too short: pump is asked every 2000 ms, so every value would turn stale",
  ],
  [
    "range: [0, 500]",
    "heartbeat: 1s",
    "17:16 signals.flow.heartbeat: 1000 ms is too short: pump is asked every 2000 ms; it must be longer than that",
  ],
  ["range: [0, 500]", "scale: 0", "17:12 signals.flow.scale: cannot be 0; every value would be 0"],
  [
    "range: [0, 500]",
    "unit: bar",
    "17:5 signals.flow.unit: duplicate key; it stands at line 15 already",
  ],
  [
    "  faultWord: {",
    "  flow: {",
    "18:3 signals.flow: duplicate key; it stands at line 13 already",
    '27:20 usage.FAULT.signal: unknown signal "faultWord"',
  ],
  [
    "  faultWord: {",
    "  bearingRms: {",
    "18:3 signals.bearingRms: duplicate name: waveform bearing brings a signal bearingRms of its own",
    '27:20 usage.FAULT.signal: unknown signal "faultWord"',
  ],
  [
    "  flow:\n",
    "  flow_rate:\n",
    '13:3 signals.flow_rate: "flow_rate" is not a name; write camelCase letters and digits, such as "flowRate"',
    '28:22 usage.WORKING.signal: unknown signal "flow"; did you mean "flow_rate"?',
  ],
  [
    "rate: 1000",
    "rate: 50",
    "20:3 waveforms.bearing.window: holds 50 samples at this rate; at least 64 are needed",
  ],
  [
    "rate: 1000",
    "rate: 999.5",
    "20:3 waveforms.bearing.window: holds 999.5 samples at this rate; it must be a whole number",
  ],
  [
    "keep: 10s",
    "keep: 2s",
    "25:11 waveforms.bearing.keep: is shorter than 4 windows of 1000 ms; the features would lose samples",
  ],
  [
    "keep: 10s",
    "keep: 1d",
    "25:11 waveforms.bearing.keep: needs 86400000 samples of memory; at most 16777216 are allowed",
  ],
  ["  FAULT:", "  OFF:", "27:3 usage.OFF: OFF needs no rule: it is where none of the others holds"],
  [
    "  FAULT:",
    "  UNKNOWN:",
    "27:3 usage.UNKNOWN: UNKNOWN needs no rule: it is where a signal that decides is bad",
  ],
  ["  FAULT:", "  fault:", '27:3 usage.fault: unknown usage state "fault"; did you mean "FAULT"?'],
  ["above: 45, ", "", "28:12 usage.WORKING: needs one of above, below, equals, bits"],
  [
    "above: 45, ",
    "above: 45, below: 3, ",
    "28:12 usage.WORKING: has above and below where one belongs; use all or any for both",
  ],
  [
    "bits: 0xff",
    "bits: 0xff, hysteresis: 1",
    "27:43 usage.FAULT.hysteresis: has no meaning with bits; it belongs to above and below",
  ],
  ["bits: 0xff", "bits: 0.5", "27:37 usage.FAULT.bits: 0.5 is not a whole number"],
  [
    "{ signal: faultWord, bits: 0xff }",
    "{ any: [{ signal: flow, above: 1 }, { signal: flaw, abov: 3 }] }",
    "27:46 usage.FAULT.any[1]: needs one of above, below, equals, bits",
    '27:56 usage.FAULT.any[1].signal: unknown signal "flaw"; did you mean "flow"?',
    '27:62 usage.FAULT.any[1].abov: unknown key "abov"; did you mean "above"?',
  ],
  [
    "{ signal: faultWord, bits: 0xff }",
    "{ all: [] }",
    "27:17 usage.FAULT.all: is empty; name at least one condition",
  ],
  [
    "{ signal: faultWord, bits: 0xff }",
    "flow > 3",
    "27:10 usage.FAULT: must be a condition such as { signal: motorCurrent, above: 10 }",
  ],
  [
    "{ signal: faultWord, bits: 0xff }",
    "&loop { all: [*loop] }",
    "27:24 usage.FAULT.all[0]: cyclic alias: *loop stands within what it names",
  ],
  ["{ signal: faultWord, bits: 0xff }", "*lop", "27:10 usage.FAULT: unknown alias *lop"],
  [
    "maintenance-required",
    "maintenance",
    '32:12 alarms.rough.ne107: must be one of "failure", "check-function", "out-of-specification", "maintenance-required"; did you mean "maintenance-required"?',
  ],
  ["    text: The bearing gives shocks.\n", "", "30:3 alarms.rough.text: is missing"],
  [
    "  commitEvery: 1s",
    "  commitEvery: 1h",
    '35:16 journal.commitEvery: "1h" is longer than 300000 ms, the most that is allowed here',
  ],
  [
    "commitEvery: 1s",
    "sizeMax: 2 gigs",
    '35:12 journal.sizeMax: "2 gigs" is not a size; write a number with kB, MB, GB or TB',
  ],
  [
    "commitEvery: 1s",
    "password: hunter2",
    "35:3 journal.password: a secret never stands in a machine file; name a file that holds it (passwordFile) or an environment variable (passwordEnvironment)",
  ],
  [
    "host: 10.0.0.7",
    "host: 10.0.0.7, apiToken: hunter2",
    "7:44 buses.plant.apiToken: a secret never stands in a machine file; name a file that holds it (apiTokenFile) or an environment variable (apiTokenEnvironment)",
  ],
  [
    "port: 8420",
    "port: 84200",
    "37:34 endpoints.http.port: 84200 is more than 65535, the last port",
  ],
  [
    "port: 8420 }",
    "port: 8420 }\n  opcua: { port: 8420 }",
    "38:18 endpoints.opcua.port: port 8420 is taken by the page already (endpoints.http.port)",
  ],
  ["  http:", "  htpp:", '37:3 endpoints.htpp: unknown key "htpp"; did you mean "http"?'],
  ["  http:", "  __proto__:", '37:3 endpoints.__proto__: unknown key "__proto__"'],
  ["journal:", "jurnal:", '34:1 jurnal: unknown key "jurnal"; did you mean "journal"?'],
  [
    "telltale: 1",
    "telltale: 2",
    "1:11 telltale: must be 1; no other version of the format is known here",
  ],
  ["telltale: 1\n", "", "1:1 telltale: is missing; write `telltale: 1`, the version of the format"],
  ["NW-17", "0417", "5:17 machine.serialNumber: must be text; put it in quotes"],
  ["  maker: Nordwind\n", "", "2:1 machine.maker: is missing"],
  ["maker: Nordwind", 'maker: ""', '3:10 machine.maker: "" is empty'],
  ["  http:", "\thttp:", "37:1 not YAML: a tab cannot indent; write spaces"],
  [
    "maker: Nordwind",
    "maker: Nordwind: Bremen",
    '3:10 not YAML: a second ": " stands on this line; put the text in quotes, or begin a line below',
  ],
  [
    "maker: Nordwind",
    "maker: !secret x",
    "3:10 not YAML: tags (!…) are not used in machine files; write the plain value",
  ],
  [
    "buses:",
    "---\nbuses:",
    "6:1 not YAML: a second document begins here (---); one file describes one machine",
  ],
];

test.each(BAD)("%j written as %j", (from, to, ...lines) => {
  expect(problemsOf(changed(from, to))).toEqual(lines.map((line) => `m.yaml:${line}`));
});

describe("all problems at once", () => {
  test("are listed in the file's order", () => {
    const text = changed("unit: L/min", "unit: l/mn")
      .replace("port: 8420", "port: x")
      .replace("maker: Nordwind", "makr: Nordwind")
      .replace("bus: shaker", "bus: shacker");
    expect(problemsOf(text)).toEqual([
      "m.yaml:2:1 machine.maker: is missing",
      'm.yaml:3:3 machine.makr: unknown key "makr"; did you mean "maker"?',
      'm.yaml:11:18 devices.sensor.bus: unknown bus "shacker"; did you mean "shaker"?',
      'm.yaml:15:11 signals.flow.unit: unknown unit "l/mn"; did you mean "L/min"?',
      'm.yaml:37:34 endpoints.http.port: must be a number, not "x"',
    ]);
  });

  test("are cut at a limit that is stated", () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `key${index}: 1`);
    const problems = problemsOf(`telltale: 1\n${lines.join("\n")}\n`);
    expect(problems).toHaveLength(PROBLEMS_MAX + 1);
    expect(problems.at(-1)).toContain("and 801 more problems, not listed");
  });

  test("a secret's value is never repeated", () => {
    const text = changed("commitEvery: 1s", "accessToken: hunter2").replace(
      "host: 10.0.0.7",
      "password: hunter2",
    );
    expect(problemsOf(text).join("\n")).not.toContain("hunter2");
  });
});

describe("limits", () => {
  const head = "telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\n";

  test("1,001 signals are refused", () => {
    const signals = Array.from({ length: 1_001 }, (_, index) => `  s${index}: { device: x }\n`);
    const text = `${head}devices: { x: { bus: y } }\nsignals:\n${signals.join("")}`;
    const problems = problemsOf(text);
    expect(problems).toContain("m.yaml:4:1 signals: has 1001 entries; at most 1000 are allowed");
  });

  test("65 devices and 33 waveforms are refused", () => {
    const entries = (count: number) =>
      Array.from({ length: count }, (_, index) => `  e${index}: {}\n`).join("");
    const text = `${head}devices:\n${entries(65)}waveforms:\n${entries(33)}`;
    const problems = problemsOf(text);
    expect(problems).toContain("m.yaml:3:1 devices: has 65 entries; at most 64 are allowed");
    expect(problems).toContain("m.yaml:69:1 waveforms: has 33 entries; at most 32 are allowed");
  });

  test("conditions nest eight deep and no deeper", () => {
    const nest = (depth: number) =>
      `${"{ all: [".repeat(depth - 1)}{ signal: flow, above: 1 }${"] }".repeat(depth - 1)}`;
    expect(problemsOf(changed("{ signal: faultWord, bits: 0xff }", nest(8)))).toEqual([]);
    const problems = problemsOf(changed("{ signal: faultWord, bits: 0xff }", nest(9)));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("nested more than 8 deep");
  });

  test.each([
    ["brackets", "[".repeat(20_000)],
    ["maps", "{a: ".repeat(20_000)],
    ["lists", "- ".repeat(20_000)],
  ])("%s nested without end are refused", (_, text) => {
    expect(problemsOf(text)[0]).toContain("not YAML: nested too deeply");
  });

  test("aliases that double over and over are refused", () => {
    const lines = ["a0: &a0 [x, x]"];
    for (let level = 1; level < 40; level++) {
      lines.push(`a${level}: &a${level} [*a${level - 1}, *a${level - 1}]`);
    }
    const problems = problemsOf(`${lines.join("\n")}\n`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("more than 1000 aliases");
  });

  test("100,001 values are refused", () => {
    const problems = problemsOf(`telltale: [${"1,".repeat(100_001)}]`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("more than 100000 values");
  });
});

describe("no machine file at all", () => {
  test.each([
    ["", "1:1 the file is empty; `telltale init` writes one to begin with"],
    ["# only a comment\n", "1:1 the file is empty; `telltale init` writes one to begin with"],
    ["[]", "1:1 this is no machine file; it begins with `telltale: 1`"],
    ["hello", "1:1 this is no machine file; it begins with `telltale: 1`"],
    ["telltale: 1", "1:1 machine: is missing"],
    ["telltale: 1\nmachine:\n", "2:9 machine: is empty; it must be a map of keys"],
    [
      "%YAML 1.1\n---\ntelltale: 1\n",
      "1:1 is YAML 1.1, where `no` and `1:30` mean other things; remove %YAML",
    ],
  ])("%j", (text, line) => {
    expect(problemsOf(text)).toEqual([`m.yaml:${line}`]);
  });
});

describe("warnings", () => {
  test.each([
    [
      "host: 127.0.0.1",
      "host: 0.0.0.0",
      "37:17 endpoints.http.host: 0.0.0.0 is open to the network: whoever reaches it can read the page and the stream",
    ],
    [
      "port: 8420 }",
      "port: 8420 }\n  opcua: { anonymous: true }",
      "38:23 endpoints.opcua.anonymous: anybody who reaches the OPC UA port can read, unencrypted; for demos only",
    ],
    [
      "above: 45",
      "above: 500",
      "28:35 usage.WORKING.above: can never be true: flow has the range 0 to 500",
    ],
    [
      "hysteresis: 5",
      "hysteresis: 50",
      "28:51 usage.WORKING.hysteresis: once true it can never end: it ends at -5, and flow has the range 0 to 500",
    ],
    [
      "devices:\n",
      "devices:\n  idle: { bus: plant }\n",
      "10:3 devices.idle: no signal and no waveform is read from it",
    ],
  ])("%j written as %j", (from, to, line) => {
    expect(warningsOf(changed(from, to))).toEqual([`m.yaml:${line}`]);
  });

  test("a machine without signals and rules is warned of", () => {
    expect(warningsOf("telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\n")).toEqual([
      "m.yaml:1:1 signals: there are none: nothing will be read",
      "m.yaml:1:1 usage: there are no rules: no hours are counted, the state stays UNKNOWN",
    ]);
  });
});

test("any mutation of a good file gives problems or a machine, and never throws", () => {
  const files = [readFileSync(demo, "utf8"), GOOD].map((text) => text.split("\n"));
  const line = fc.oneof(
    fc.constantFrom(...files.flat()),
    fc.string({ maxLength: 40 }),
    fc.constantFrom("- a", "? x", "&a *a", "<<: *b", "x: {", "  ]", '"', "'", "|", ">-", "\t", "%"),
  );
  const mutation = fc.record({
    kind: fc.constantFrom("delete", "duplicate", "replace", "cut", "indent"),
    at: fc.nat(200),
    line,
  });
  const mutate = (
    start: readonly string[],
    steps: readonly { kind: string; at: number; line: string }[],
  ) => {
    const lines = [...start];
    for (const step of steps) {
      const at = step.at % lines.length;
      const old = lines[at] ?? "";
      if (step.kind === "delete") lines.splice(at, 1, ...(lines.length > 1 ? [] : [""]));
      else if (step.kind === "duplicate") lines.splice(at, 0, old);
      else if (step.kind === "replace") lines[at] = step.line;
      else if (step.kind === "cut") lines[at] = old.slice(0, old.length >> 1);
      else lines[at] = `  ${old}`;
    }
    return lines.join("\n");
  };
  const property = fc.property(
    fc.constantFrom(...files),
    fc.array(mutation, { minLength: 1, maxLength: 4 }),
    (start, steps) => {
      const result = parse(mutate(start, steps));
      if ("machine" in result) return;
      expect(result.problems.length).toBeGreaterThan(0);
      for (const problem of result.problems) {
        expect(problem.line).toBeGreaterThan(0);
        expect(problem.column).toBeGreaterThan(0);
        expect(problem.message).not.toMatch(/Invalid input|undefined|\[object/);
      }
    },
  );
  fc.assert(property, { seed: 37, numRuns: 500 });
});
