// How a request and its answer are wrapped on a line without transaction ids: binary with a CRC
// (RTU) or as text with a sum (ASCII). Modbus over Serial Line V1.02, clauses 2.5.1 and 2.5.2.

export interface Framing {
  readonly name: "rtu" | "ascii";
  encode(unitId: number, pdu: Uint8Array): Uint8Array;
  /** Bytes on the wire of a PDU. */
  frameBytes(pduBytes: number): number;
  /**
   * Unit id and PDU as far as they have come, without the check and not yet checked; null where no
   * frame begins so.
   */
  peek(received: Uint8Array): Uint8Array | null;
  /** Unit id and PDU of exactly one frame whose check is right; else null. */
  decode(received: Uint8Array): Uint8Array | null;
}

const RTU_EXTRA_BYTES = 3;
const RTU_BYTES_MIN = 4;

export const rtu: Framing = {
  name: "rtu",
  encode(unitId, pdu) {
    const frame = new Uint8Array(pdu.length + RTU_EXTRA_BYTES);
    frame[0] = unitId;
    frame.set(pdu, 1);
    const crc = crc16(frame.subarray(0, -2));
    // The one number in Modbus whose low byte travels first.
    frame[frame.length - 2] = crc & 0xff;
    frame[frame.length - 1] = crc >> 8;
    return frame;
  },
  frameBytes: (pduBytes) => pduBytes + RTU_EXTRA_BYTES,
  peek: (received) => received,
  decode(received) {
    if (received.length < RTU_BYTES_MIN) return null;
    const body = received.subarray(0, -2);
    const crc = received[received.length - 2]! | (received[received.length - 1]! << 8);
    return crc === crc16(body) ? body : null;
  },
};

const COLON = 0x3a;
const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;
/** The colon before, and the two characters of the end of line. */
const ASCII_EXTRA_BYTES = 3;

export const ascii: Framing = {
  name: "ascii",
  encode(unitId, pdu) {
    const bytes = [unitId, ...pdu];
    const text = [...bytes, checksumOf(bytes)]
      .map((byte) => byte.toString(16).toUpperCase().padStart(2, "0"))
      .join("");
    return Uint8Array.from(`:${text}\r\n`, (character) => character.charCodeAt(0));
  },
  frameBytes: (pduBytes) => 2 * (pduBytes + 2) + ASCII_EXTRA_BYTES,
  peek(received) {
    if (received.length === 0) return new Uint8Array(0);
    if (received[0] !== COLON) return null;
    const end = received.indexOf(CARRIAGE_RETURN);
    return bytesOf(received.subarray(1, end === -1 ? received.length : end));
  },
  decode(received) {
    const length = received.length;
    const hasEnds =
      received[0] === COLON &&
      received[length - 2] === CARRIAGE_RETURN &&
      received[length - 1] === LINE_FEED;
    if (!hasEnds || length % 2 === 0) return null;
    const bytes = bytesOf(received.subarray(1, length - 2));
    if (bytes === null || bytes.length < 3) return null;
    const body = bytes.subarray(0, -1);
    return bytes[bytes.length - 1] === checksumOf(body) ? body : null;
  },
};

/** The sum of the bytes, negated: with it all bytes of a frame add up to 0. */
function checksumOf(bytes: Iterable<number>): number {
  let sum = 0;
  for (const byte of bytes) sum += byte;
  return -sum & 0xff;
}

/** Whole pairs of hexadecimal digits; null where a character is none. */
function bytesOf(digits: Uint8Array): Uint8Array | null {
  const bytes = new Uint8Array(digits.length >> 1);
  for (const [at, character] of digits.entries()) {
    const digit = digitOf(character);
    if (digit === null) return null;
    if (at >> 1 < bytes.length) bytes[at >> 1] = (bytes[at >> 1]! << 4) | digit;
  }
  return bytes;
}

function digitOf(character: number): number | null {
  if (character >= 0x30 && character <= 0x39) return character - 0x30;
  if (character >= 0x41 && character <= 0x46) return character - 0x41 + 10;
  // The standard wants capitals; some devices do not know.
  return character >= 0x61 && character <= 0x66 ? character - 0x61 + 10 : null;
}

/** CRC-16 of Modbus: polynomial 0x8005 reflected, beginning with all ones. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  }
  return crc;
}
