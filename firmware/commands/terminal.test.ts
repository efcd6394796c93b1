import { expect, test } from "vitest";
import { plain } from "./terminal.ts";

test("what a device says of itself moves no cursor and paints nothing", () => {
  expect(plain("unit 3: \u001b[2Jgood\r\u009b0m\u0007")).toBe(
    "unit 3: \\u001b[2Jgood\\u000d\\u009b0m\\u0007",
  );
});

test("lines, tabs, letters and JSON stay what they are", () => {
  expect(plain("Größe\t5 µm\n→ ✓")).toBe("Größe\t5 µm\n→ ✓");
  const object = { name: "a\u009bb\u007f" };
  expect(JSON.parse(plain(JSON.stringify(object)))).toEqual(object);
});
