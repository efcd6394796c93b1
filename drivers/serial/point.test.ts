import { describe, expect, test } from "vitest";
import { parseEscapes, showBytes } from "./byte-text.ts";
import { Expression, isQuick } from "./expression.ts";
import { framing } from "./framing.ts";
import { pointReader, pointSettings, writeText } from "./point.ts";
import { busSettings, deviceSettings } from "./settings.ts";

/** The value, or the reason why there is none. */
function readFrom(given: Record<string, unknown>, frame: string) {
  const bytes = Buffer.from(frame, "latin1");
  const found = pointReader(pointSettings.parse(given), 256).take(bytes, frame);
  return "value" in found ? found.value : found.reason;
}

const cases: readonly [Record<string, unknown>, string, number | string][] = [
  [{ field: 2 }, "$GPHDT,12.5,-3.25,T", -3.25],
  [{ field: 1, separator: ";" }, "a;+ 7;c", 7],
  [{ field: 1, separator: " " }, "  ST   12.5  kg", 12.5],
  [{ field: 1, decimal: ",", separator: ";" }, "ST;12,5", 12.5],
  [{ field: 1, decimal: ",", separator: ";" }, "ST;12.5", "sensor-fault"],
  [{ field: 4 }, "1,2", "not-configured"],
  [{ field: 1 }, "1,,3", "sensor-fault"],
  [{ field: 1 }, "1,----,3", "sensor-fault"],
  [{ field: 1 }, "1,NaN,3", "sensor-fault"],
  [{ field: 1 }, "1,1e999,3", "sensor-fault"],
  [{ field: 0, base: 16 }, "0x1F", 31],
  [{ field: 0, base: 16 }, "1G", "sensor-fault"],
  [{ field: 0, base: 16, bit: 4 }, "1F", 1],
  [{ field: 0, map: { R: 1, S: 0 } }, "R", 1],
  [{ field: 0, map: { R: 1, S: 0 } }, "1", "sensor-fault"],
  [{ field: 0, map: { R: 1 } }, "toString", "sensor-fault"],
  [{ match: "T=([\\d.]+)" }, "P=1;T=71.5;", 71.5],
  [{ match: "[\\d.]+" }, "P=1;", 1],
  [{ match: "T=([\\d.]+)" }, "P=1", "not-configured"],
  [{ columns: { from: 3, length: 7 } }, "ST:  12.5kg", "sensor-fault"],
  [{ columns: { from: 3, length: 6 } }, "ST:  12.5kg", 12.5],
  [{ columns: { from: -3, length: 3 } }, "abc123", 123],
  [{ columns: { from: 8, length: 6 } }, "abc123", "not-configured"],
  [{ byte: 1 }, "\x00\xff", 255],
  [{ byte: -1, type: "int8" }, "\x00\xff", -1],
  [{ byte: 0, type: "uint16" }, "\x01\x02", 258],
  [{ byte: 0, type: "uint16", endian: "little" }, "\x01\x02", 513],
  [{ byte: 0, type: "int32" }, "\xff\xff\xff\xfe", -2],
  [{ byte: 0, type: "float32" }, "\x41\x48\x00\x00", 12.5],
  [{ byte: 0, type: "float32" }, "\x7f\xc0\x00\x00", "sensor-fault"],
  [{ byte: 0, type: "float64" }, "\x40\x29\x00\x00\x00\x00\x00\x00", 12.5],
  [{ byte: 1, type: "uint16" }, "\x01\x02", "not-configured"],
  [{ byte: 0, bit: 7 }, "\x80", 1],
];
test.each(cases)("%j of %j is %s", (given, frame, expected) => {
  expect(readFrom(given, frame)).toBe(expected);
});

test("only the sentences that `when` fits bring a point", () => {
  const reader = pointReader(pointSettings.parse({ field: 1, when: "^\\$..RMC" }), 256);
  expect([reader.fits("$GPRMC,1"), reader.fits("$GPGGA,1")]).toEqual([true, false]);
});

describe("a write", () => {
  test.each([
    ["SP{value}\r", 12.5, "SP12.5\r"],
    ["SP{value:2}", 12.5, "SP12.50"],
    ["{value:0};{value:0}", -3, "-3;-3"],
    ["{value}", Number.NaN, null],
  ])("%j with %s is %j", (template, value, expected) => {
    expect(writeText(template, value)).toBe(expected);
  });
});

describe("bytes in a machine file", () => {
  test.each([
    ["R1\\r\\n", [82, 49, 13, 10]],
    ["\\x02\\\\é", [2, 92, 233]],
    ["\r", [13]],
    ["\\q", null],
    ["\\x0", null],
    ["€", null],
  ])("%j", (text, expected) => {
    const bytes = parseEscapes(text);
    expect(bytes === null ? null : [...bytes]).toEqual(expected);
  });

  test("are shown so that a person can read them", () => {
    expect(showBytes(Buffer.from("a\r\n\x02"))).toBe('"a\\r\\n\\x02"');
    expect(showBytes(Buffer.alloc(100, "x"), 3)).toBe('"xxx…" (100 bytes)');
  });
});

describe("expressions", () => {
  test.each([
    ["^\\$GPRMC,(\\d+)", true],
    ["T=([\\d.]+)", true],
    ["^[^,]*,([^,]*)", true],
    ["^(a+)+$", false],
    ["(a|a)*b", false],
    ["(.*)(.*)(.*)x", false],
    ["a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?", false],
    ["(a)\\1*", false],
    ["(?=a+)b", false],
  ])("%s is quick by its form: %s", (source, expected) => {
    expect(isQuick(source, 256)).toBe(expected);
  });

  test("one that would take years ends with a fault", () => {
    const expression = new Expression("^(a+)+$", 256);
    expect(expression.exec("aaa")?.[1]).toBe("aaa");
    expect(() => expression.exec(`${"a".repeat(60)}b`)).toThrow(
      expect.objectContaining({ code: "BUS_WRONG_ANSWER" }),
    );
    expect(expression.exec("b")).toBe(null);
  });

  test("in another case", () => {
    expect(new Expression("/^ok$/i", 256).exec("OK")).not.toBe(null);
  });
});

describe("settings are refused:", () => {
  test.each([
    [{}],
    [{ field: 1, byte: 1 }],
    [{ field: 1, type: "int8" }],
    [{ byte: 1, map: { a: 1 } }],
    [{ byte: 1, separator: "," }],
    [{ byte: 1, type: "float32", bit: 1 }],
    [{ field: 1, answer: "OK" }],
    [{ field: 1, write: "SP\r" }],
    [{ match: "(" }],
    [{ field: 1, unknown: 1 }],
  ])("point %j", (given) => {
    expect(pointSettings.safeParse(given).success).toBe(false);
  });

  test.each([
    [{ framing: { fixed: 8 } }],
    [{ framing: { fixed: 8, start: "\x02" } }],
    [{ framing: { line: "" } }],
    [{ request: { hex: "0" } }],
    [{ frameMax: 5_000 }],
    [{ framing: { line: "\n", fixed: 3 } }],
  ])("device %j", (given) => {
    expect(deviceSettings.safeParse(given).success).toBe(false);
  });

  test.each([[{}], [{ port: "/dev/ttyUSB0", tcp: "moxa:4001" }], [{ tcp: "moxa" }]])(
    "bus %j",
    (given) => {
      expect(busSettings.safeParse(given).success).toBe(false);
    },
  );

  test.each(["\\d+", "a*", "(ab)", "x{3}", "a.", "[ab]", "\\w"])(
    "expression %s as framing",
    (regex) => {
      expect(framing.safeParse({ regex }).success).toBe(false);
    },
  );

  test.each(["\\d+\\r", "\\x02.*?\\x03", "/[\\d.]+ KG/i", "a\\."])("but not %s", (regex) => {
    expect(framing.safeParse({ regex }).success).toBe(true);
  });
});
