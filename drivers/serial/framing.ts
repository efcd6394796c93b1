// Where a frame begins and ends, by what the machine file says of it: pure functions over the bytes
// that have come so far. What they skip is noise, or the rest of a frame that began before.

import { schema } from "../../runtime/schema/schema.ts";
import { bytesOf, byteText } from "./byte-text.ts";
import { Expression, expressionText, type WorkBudget } from "./expression.ts";

/** The longest frame that a device may be declared with. */
export const FRAME_BYTES_MAX = 4_096;

const start = byteText.optional().describe("Bytes that begin each frame");
const length = schema.int().min(1).max(FRAME_BYTES_MAX);

/** What ends in a repetition or a group would match half of a frame that is still arriving. */
const ENDS_FIXED = /(?:(?<!\\)[^*+?})\]$.|\\/]|\\[^dDwWsSbB])(?:\/[is]*)?$/;

export const framing = schema.union([
  schema.strictObject({
    line: byteText.describe("Text up to these bytes, which are not part of it"),
  }),
  schema.strictObject({
    delimiter: byteText.describe("Bytes that end each frame and are part of it"),
    start,
    trailing: schema.int().min(0).max(8).default(0).describe("Bytes after it: a checksum"),
  }),
  schema.strictObject({ fixed: length.describe("Each frame has so many bytes"), start }),
  schema.strictObject({
    lengthPrefixed: schema.strictObject({
      offset: schema.int().min(0).max(64).describe("First byte of the length in the frame"),
      size: schema.literal([1, 2, 4]).default(1),
      endian: schema.enum(["little", "big"]).default("big"),
      adjust: schema
        .int()
        .min(-64)
        .max(64)
        .default(0)
        .describe("What is added to it to get the length of the whole frame"),
    }),
    start,
  }),
  schema.strictObject({
    regex: expressionText
      .regex(ENDS_FIXED, "has to end with a fixed character: else half a frame would match")
      .describe("Each match is a frame"),
  }),
]);
export type Framing = ReturnType<typeof framing.parse>;

/**
 * What the bytes that are held show. `from` to `to` is a frame, and `next` the first byte after it.
 * `isLoose`: nothing but the bytes before it says that it begins there.
 */
export type Cut =
  | {
      readonly kind: "frame";
      readonly from: number;
      readonly to: number;
      readonly next: number;
      readonly isLoose: boolean;
    }
  /** What begins here can be no frame. */
  | { readonly kind: "noise"; readonly next: number }
  /** No frame yet; what stands before `from` belongs to none. */
  | { readonly kind: "more"; readonly from: number };

export type Locate = (held: Buffer) => Cut;

/** A frame that has a length and no end: what was lost of one is taken from the next. */
export function isCounted(settings: Framing): boolean {
  return "fixed" in settings || "lengthPrefixed" in settings;
}

/** The function that finds frames. `frameMax` bounds what a length in a frame may say. */
export function locator(
  settings: Framing,
  frameMax: number,
  budget: WorkBudget | null = null,
): Locate {
  if ("line" in settings) return locateLine(bytesOf(settings.line));
  if ("regex" in settings) return locateMatch(new Expression(settings.regex, 2 * frameMax, budget));
  const begin = settings.start === undefined ? null : bytesOf(settings.start);
  if ("delimiter" in settings) {
    return locateDelimited(bytesOf(settings.delimiter), begin, settings.trailing);
  }
  if ("fixed" in settings) return locateCounted(begin, () => settings.fixed);
  const { offset, size, endian, adjust } = settings.lengthPrefixed;
  return locateCounted(begin, (held) => {
    if (held.length < offset + size) return null;
    const said = endian === "big" ? held.readUIntBE(offset, size) : held.readUIntLE(offset, size);
    const total = said + adjust;
    return total >= offset + size && total <= frameMax ? total : "impossible";
  });
}

const LF = 10;
const CR = 13;

function locateLine(terminator: Uint8Array): Locate {
  // Some end their lines with both, whatever their manual says.
  const isUnix = terminator.length === 1 && terminator[0] === LF;
  return (held) => {
    const end = held.indexOf(terminator);
    if (end === -1) return { kind: "more", from: 0 };
    const to = isUnix && held[end - 1] === CR ? end - 1 : end;
    return { kind: "frame", from: 0, to, next: end + terminator.length, isLoose: true };
  };
}

function locateDelimited(delimiter: Uint8Array, begin: Uint8Array | null, trailing: number) {
  return (held: Buffer): Cut => {
    const first = begin === null ? 0 : held.indexOf(begin);
    if (first === -1) return { kind: "more", from: beginOfRest(held, begin!) };
    const end = held.indexOf(delimiter, first + (begin?.length ?? 0));
    if (end === -1 || held.length < end + delimiter.length + trailing) {
      return { kind: "more", from: first };
    }
    // Where a frame lost its end, the next one's beginning stands inside: that one is whole.
    const from = begin === null ? 0 : held.lastIndexOf(begin, end - 1);
    const next = end + delimiter.length + trailing;
    return { kind: "frame", from, to: next, next, isLoose: begin === null };
  };
}

function locateCounted(
  begin: Uint8Array | null,
  lengthOf: (held: Buffer) => number | "impossible" | null,
): Locate {
  return (held) => {
    const from = begin === null ? 0 : held.indexOf(begin);
    if (from === -1) return { kind: "more", from: beginOfRest(held, begin!) };
    const total = lengthOf(held.subarray(from));
    if (total === "impossible") return { kind: "noise", next: from + 1 };
    if (total === null || held.length < from + total) return { kind: "more", from };
    // Even a beginning is not enough: its bytes may stand among the values of another frame.
    return { kind: "frame", from, to: from + total, next: from + total, isLoose: true };
  };
}

function locateMatch(expression: Expression): Locate {
  return (held) => {
    const match = expression.exec(held.toString("latin1"));
    if (match === null || match[0] === "") return { kind: "more", from: 0 };
    const to = match.index + match[0].length;
    return { kind: "frame", from: match.index, to, next: to, isLoose: match.index === 0 };
  };
}

/** The last bytes may be the first ones of a beginning. */
function beginOfRest(held: Buffer, begin: Uint8Array): number {
  for (let from = Math.max(0, held.length - begin.length + 1); from < held.length; from++) {
    if (held.subarray(from).equals(begin.subarray(0, held.length - from))) return from;
  }
  return held.length;
}
