// Bytes as a machine file writes them: text with escapes (`"R1\r"`, `"\x02"`) or hexadecimal digits
// (`{ hex: "02 30 03" }`).

import { schema } from "../../runtime/schema/schema.ts";

const ESCAPES: Readonly<Record<string, number>> = { r: 13, n: 10, t: 9, "0": 0, "\\": 92 };
const TOKEN = /\\x([0-9A-Fa-f]{2})|\\([rnt0\\])|([^\\])/suy;
const HEX = /^\s*(?:[0-9A-Fa-f]{2}\s*)+$/;

/** More than any device takes as one request. */
const BYTES_MAX = 512;

/** The bytes of a text with escapes; null where an escape or a character has no byte. */
export function parseEscapes(text: string): Uint8Array | null {
  const bytes: number[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const [, hex, named, plain] = TOKEN.exec(text) ?? [];
    const byte =
      hex !== undefined
        ? Number.parseInt(hex, 16)
        : named !== undefined
          ? ESCAPES[named]!
          : (plain?.codePointAt(0) ?? 256);
    if (byte > 255) return null;
    bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

function isByteText(text: string): boolean {
  const bytes = parseEscapes(text);
  return bytes !== null && bytes.length > 0 && bytes.length <= BYTES_MAX;
}

/** Text whose characters and escapes each are a byte. */
export const escapedText = schema
  .string()
  .refine(isByteText, `is not 1 to ${BYTES_MAX} bytes; escapes are \\r \\n \\t \\0 \\\\ and \\xHH`);

export const byteText = schema.union([
  escapedText,
  schema.strictObject({
    hex: schema
      .string()
      .max(3 * BYTES_MAX)
      .regex(HEX, "is not hexadecimal; write two digits for each byte, as in 02 30 0D"),
  }),
]);
export type ByteText = ReturnType<typeof byteText.parse>;

export function bytesOf(text: ByteText): Uint8Array {
  if (typeof text === "string") return parseEscapes(text)!;
  return Uint8Array.from(Buffer.from(text.hex.replace(/\s/g, ""), "hex"));
}

/** Bytes as a person reads them: text where it is some, escapes elsewhere, cut where it is long. */
export function showBytes(bytes: Uint8Array, shownMax = 60): string {
  let text = "";
  for (const byte of bytes.subarray(0, shownMax)) text += showByte(byte);
  return bytes.length > shownMax ? `"${text}…" (${bytes.length} bytes)` : `"${text}"`;
}

function showByte(byte: number): string {
  if (byte === 13) return "\\r";
  if (byte === 10) return "\\n";
  if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
  return `\\x${byte.toString(16).padStart(2, "0")}`;
}
