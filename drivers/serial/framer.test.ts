import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SeededRandom } from "../../runtime/testing/seeded-random.ts";
import { Framer, type FramerSettings } from "./framer.ts";
import { deviceSettings } from "./settings.ts";

function framerOf(given: Readonly<Record<string, unknown>>): Framer {
  return new Framer(deviceSettings.parse(given) as FramerSettings);
}

/** What the framer makes of the pieces: frames as text, `!` before damaged, `~` before overlong. */
function cut(framer: Framer, pieces: readonly string[], everyMs = 1): string[] {
  const marks = { frame: "", damaged: "!", overlong: "~" };
  return pieces.flatMap((piece, index) =>
    framer
      .take(Buffer.from(piece, "latin1"), index * everyMs)
      .map(({ kind, bytes }) => marks[kind] + bytes.toString("latin1")),
  );
}

const XOR = { kind: "xor" };

const cases: readonly [string, Record<string, unknown>, string, readonly string[]][] = [
  ["lines, with or without CR", { framing: { line: "\n" } }, "1\r\n2\n\r\n3\n4", ["1", "2", "3"]],
  ["lines that end in CR", { framing: { line: "\\r" } }, "1\r2\r", ["1", "2"]],
  [
    "delimiter with a beginning, noise between",
    { framing: { delimiter: "\x03", start: "\x02" } },
    "??\x02a\x03!\x02b\x03",
    ["\x02a\x03", "\x02b\x03"],
  ],
  [
    "a frame that lost its end does not swallow the next",
    { framing: { delimiter: "\x03", start: "\x02" } },
    "\x02aaa\x02b\x03",
    ["\x02b\x03"],
  ],
  [
    "a check byte after the delimiter, whatever it is",
    { framing: { delimiter: "\x03", start: "\x02", trailing: 1 }, checksum: { ...XOR, from: 1 } },
    "\x02\x01\x03\x02\x02b\x03a",
    ["\x02\x01\x03\x02", "\x02b\x03a"],
  ],
  ["fixed length", { framing: { fixed: 3 }, request: "?" }, "abcdef", ["abc", "def"]],
  [
    "fixed length finds back into step by its check",
    { framing: { fixed: 4, start: "S" }, checksum: XOR },
    "Sab\x50x\x00Sab\x50Sab\x50",
    ["Sab\x50", "Sab\x50", "Sab\x50"],
  ],
  [
    "a length in the frame",
    { framing: { lengthPrefixed: { offset: 1, adjust: 2 }, start: "L" }, request: "?" },
    "L\x02abL\x01c",
    ["L\x02ab", "L\x01c"],
  ],
  [
    "a length of two bytes, low one first",
    { framing: { lengthPrefixed: { offset: 0, size: 2, endian: "little" } }, request: "?" },
    "\x04\x00ab\x03\x00c",
    ["\x04\x00ab", "\x03\x00c"],
  ],
  [
    "an impossible length is damage",
    { framing: { lengthPrefixed: { offset: 0 } }, request: "?", frameMax: 10 },
    "\x03ab\xff\x02a",
    ["\x03ab", "!\xff"],
  ],
  ["a regular expression", { framing: { regex: "[\\d.]+kg" } }, "  12.5kg;3kg", ["12.5kg", "3kg"]],
];

describe("frames", () => {
  test.each(cases)("%s", (_, given, stream, expected) => {
    const whole = framerOf(given);
    whole.reset(true);
    expect(cut(whole, [stream])).toEqual(expected);
    const bytewise = framerOf(given);
    bytewise.reset(true);
    expect(cut(bytewise, stream.split(""))).toEqual(expected);
  });

  test("half a line at the beginning is no line", () => {
    const framer = framerOf({});
    framer.reset(false);
    expect(cut(framer, ["2.5\n112.5\n"])).toEqual(["112.5"]);
    const expression = framerOf({ framing: { regex: "[\\d.]+\\n" } });
    expression.reset(false);
    expect(cut(expression, ["2.5\n112.5\n"])).toEqual(["112.5\n"]);
  });

  test("a frame whose end was lost does not get the end of a later one", () => {
    const framer = framerOf({ pause: "500ms" });
    framer.reset(true);
    expect(cut(framer, ["1\n", "11", "2.5\n", "3\n"], 600)).toEqual(["1", "3"]);
  });

  test("what has no end is told once and thrown away, and the next line counts again", () => {
    const framer = framerOf({ frameMax: 8 });
    framer.reset(true);
    expect(cut(framer, [`1\n${"x".repeat(100_000)}\n2\n`])).toEqual([
      "1",
      expect.stringMatching(/^~x{9,16}$/),
      "2",
    ]);
    expect(framer.held.length).toBe(0);
  });

  test("a damaged line is told and the next one is good", () => {
    const framer = framerOf({ checksum: { kind: "nmea" } });
    framer.reset(true);
    const good = "$GPHDT,12.5,T*03";
    expect(cut(framer, [`${good}\r\n${good.replace("5", "6")}\r\n${good}\r\n`])).toEqual([
      good,
      `!${good.replace("5", "6")}`,
      good,
    ]);
  });
});

test("between noise, the frames that were sent come out and no others", () => {
  const frame = (value: number) => {
    const body = Buffer.from([0x53, value >> 8, value & 0xff]);
    const crc = crc16(body);
    return Buffer.concat([body, Buffer.from([crc & 0xff, crc >> 8])]);
  };
  const noise = fc.uint8Array({ minLength: 0, maxLength: 12 });
  const part = fc.oneof(
    noise.map((bytes) => ({ sent: null as number | null, bytes: Buffer.from(bytes) })),
    fc.integer({ min: 0, max: 65_535 }).map((value) => ({ sent: value, bytes: frame(value) })),
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.integer({ min: 1, max: 9 }),
      (parts, size) => {
        const framer = framerOf({
          framing: { fixed: 5, start: "S" },
          checksum: { kind: "crc16-modbus" },
        });
        framer.reset(false);
        const stream = Buffer.concat(parts.map(({ bytes }) => bytes));
        const got: string[] = [];
        for (let from = 0; from < stream.length; from += size) {
          for (const piece of framer.take(stream.subarray(from, from + size), from)) {
            if (piece.kind === "frame") got.push(piece.bytes.toString("hex"));
          }
        }
        const sent = parts
          .filter((each) => each.sent !== null)
          .map(({ bytes }) => bytes.toString("hex"));
        // The last one may still be held, behind noise that begins like a frame.
        expect(sent.slice(0, got.length)).toEqual(got);
        expect(sent.length - got.length).toBeLessThanOrEqual(1);
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});

test("no frame whose content was changed on its way comes out", () => {
  const random = new SeededRandom(20_261_123);
  const framer = framerOf({ checksum: { kind: "crc16-modbus", encoding: "hex", endian: "big" } });
  framer.reset(true);
  const sent = new Set<string>();
  const got: string[] = [];
  let changed = 0;
  for (let number = 0; number < 5_000; number++) {
    const body = `W,${(random.next() * 1_000).toFixed(3)},${number}`;
    const frame = `${body}${crc16(Buffer.from(body)).toString(16).padStart(4, "0")}`;
    sent.add(body);
    const bytes = Buffer.from(`${frame}\n`);
    for (let index = 0; index < bytes.length; index++) {
      if (random.next() >= 0.01) continue;
      bytes[index]! ^= 1 << random.integer(0, 7);
      changed += 1;
    }
    for (const { kind, bytes: piece } of framer.take(bytes, number)) {
      // Without its checksum: a digit of that may turn from `d` to `D` and say the same.
      if (kind === "frame") got.push(piece.toString("latin1").slice(0, -4));
    }
  }
  expect(changed).toBeGreaterThan(800);
  expect(got.length).toBeGreaterThan(3_500);
  expect(got.filter((body) => !sent.has(body))).toEqual([]);
});

function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa001 : crc >> 1;
  }
  return crc;
}
