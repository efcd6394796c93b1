// A number in the data of a parameter group: some bits, lowest first, and the upper values that
// J1939 keeps free to say "error" and "not available" (SAE J1939-71 §5.1.4).

import type { Reason } from "../../runtime/signal/quality.ts";

export interface Field {
  /** From 0, unlike in documents. */
  readonly byte: number;
  /** From 0, the lowest. */
  readonly bit: number;
  /** At most 32. */
  readonly bits: number;
  readonly isSigned: boolean;
  /** Every pattern is a value: proprietary groups need not keep any free. */
  readonly usesAllValues: boolean;
}

/** The last raw value that is one: 250 of 8 bits, 0xFAFF of 16, 0xFAFFFFFF of 32. */
const TOP_BYTE_VALID_MAX = 0xfa;
const TOP_BYTE_ERROR = 0xfe;
const TOP_BYTE_NOT_AVAILABLE = 0xff;

/** The integer in the field, or why there is none. Hot path: a thousand per second and bus. */
export function readField(data: Uint8Array, field: Field): number | Reason {
  const { byte, bit, bits } = field;
  const last = byte + ((bit + bits - 1) >> 3);
  // A shorter group than the document has is an older device that lacks the field.
  if (last >= data.length) return "not-configured";
  let raw = 0;
  // Sums and not shifts: 32 bits that begin within a byte do not fit into one of 32.
  for (let at = last; at >= byte; at--) raw = raw * 256 + data[at]!;
  raw = Math.floor(raw / 2 ** bit) % 2 ** bits;
  if (!field.usesAllValues) {
    const reason = reservedFor(raw, bits);
    if (reason !== null) return reason;
  }
  return field.isSigned && raw >= 2 ** (bits - 1) ? raw - 2 ** bits : raw;
}

function reservedFor(raw: number, bits: number): Reason | null {
  if (bits === 1) return null;
  if (bits % 8 !== 0) {
    // States: all ones for "not available", one less for "error".
    if (raw === 2 ** bits - 1) return "not-configured";
    return raw === 2 ** bits - 2 ? "sensor-fault" : null;
  }
  const top = Math.floor(raw / 2 ** (bits - 8));
  if (top <= TOP_BYTE_VALID_MAX) return null;
  if (top === TOP_BYTE_NOT_AVAILABLE) return "not-configured";
  return top === TOP_BYTE_ERROR ? "sensor-fault" : "out-of-range";
}
