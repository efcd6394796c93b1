// Scanning a bus: settings from a file and from words, and what is printed for pasting.

import { expect, test } from "vitest";
import { defineDriver } from "../../drivers/driver.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { busOfText, busOfWords } from "../machine-file/one-bus.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { snippetOf } from "./found-snippet.ts";

const driver = defineDriver({
  name: "played",
  summary: "played",
  bus: schema.strictObject({
    host: schema.string(),
    port: schema.int().max(65_535).default(502),
    line: schema.strictObject({ baudRate: schema.int() }).optional(),
  }),
  device: schema.strictObject({ unitId: schema.int().default(1) }),
  point: schema.strictObject({ pin: schema.string().optional() }),
  create: () => ({ devices: [], close: async () => undefined }),
});

test("settings of words are YAML scalars, also below a key", () => {
  const bus = busOfWords("played", ["host=192.0.2.1", "port=10", "line.baudRate=9600"], [driver]);
  expect(bus).toMatchObject({
    settings: { host: "192.0.2.1", port: 10, line: { baudRate: 9_600 } },
  });
});

test.each([
  { words: ["host"], says: '"host" is not key=value' },
  { words: [], says: "host: is missing" },
  { words: ["host=a", "prt=1"], says: 'prt: unknown key "prt"; did you mean "port"?' },
  { words: ["host=a", "port=many"], says: "port: must be a number" },
  { words: ["host=a", "port={"], says: "port: the value is no YAML" },
])("$words is refused with $says", ({ words, says }) => {
  const bus = busOfWords("played", words, [driver]);
  const messages = "problems" in bus ? bus.problems.map(({ message }) => message) : [];
  expect(messages.some((message) => message.startsWith(says))).toBe(true);
});

const FILE = `
telltale: 1
buses: { plant: { driver: played, host: a }, broken: { driver: played } }
signals: { of: nothing }
`;

test("a bus of a file is read though the rest of the file is wrong", () => {
  expect(busOfText(FILE, "m.yaml", "plant", [driver])).toMatchObject({ settings: { host: "a" } });
});

test("a bus that is not there, or not right, says so with its line", () => {
  const missing = busOfText(FILE, "m.yaml", "plan", [driver]);
  expect(missing).toMatchObject({
    problems: [{ message: expect.stringContaining('did you mean "plant"?') }],
  });
  const broken = busOfText(FILE, "m.yaml", "broken", [driver]);
  expect(broken).toMatchObject({ problems: [{ line: 3, path: "buses.broken.host" }] });
});

test("what was found can be pasted into a file and checks there", () => {
  const snippet = snippetOf(driver, "plant", [
    { where: "unit 3", what: "answers\nfunction 3: # no: comment", settings: { unitId: 3 } },
    { where: "GPIO17", what: "an input", settings: { pin: "GPIO17" } },
    { where: "unit 9", what: "no idea", settings: {} },
  ]);
  expect(snippet).toBe(`devices:
  # unit 3: answers function 3: # no: comment
  device1:
    bus: plant
    unitId: 3
signals:
  # GPIO17: an input
  signal2:
    device: NAME
    pin: GPIO17
`);
  const file = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { plant: { driver: played, host: a } }
${snippet.replace("device: NAME", "device: device1")}`;
  expect(parseMachineFile(file, "m.yaml", [driver])).toHaveProperty("machine");
});
