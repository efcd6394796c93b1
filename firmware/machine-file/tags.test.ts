// Signals as a table and back. The tables are parsed as a person's file is, traps of spreadsheets
// included.

import { expect, test } from "vitest";
import { modbusDriver } from "../../drivers/modbus/modbus.ts";
import { formatCsv, parseCsv } from "../../drivers/shared/csv.ts";
import { parseMachineFile } from "./parse-machine-file.ts";
import { importTags, tagsOf } from "./tags.ts";

const HEAD = `telltale: 1 # the version
machine: { maker: a, model: b, serialNumber: "1" }
buses: { plant: { driver: modbus, host: 192.0.2.1 } }
devices: { pump: { bus: plant } }
`;

const FILE = `${HEAD}
signals:
  # what the pump gives
  flow:
    description: Flow, in the pipe
    device: pump
    register: { input: 0, type: int16 } # page 7
    unit: L/min
    range: [0, 500]

  # the temperature of the motor
  temperature: { device: pump, register: { input: 1 }, unit: Cel, scale: 0.1 }

usage:
  WORKING: { signal: flow, above: 45 }   # aligned   by hand
`;

function importing(csv: string, more: { readonly file?: string; readonly remove?: boolean } = {}) {
  const { file = FILE, remove = false } = more;
  return importTags({
    text: file,
    file: "m.yaml",
    table: parseCsv(csv, "tags.csv"),
    tableName: "tags.csv",
    drivers: [modbusDriver],
    remove,
  });
}

function exported(file = FILE): string {
  const { columns, rows } = tagsOf(file);
  return formatCsv(columns, rows);
}

test("an export has a row for each signal and the driver's own keys as columns", () => {
  expect(exported()).toBe(
    "name,device,description,unit,scale,offset,range.low,range.high,deadband,heartbeat,stale," +
      "register.input,register.type\n" +
      'flow,pump,"Flow, in the pipe",L/min,,,0,500,,,,0,int16\n' +
      "temperature,pump,,Cel,0.1,,,,,,,1,\n",
  );
});

test("what was exported changes nothing when it is imported again", () => {
  expect(importing(exported())).toEqual({ text: FILE, changes: [] });
});

test("a change touches its own line and nothing else", () => {
  const result = importing(exported().replace("0,500", "0,600").replace("Cel,0.1", "K,0.1"));
  expect(result).toMatchObject({
    changes: [
      { kind: "changed", name: "flow", details: ["range: [0,500] → [0,600]"] },
      { kind: "changed", name: "temperature", details: ["unit: Cel → K"] },
    ],
  });
  const text = "text" in result ? result.text : "";
  expect(text).toBe(FILE.replace("[0, 500]", "[0, 600]").replace("unit: Cel", "unit: K"));
});

test("an emptied cell takes its key away; a column that is not there leaves the key alone", () => {
  const result = importing("name,register.type\nflow,\ntemperature,\n");
  const text = "text" in result ? result.text : "";
  expect(text).toBe(FILE.replace("{ input: 0, type: int16 }", "{ input: 0 }"));
});

test("a comment behind the name of a changed signal stays, on a line of its own", () => {
  const file = FILE.replace("  flow:", "  flow: # in the pipe");
  const result = importing("name,unit\nflow,m3/h\n", { file });
  expect("text" in result && result.text).toContain("  flow:\n    # in the pipe\n");
});

test("a new signal is added behind the last one, in the manner of the file", () => {
  const row = "speed,pump,Shaft,/min,holding,0,3000\n";
  const csv = `name,device,description,unit,x,range.low,range.high\n${row}`
    .replace(",x,", ",register.holding,")
    .replace("holding,0", "7,0");
  const result = importing(csv);
  expect(result).toMatchObject({ changes: [{ kind: "added", name: "speed" }] });
  const line = `  temperature: { device: pump, register: { input: 1 }, unit: Cel, scale: 0.1 }\n`;
  const added =
    "  speed: { device: pump, description: Shaft, unit: /min, register: { holding: 7 }, " +
    "range: [0, 3000] }\n";
  expect("text" in result && result.text).toBe(FILE.replace(line, line + added));
});

test("the first signal of a file makes the section", () => {
  const csv = "name,device,register.holding\nspeed,pump,7\n";
  const expected = `${HEAD}signals:
  speed:
    device: pump
    register: { holding: 7 }
`;
  expect(importing(csv, { file: HEAD })).toMatchObject({ text: expected });
  expect(importing(csv, { file: `${HEAD}signals:\n` })).toMatchObject({ text: expected });
});

test("signals go only when asked, and their comment goes with them", () => {
  const keep = exported().split("\n").slice(0, 2).join("\n");
  expect(importing(keep)).toMatchObject({ changes: [] });
  const result = importing(keep, { remove: true });
  expect(result).toMatchObject({ changes: [{ kind: "removed", name: "temperature" }] });
  const text = "text" in result ? result.text : "";
  expect(text).not.toContain("temperature");
  expect(text).toContain("# what the pump gives");
  expect(parseMachineFile(text, "m.yaml", [modbusDriver])).toHaveProperty("machine");
});

test("a signal that a rule needs cannot go", () => {
  const result = importing("name\ntemperature\n", { remove: true });
  expect(result).toMatchObject({ problems: [expect.stringContaining('unknown signal "flow"')] });
});

test.each([
  { name: "semicolons and a byte order mark", csv: "\ufeffname;unit\r\nflow;m3/h\r\n" },
  { name: "tabs", csv: "name\tunit\nflow\tm3/h\n" },
  { name: "quoted cells", csv: '"name","unit"\n"flow","m3/h"\n' },
  { name: "no line end at the end", csv: "name,unit\nflow,m3/h" },
])("$name are read", ({ csv }) => {
  expect(importing(csv)).toMatchObject({ changes: [{ details: ["unit: L/min → m3/h"] }] });
});

const MISTAKES = [
  {
    name: "a reference to nothing",
    csv: "name,register.type\nflow,*there\n",
    says: 'tags.csv:2 flow: register.type: "*there" is neither a value nor YAML',
  },
  {
    name: "a decimal comma",
    csv: "name;scale\nflow;0,1\n",
    says: 'tags.csv:2 flow: scale: "0,1" has a decimal comma; write 0.1 with a point',
  },
  {
    name: "a decimal comma in the driver's column",
    csv: "name;register.input\nflow;1,5\n",
    says: 'tags.csv:2 flow: register.input: "1,5" has a decimal comma; write 1.5 with a point',
  },
  {
    name: "words where a number belongs",
    csv: "name,scale\nflow,a tenth\n",
    says: 'tags.csv:2 flow: scale: "a tenth" is not a number',
  },
  { name: "no names", csv: "nam,unit\nflow,A\n", says: 'no column "name"; did you mean "nam"?' },
  {
    name: "a row without a name",
    csv: "name,unit\n,A\n",
    says: "tags.csv:2 the signal has no name",
  },
  {
    name: "a name given twice",
    csv: "name,unit\nflow,A\nflow,V\n",
    says: "tags.csv:3 flow: is named a second time; see line 2",
  },
  {
    name: "half a range",
    csv: "name,range.low,range.high\nflow,1,\n",
    says: "tags.csv:2 flow: the range has one end only",
  },
  {
    name: "an unknown unit",
    csv: "name,unit\n\nflow,l/mn\n",
    says: 'tags.csv:3 flow: unit: unknown unit "l/mn"; did you mean "L/min"?',
  },
  {
    name: "an unknown column",
    csv: "name,unti\nflow,V\n",
    says: 'tags.csv:2 flow: unti: unknown key "unti"; did you mean "unit"?',
  },
  {
    name: "an unknown device",
    csv: "name,device,register.input\nspeed,pmp,3\n",
    says: 'tags.csv:2 speed: device: unknown device "pmp"; did you mean "pump"?',
  },
  {
    name: "a name that is none",
    csv: "name,device,register.input\nMotor Speed,pump,3\n",
    says: 'tags.csv:2 Motor Speed: "Motor Speed" is not a name',
  },
  {
    name: "a value that is no YAML",
    csv: "name,register.type\nflow,{\n",
    says: 'tags.csv:2 flow: register.type: "{" is neither a value nor YAML',
  },
];

test.each(MISTAKES)("$name is told with its line", ({ csv, says }) => {
  const result = importing(csv);
  expect("problems" in result && result.problems.join("\n")).toContain(says);
});

test.each(["=1+1", "+49 421", "-5 V rail", "@home", "'=quoted", "'' twice"])(
  "the description %s is text to a spreadsheet, and comes back as it was",
  (description) => {
    const file = FILE.replace("Flow, in the pipe", JSON.stringify(description));
    const csv = exported(file);
    expect(csv).not.toMatch(/(^|,)"?[=+@]/m);
    expect(importing(csv, { file })).toEqual({ text: file, changes: [] });
  },
);

test("text that looks like a number stays text", () => {
  const file = FILE.replace("unit: Cel, scale: 0.1", 'unit: "1", description: "0012"');
  expect(importing(exported(file), { file })).toEqual({ text: file, changes: [] });
});

test.each([
  { signals: "signals: { flow: { device: pump, register: { input: 0 } } }\n", says: "in braces" },
  { signals: "signals:\n  flow: &f { device: pump, register: { input: 0 } }\n", says: "anchor" },
])("what cannot be changed safely is left to a person: $says", ({ signals, says }) => {
  const result = importing("name,unit\nflow,V\n", { file: HEAD + signals });
  expect("problems" in result && result.problems.join()).toContain(says);
});

test("a thousand signals are read and changed within a second or two", () => {
  const lines = Array.from({ length: 1_000 }, (_, at) => `s${at},pump,${at}`);
  const csv = `name,device,register.holding\n${lines.join("\n")}\n`;
  const added = importing(csv, { file: HEAD });
  expect("changes" in added && added.changes.length).toBe(1_000);
  const file = "text" in added ? added.text : "";
  const moved = importing(csv.replaceAll("pump,", "pump,1"), { file });
  expect("changes" in moved && moved.changes.length).toBe(1_000);
});
