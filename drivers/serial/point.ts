// Takes one number out of a frame, as the machine file says where it stands. What is no number is
// told with its text, because "sensor fault" alone helps nobody who stands before a scale.

import { schema } from "../../runtime/schema/schema.ts";
import type { Reason } from "../../runtime/signal/quality.ts";
import { bytesOf, byteText, escapedText, showBytes } from "./byte-text.ts";
import { Expression, expressionText, type WorkBudget } from "./expression.ts";
import { FRAME_BYTES_MAX } from "./framing.ts";

const NUMBER_TYPES = [
  "uint8",
  "int8",
  "uint16",
  "int16",
  "uint32",
  "int32",
  "float32",
  "float64",
] as const;
type NumberType = (typeof NUMBER_TYPES)[number];

const position = schema
  .int()
  .min(-FRAME_BYTES_MAX)
  .max(FRAME_BYTES_MAX - 1);

const WAYS = ["field", "match", "byte", "columns"] as const;

export const pointSettings = schema
  .strictObject({
    when: expressionText.optional().describe("Only frames that it fits bring this point"),
    field: schema.int().min(0).max(255).optional().describe("Field after splitting, from 0"),
    separator: byteText.optional().describe("Between fields; a comma where nothing is said"),
    match: expressionText.optional().describe("The value is its first group"),
    byte: position.optional().describe("First byte of a binary number, from 0; -1 is the last"),
    type: schema.enum(NUMBER_TYPES).optional().describe("uint8 where nothing is said"),
    endian: schema.enum(["little", "big"]).optional().describe("big where nothing is said"),
    columns: schema
      .strictObject({
        from: position.describe("First character, from 0; below zero from the end"),
        length: schema.int().min(1).max(255),
      })
      .optional()
      .describe("Text of fixed width"),
    base: schema.literal([10, 16]).optional().describe("Of a number in text; 10 else"),
    decimal: schema.enum([".", ","]).optional().describe("Decimal mark of text; a point else"),
    bit: schema.int().min(0).max(31).optional().describe("One bit of the whole number, from 0"),
    map: schema
      .record(schema.string(), schema.number())
      .optional()
      .describe("Words and the numbers that they mean; no other word is taken then"),
    write: escapedText
      .refine((text) => /\{value(?::\d)?\}/.test(text), "has no {value}")
      .optional()
      .describe("What is sent to write; {value:2} writes two decimals"),
    answer: expressionText.optional().describe("What the device says to a write that it took"),
  })
  .superRefine((given, context) => {
    const refuse = (message: string, key?: string) =>
      context.addIssue({ code: "custom", message, ...(key && { path: [key] }) });
    const ways = WAYS.filter((way) => given[way] !== undefined);
    if (ways.length !== 1) {
      refuse(`says in ${ways.length} ways where it stands; give exactly one of ${WAYS.join(", ")}`);
    }
    for (const key of ["type", "endian"] as const) {
      if (given.byte === undefined && given[key] !== undefined) refuse("belongs to `byte`", key);
    }
    for (const key of ["base", "decimal", "map"] as const) {
      if (given.byte !== undefined && given[key] !== undefined) refuse("is for text alone", key);
    }
    if (given.separator !== undefined && given.field === undefined) {
      refuse("belongs to `field`", "separator");
    }
    if (given.bit !== undefined && given.type?.startsWith("float")) {
      refuse("is for whole numbers", "bit");
    }
    if (given.answer !== undefined && given.write === undefined) {
      refuse("belongs to `write`", "answer");
    }
  });
export type PointSettings = ReturnType<typeof pointSettings.parse>;

export type Extracted =
  | { readonly value: number }
  | { readonly reason: Reason; readonly why: string };

type Take = (frame: Buffer, text: string) => Extracted;

/** Reads one point, with its expressions built once. */
export interface PointReader {
  /** Whether such a frame brings this point. */
  fits(text: string): boolean;
  readonly take: Take;
}

export function pointReader(
  settings: PointSettings,
  frameMax: number,
  budget: WorkBudget | null = null,
): PointReader {
  const when = settings.when === undefined ? null : new Expression(settings.when, frameMax, budget);
  return {
    fits: (text) => when === null || when.exec(text) !== null,
    take:
      settings.byte === undefined ? textTaker(settings, frameMax, budget) : binaryTaker(settings),
  };
}

function textTaker(settings: PointSettings, frameMax: number, budget: WorkBudget | null): Take {
  const { field, columns } = settings;
  const separator = separatorOf(settings.separator);
  const match =
    settings.match === undefined ? null : new Expression(settings.match, frameMax, budget);
  return (frame, text) => {
    let word: string | undefined;
    if (match !== null) {
      const found = match.exec(text);
      word = found?.[1] ?? found?.[0];
    } else if (columns !== undefined) {
      const from = columns.from < 0 ? text.length + columns.from : columns.from;
      const isInside = from >= 0 && from + columns.length <= text.length;
      word = isInside ? text.slice(from, from + columns.length) : undefined;
    } else {
      word = (separator === " " ? text.trim().split(/\s+/) : text.split(separator))[field!];
    }
    if (word === undefined) {
      return bad("not-configured", `${where(settings)} is not in ${showBytes(frame)}`);
    }
    const value = numberOf(word.trim(), settings);
    if (value !== null) return { value: bitOf(value, settings.bit) };
    return bad("sensor-fault", `${where(settings)} is ${showBytes(Buffer.from(word, "latin1"))}`);
  };
}

function separatorOf(separator: PointSettings["separator"]): string {
  return separator === undefined ? "," : Buffer.from(bytesOf(separator)).toString("latin1");
}

const DECIMAL = /^[+-]?\s*(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const HEXADECIMAL = /^(?:0[xX])?[0-9A-Fa-f]{1,12}$/;

/** Null where the text is no number as declared. */
function numberOf(word: string, { map, base, decimal }: PointSettings): number | null {
  if (map !== undefined) return Object.hasOwn(map, word) ? map[word]! : null;
  if (base === 16) {
    return HEXADECIMAL.test(word) ? Number.parseInt(word.replace(/^0x/i, ""), 16) : null;
  }
  const plain = decimal === "," ? word.replace(",", ".") : word;
  if (decimal === "," && word.includes(".")) return null;
  const value = DECIMAL.test(plain) ? Number(plain.replace(/\s/g, "")) : Number.NaN;
  return Number.isFinite(value) ? value : null;
}

function binaryTaker(settings: PointSettings): Take {
  const { byte = 0, type = "uint8", endian = "big", bit } = settings;
  const width = Number(/\d+$/.exec(type)![0]) / 8;
  return (frame) => {
    const at = byte < 0 ? frame.length + byte : byte;
    if (at < 0 || at + width > frame.length) {
      return bad("not-configured", `${where(settings)} is not in ${showBytes(frame)}`);
    }
    const view = new DataView(frame.buffer, frame.byteOffset + at, width);
    const value = readNumber(view, type, endian === "little");
    if (Number.isFinite(value)) return { value: bitOf(value, bit) };
    return bad("sensor-fault", `${where(settings)} is not a number in ${showBytes(frame)}`);
  };
}

function readNumber(view: DataView, type: NumberType, isLittle: boolean): number {
  switch (type) {
    case "uint8":
      return view.getUint8(0);
    case "int8":
      return view.getInt8(0);
    case "uint16":
      return view.getUint16(0, isLittle);
    case "int16":
      return view.getInt16(0, isLittle);
    case "uint32":
      return view.getUint32(0, isLittle);
    case "int32":
      return view.getInt32(0, isLittle);
    case "float32":
      return view.getFloat32(0, isLittle);
    case "float64":
      return view.getFloat64(0, isLittle);
  }
}

function bitOf(value: number, bit: number | undefined): number {
  return bit === undefined ? value : (value >>> bit) & 1;
}

function where({ field, match, byte, columns }: PointSettings): string {
  if (field !== undefined) return `field ${field}`;
  if (byte !== undefined) return `byte ${byte}`;
  if (columns !== undefined) return `column ${columns.from}`;
  return `what fits ${match}`;
}

function bad(reason: Reason, why: string): Extracted {
  return { reason, why };
}

/** The bytes of a write; null where the value cannot be written as text. */
export function writeText(template: string, value: number): string | null {
  if (!Number.isFinite(value)) return null;
  return template.replace(/\{value(?::(\d))?\}/g, (_, decimals?: string) =>
    decimals === undefined ? String(value) : value.toFixed(Number(decimals)),
  );
}
