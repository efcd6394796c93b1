import { describe, expect, test } from "vitest";
import { machineOf, problemsOf } from "./test-files.ts";

const HEAD = `telltale: 1
machine: { maker: a, model: b, serialNumber: c }
buses: { line: { driver: modbus, host: h } }
devices: { pump: { bus: line, every: 2s } }
signals:
  flow: { device: pump, register: { input: 0 }, unit: m3/min }
  oil: { device: pump, register: { input: 1 }, unit: Cel, stale: 30s }
  power: { device: pump, register: { input: 2 }, unit: kW }
`;
const withFeature = (feature: string, after = "") =>
  `${HEAD}features:\n  own: ${feature}\n${after}`;

describe("a feature of slow signals", () => {
  test("is a signal after all others, with the age of its source", () => {
    const machine = machineOf(
      `${HEAD}features:
  oilDrift: { of: oil, feature: drift, over: 1h }
  specificPower: { ratio: [power, flow], over: 5min, while: WORKING }
  again: { of: specificPower, feature: fluctuation, over: 1min }
`,
    );
    expect(machine.signals.slice(3).map(({ name, unit }) => `${name} ${unit}`)).toEqual([
      "oilDrift 1",
      "specificPower kW/(m3/min)",
      "again kW/(m3/min)",
    ]);
    expect(machine.signals[3]).toMatchObject({ staleMs: 30_000, source: "oil" });
    expect(machine.signals[4]!.description).toBe("ratio of power to flow");
    expect(machine.features).toEqual([
      { kind: "drift", of: [1], signal: 3, overMs: 3_600_000, whileState: null },
      { kind: "ratio", of: [2, 0], signal: 4, overMs: 300_000, whileState: "WORKING" },
      { kind: "fluctuation", of: [4], signal: 5, overMs: 60_000, whileState: "WORKING" },
    ]);
  });

  test.each([
    ["{ of: oil, feature: rate, over: 1h }", "K/min"],
    ["{ of: oil, feature: spread, over: 1h }", "K"],
    ["{ of: power, feature: rate, over: 1h }", "kW/min"],
    ["{ ratio: [power, power], over: 1h }", "1"],
    ["{ unbalance: [power, oil, flow], over: 1h }", "%"],
    ['{ ratio: [power, power], over: 1h, unit: "%", scale: 100 }', "%"],
  ])("%s is in %s", (feature, unit) => {
    expect(machineOf(withFeature(feature)).signals[3]!.unit).toBe(unit);
  });
});

describe("what is said of", () => {
  const cases = [
    ["{ over: 1h }", "10:8 features.own: needs of and feature, or ratio, or unbalance"],
    [
      "{ of: oil, over: 1h }",
      "10:8 features.own: needs feature: one of rate, spread, fluctuation, drift",
    ],
    [
      "{ of: oil, feature: drift, ratio: [oil, flow], over: 1h }",
      [
        "10:8 features.own: has more than one of these where one belongs:",
        "of with feature, ratio, unbalance",
      ].join(" "),
    ],
    [
      "{ of: oill, feature: drift, over: 1h }",
      '10:14 features.own.of: unknown signal "oill"; did you mean "oil"?',
    ],
    [
      "{ ratio: [power, flwo], over: 1h }",
      '10:25 features.own.ratio[1]: unknown signal "flwo"; did you mean "flow"?',
    ],
    [
      "{ ratio: [power], over: 1h }",
      "10:17 features.own.ratio: must name two signals: [above, below]",
    ],
    [
      "{ of: oil, feature: drfit, over: 1h }",
      [
        '10:28 features.own.feature: must be one of "rate", "spread", "fluctuation", "drift";',
        'did you mean "drift"?',
      ].join(" "),
    ],
    [
      "{ unbalance: [power, power], over: 1h }",
      "10:21 features.own.unbalance: must name three signals: the RMS of each phase",
    ],
    ["{ of: oil, feature: drift }", "10:3 features.own.over: is missing"],
    [
      "{ of: oil, feature: drift, over: 1s }",
      '10:41 features.own.over: "1s" is shorter than 10000 ms, the least that is sensible here',
    ],
    [
      "{ of: oil, feature: drift, over: 1h, unit: baar }",
      '10:51 features.own.unit: unknown unit "baar"; did you mean "bar"?',
    ],
    ["{ of: own, feature: drift, over: 1h }", '10:14 features.own.of: unknown signal "own"'],
  ] as const;
  test.each(cases)("%s", (feature, line) => {
    expect(problemsOf(withFeature(feature))).toEqual([`m.yaml:${line}`]);
  });

  test("a name that a signal has already", () => {
    expect(
      problemsOf(
        withFeature(
          "{ of: oil, feature: drift, over: 1h }\n  flow: { of: oil, feature: rate, over: 1h }",
        ),
      ),
    ).toEqual(["m.yaml:11:3 features.flow: duplicate name: there is a signal flow already"]);
  });

  test("a feature that waits for a state which it decides, also through another one", () => {
    const text = withFeature(
      [
        "{ of: oil, feature: spread, over: 1h, while: IDLE }",
        "  next: { of: own, feature: drift, over: 1h }",
      ].join("\n"),
      "usage: { IDLE: { signal: next, above: 1 } }\n",
    );
    expect(problemsOf(text)).toEqual([
      "m.yaml:10:3 features.own: counts only while IDLE, which a rule decides by it; one must go",
    ]);
  });

  test("a feature with problems that an alarm names: one problem, not two", () => {
    const text = withFeature(
      "{ of: oil, feature: drift }",
      "alarms: { a: { when: { signal: own, above: 3 }, text: Drifts. } }\n",
    );
    expect(problemsOf(text)).toHaveLength(1);
  });

  test("65 features, and 1,001 signals with them", () => {
    const many = Array.from({ length: 65 }, (_, index) => `  f${index}: { over: 1h }\n`).join("");
    expect(problemsOf(`${HEAD}features:\n${many}`)).toContain(
      "m.yaml:9:1 features: has 65 entries; at most 64 are allowed",
    );
  });
});
