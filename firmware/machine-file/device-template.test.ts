// Every template that comes with the program is read, held against the driver's own schema, and put
// into a machine file.

import { expect, test } from "vitest";
import { modbusDriver } from "../../drivers/modbus/modbus.ts";
import { templateTexts } from "../host/assets.ts";
import { chooseTemplate, parseTemplate, tagsOfTemplate } from "./device-template.ts";
import { importTags } from "./tags.ts";

const FILE = `telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { plant: { driver: modbus, host: 192.0.2.1 } }
devices: { unit: { bus: plant } }
`;

const names = [...templateTexts().keys()];

test("there are at least eight, of several kinds", () => {
  const templates = [...templateTexts()].map(([name, text]) => parseTemplate(name, text));
  expect(templates.length).toBeGreaterThanOrEqual(8);
  expect(new Set(templates.map(({ what }) => what)).size).toBeGreaterThanOrEqual(4);
});

test.each(names)("%s: every row has a source and is right for the driver", (name) => {
  const template = chooseTemplate(name, templateTexts());
  for (const field of ["maker", "model", "what", "unitId", "serial"] as const) {
    expect(template[field]).not.toBe("");
  }
  expect(template.rows.length).toBeGreaterThan(0);
  for (const { status, sources } of template.rows) {
    const makers = sources.some((letter) =>
      template.sources.get(letter)!.startsWith(template.maker),
    );
    // One source that is not the maker's verifies nothing.
    if (status === "verified") expect(makers || sources.length >= 2).toBe(true);
  }
  const used = new Set(template.rows.flatMap(({ sources }) => sources));
  const table = tagsOfTemplate(template, { device: "unit", prefix: "", only: null });
  const result = importTags({
    text: FILE,
    file: "m.yaml",
    table,
    tableName: name,
    drivers: [modbusDriver],
  });
  expect("problems" in result ? result.problems : []).toEqual([]);
  expect("changes" in result && result.changes.length).toBe(template.rows.length);
  expect(used.size).toBeGreaterThan(0);
});

test("a prefix and a choice of rows", () => {
  const template = chooseTemplate("eastron-sdm630", templateTexts());
  const choice = { device: "unit", prefix: "grid", only: ["power", "voltageL1"] };
  const { rows } = tagsOfTemplate(template, choice);
  expect(rows.map(({ cells }) => cells["name"])).toEqual(["gridVoltageL1", "gridPower"]);
});

test("a template or row that is not there is answered with what was meant", () => {
  expect(() => chooseTemplate("sdm630", templateTexts())).toThrow('did you mean "eastron-sdm630"?');
  const template = chooseTemplate("siemens-v20", templateTexts());
  const choose = () => tagsOfTemplate(template, { device: "u", prefix: "", only: ["sped"] });
  expect(choose).toThrow("has no such row");
});

const ROWS = "name,register.holding,status,source\n";

test.each([
  { text: `# maker: a\n${ROWS}x,1,verified,\n`, says: "names no source" },
  { text: `# source A: b\n${ROWS}x,1,verified,B\n`, says: "names no source" },
  { text: `# source A: b\n${ROWS}x,1,good,A\n`, says: "neither verified nor unverified" },
  { text: `# nonsense\n${ROWS}`, says: "a line above the table that is none" },
])("a template that $says is refused", ({ text, says }) => {
  expect(() => parseTemplate("t", text)).toThrow(says);
});
