// The product's own knowledge is whole and fits its limits; a maker's file changes what it says.

import { describe, expect, test } from "vitest";
import {
  FAULTS_OF_MACHINES,
  FAULTS_OF_SENSORS,
  type FaultCode,
} from "../../runtime/diagnosis/finding.ts";
import { adviceOn, type Knowledge, NO_KNOWLEDGE } from "../../runtime/diagnosis/knowledge.ts";
import { formatProblem } from "../../runtime/schema/problem.ts";
import { builtInKnowledgeText } from "../host/assets.ts";
import { readKnowledge } from "./knowledge-file.ts";

function knowledgeIn(content: string): Knowledge {
  const read = readKnowledge(content, "maker.yaml");
  if ("problems" in read) throw new Error(read.problems.map(formatProblem).join("\n"));
  return read.knowledge;
}

const problemsOf = (content: string) => {
  const read = readKnowledge(content, "maker.yaml");
  return "problems" in read ? read.problems.map(formatProblem) : [];
};

const BUILT_IN = knowledgeIn(builtInKnowledgeText());

test.each<FaultCode>([...FAULTS_OF_MACHINES, ...FAULTS_OF_SENSORS])(
  "of %s the product knows causes, what to look at, what to do and a part",
  (fault) => {
    const advice = adviceOn(fault, null, BUILT_IN, NO_KNOWLEDGE)!;
    for (const texts of [advice.cause, advice.lookAt, advice.do]) {
      expect(texts.length).toBeGreaterThan(0);
    }
    expect(advice.part).not.toBeNull();
  },
);

describe("a maker's file", () => {
  const maker = knowledgeIn(`
knowledge: 1
faults:
  bearing-inner:
    do: [Call us]
    more: { cause: [The old seal of series 3], do: [Note the serial number] }
    part: 6205-2Z C3, order number 4711
parts: { driveEnd: "6309 C3, order number 4712" }
`);

  test("replaces what it gives, adds what it adds, and leaves the rest", () => {
    const own = adviceOn("bearing-inner", null, BUILT_IN, NO_KNOWLEDGE)!;
    const advice = adviceOn("bearing-inner", "fanEnd", BUILT_IN, maker)!;
    expect(advice.do).toEqual(["Call us", "Note the serial number"]);
    expect(advice.cause).toEqual([...own.cause, "The old seal of series 3"]);
    expect(advice.lookAt).toEqual(own.lookAt);
    expect(advice.part).toBe("6205-2Z C3, order number 4711");
  });

  test("names the part of one bearing by its name", () => {
    const advice = adviceOn("bearing-inner", "driveEnd", BUILT_IN, maker)!;
    expect(advice.part).toBe("6309 C3, order number 4712");
    expect(adviceOn("bearing-outer", "driveEnd", BUILT_IN, maker)!.part).toBe(advice.part);
  });

  test("without either nothing is known", () => {
    expect(adviceOn("drift", null, NO_KNOWLEDGE, NO_KNOWLEDGE)).toBeNull();
  });
});

test.each([
  ["", "maker.yaml:1:1 the file is empty; `telltale knowledge` writes one to begin with"],
  [
    "faults: {}",
    "maker.yaml:1:1 knowledge: is missing; write `knowledge: 1`, the version of the format",
  ],
  [
    "knowledge: 1\nfaults:\n  bearing-iner: { do: [x] }\n",
    'maker.yaml:3:3 faults.bearing-iner: unknown key "bearing-iner"; did you mean "bearing-inner"?',
  ],
  [
    "knowledge: 1\nfaults:\n  drift:\n    do: call\n",
    'maker.yaml:4:9 faults.drift.do: must be a list, not "call"',
  ],
  [
    `knowledge: 1\nfaults:\n  drift:\n    part: ${"x".repeat(201)}\n`,
    "maker.yaml:4:11 faults.drift.part: ",
  ],
  [
    `knowledge: 1\nfaults:\n  drift: { cause: [${"x, ".repeat(6)}x] }\n`,
    "maker.yaml:3:19 faults.drift.cause: has more than 6 texts",
  ],
  ["knowledge: 1\nparts: { Drive-End: x }\n", "maker.yaml:2:"],
])("a mistake is shown at its place: %j", (content, problem) => {
  expect(problemsOf(content)[0]).toContain(problem);
});

test("a file of too many parts is refused", () => {
  const parts = Array.from({ length: 201 }, (_, index) => `  p${index}: x`).join("\n");
  expect(problemsOf(`knowledge: 1\nparts:\n${parts}\n`)).toEqual([
    "maker.yaml:2:1 parts: has more than 200 entries",
  ]);
});
