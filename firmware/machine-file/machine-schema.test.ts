import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { schema } from "../../runtime/schema/schema.ts";
import { machineSchema } from "./machine-schema.ts";
import { standInDrivers } from "./stand-in-drivers.ts";
import { TEMPLATES } from "./templates.ts";
import { EVERYTHING } from "./test-files.ts";

// Read back by the schema library from the JSON alone, as an editor would.
const read = schema.fromJSONSchema(
  machineSchema(standInDrivers) as Parameters<typeof schema.fromJSONSchema>[0],
);

const demo = readFileSync(new URL("../examples/demo/machine.yaml", import.meta.url), "utf8");

test.each(Object.entries({ demo, everything: EVERYTHING, ...TEMPLATES }))(
  "%s fits the published schema",
  (_, text) => {
    expect(read.safeParse(parseYaml(text)).error?.issues ?? []).toEqual([]);
  },
);

test.each([
  ["an unknown key at the top", "telltale: 1", "telltale: 1\nfoo: 1"],
  ["an unknown unit", "unit: bar", "unit: baar"],
  ["an unknown usage state", "STANDBY:", "OFF:"],
  ["an unknown driver", "driver: modbus", "driver: modbuss"],
  ["a number without its unit of time", "every: 1s", "every: 1"],
  ["a condition with an unknown key", "above: 45,", "over: 45,"],
  ["an unknown key of a bus", "port: 8502", "prot: 8502"],
])("%s does not fit the published schema", (_, from, to) => {
  expect(demo).toContain(from);
  expect(read.safeParse(parseYaml(demo.replace(from, to))).success).toBe(false);
});

test.each([
  ["an unknown mode", "Setup:", "setup:"],
  ["a counter with a threshold", "{ counter: pulses }", "{ counter: pulses, above: 3 }"],
  ["a conflict of one", "[{ signal: runContact, equals: 1 }, ", "["],
  ["a witness that is no condition", "{ signal: runContact, equals: 1 }, ", "runContact, "],
  ["an unknown source of FAULT", "[instruction, alarm]", "[instruction, alarms]"],
  ["an unknown class of alarms", "[failure]", "[failing]"],
  ["an unknown register", "register: strokes", "register: stroke"],
  ["a service without its interval", ", every: 1000000", ""],
  ["a service without a unit", "every: 20000h", "every: 20000.5"],
  ["a receiver without a signal", "gnss: { signal: epoch }", "gnss: {}"],
  ["a witness without a key", / +key: lessee.*\n/.exec(EVERYTHING)![0], ""],
  ["an unknown key of the ledger", "checkpointEvery", "checkpointsEvery"],
])("%s does not fit the published schema either", (_, from, to) => {
  expect(EVERYTHING).toContain(from);
  expect(read.safeParse(parseYaml(EVERYTHING.replace(from, to))).success).toBe(false);
});

test("every key that a person writes has a description", () => {
  const file = machineSchema([]);
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const map = node as Readonly<Record<string, unknown>>;
    for (const [key, value] of Object.entries((map["properties"] as object | undefined) ?? {})) {
      const described = (value as Readonly<Record<string, unknown>>)["description"];
      if (typeof described !== "string") undescribed.push(`${path}.${key}`);
    }
    for (const [key, value] of Object.entries(map)) visit(value, `${path}/${key}`);
  };
  visit(file, "#");
  expect(undescribed).toEqual([]);
});
