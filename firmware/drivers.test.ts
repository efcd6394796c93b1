// Rules that hold for every driver in the table, whoever wrote it.

import { describe, expect, test } from "vitest";
import { type Schema, schema } from "../runtime/schema/schema.ts";
import { drivers } from "./drivers.ts";
import { machineSchema } from "./machine-file/machine-schema.ts";
import { standInDrivers } from "./machine-file/stand-in-drivers.ts";

/** Where a schema's maps would silently take a key that is misspelled. */
function openMaps(wanted: Schema<unknown>): readonly string[] {
  const found: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const map = node as Readonly<Record<string, unknown>>;
    if (map["type"] === "object" && map["additionalProperties"] === undefined) found.push(path);
    for (const [key, value] of Object.entries(map)) visit(value, `${path}/${key}`);
  };
  visit(schema.toJSONSchema(wanted, { io: "input", unrepresentable: "any" }), "#");
  return found;
}

test("no two drivers have one name", () => {
  const names = drivers.map((driver) => driver.name);
  expect(new Set(names).size).toBe(names.length);
});

describe.each([...drivers, ...standInDrivers])("driver $name", (driver) => {
  test("its settings refuse unknown keys at every depth", () => {
    for (const part of ["bus", "device", "point"] as const) {
      expect(openMaps(driver[part]), part).toEqual([]);
    }
  });

  test("its settings can be published", () => {
    expect(machineSchema([driver])["title"]).toBe("Telltale machine file");
  });
});
