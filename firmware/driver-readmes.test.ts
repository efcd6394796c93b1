// What a driver's readme shows as a machine file has to be one: people copy it.

import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { drivers } from "./drivers.ts";
import { parseMachineFile } from "./machine-file/parse-machine-file.ts";

const HEAD = 'telltale: 1\nmachine: { maker: Example, model: Desk, serialNumber: "1" }\n';
const BLOCK = /^```yaml\n(.*?)^```/gms;

test.each(drivers.map(({ name }) => name))("the readme of %s shows a good machine file", (name) => {
  const path = resolve(import.meta.dirname, "../drivers", name, "README.md");
  expect(existsSync(path), path).toBe(true);
  const blocks = [...readFileSync(path, "utf8").matchAll(BLOCK)].map(([, text]) => text!);
  const whole = blocks.filter((text) => text.startsWith("buses:"));
  expect(whole.length, `${path}: a yaml block that begins with "buses:"`).toBeGreaterThan(0);
  for (const text of whole) {
    expect(parseMachineFile(HEAD + text, `${name}/README.md`, drivers)).not.toHaveProperty(
      "problems",
    );
  }
});
