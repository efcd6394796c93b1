import { describe, expect, test } from "vitest";
import { PROBLEMS_MAX } from "../../runtime/schema/problem.ts";
import { BAD_CASES, changed, problemsOf, warningsOf } from "./test-files.ts";

describe("what is said of each change in cases/good.yaml", () => {
  test.each(BAD_CASES)("$from -> $to", ({ from, to, lines }) => {
    const text = changed(from, to);
    const problems = problemsOf(text);
    const warnings = problems.length > 0 ? [] : warningsOf(text);
    const said = [...problems, ...warnings.map((warning) => `warning: ${warning}`)];
    expect(said.map((line) => line.replace("m.yaml:", ""))).toEqual(lines);
  });
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

test("a machine without signals and rules is warned of", () => {
  expect(warningsOf("telltale: 1\nmachine: { maker: a, model: b, serialNumber: c }\n")).toEqual([
    "m.yaml:1:1 signals: there are none: nothing will be read",
    "m.yaml:1:1 usage: there are no rules: no hours are counted, the state stays UNKNOWN",
  ]);
});
