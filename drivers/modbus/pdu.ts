// Requests and answers without their wrapping: what the transports have in common. An answer is
// measured against the request that it would answer, byte by byte: function, byte count and, of a
// write, the echo. Modbus Application Protocol V1.1b3, chapters 6 and 7.

import type { Ask } from "./line.ts";
import type { Table } from "./register.ts";

const READ_FUNCTION: Readonly<Record<Table, number>> = {
  coil: 1,
  discrete: 2,
  holding: 3,
  input: 4,
};
const WRITE_COIL = 5;
const WRITE_REGISTER = 6;
const WRITE_COILS = 15;
const WRITE_REGISTERS = 16;
const ENCAPSULATED = 43;
const DEVICE_IDENTIFICATION = 14;
/** Maker, product and revision, from the first object on. */
const BASIC_OBJECTS = 1;
/** Function, type, code, conformity, more follows, next object, number of objects. */
const IDENTIFICATION_HEAD_BYTES = 7;

/** Set in the function code of an answer that is an exception. */
const EXCEPTION_BIT = 0x80;
export const EXCEPTION_PDU_BYTES = 2;

/** What a serial line of 256 bytes leaves: clause 4.1. */
const PDU_BYTES_MAX = 253;

export function requestPdu(ask: Ask): Uint8Array {
  switch (ask.kind) {
    case "read":
      return Uint8Array.of(READ_FUNCTION[ask.table], ...word(ask.address), ...word(ask.count));
    case "write-coil":
      return ask.asMultiple
        ? Uint8Array.of(WRITE_COILS, ...word(ask.address), ...word(1), 1, ask.on ? 1 : 0)
        : Uint8Array.of(WRITE_COIL, ...word(ask.address), ask.on ? 0xff : 0, 0);
    case "write-registers": {
      const { address, words } = ask;
      if (!ask.asMultiple) {
        return Uint8Array.of(WRITE_REGISTER, ...word(address), ...word(words[0]!));
      }
      const head = [WRITE_REGISTERS, ...word(address), ...word(words.length), words.length * 2];
      return Uint8Array.of(...head, ...words.flatMap(word));
    }
    case "identify":
      return Uint8Array.of(ENCAPSULATED, DEVICE_IDENTIFICATION, BASIC_OBJECTS, 0);
  }
}

/**
 * How many bytes the answer has that begins with `head`: `untold` while the head is too short to
 * say, `foreign` where no answer to this request begins so.
 */
export function answerBytes(ask: Ask, head: Uint8Array): number | "untold" | "foreign" {
  if (head.length === 0) return "untold";
  const functionCode = functionOf(ask);
  if (head[0] === (functionCode | EXCEPTION_BIT)) return EXCEPTION_PDU_BYTES;
  if (head[0] !== functionCode) return "foreign";
  switch (ask.kind) {
    case "read":
      if (head.length === 1) return "untold";
      return head[1] === dataBytes(ask) ? 2 + dataBytes(ask) : "foreign";
    case "identify":
      return identificationBytes(head);
    default:
      return echoes(ask, head) ? ECHO_BYTES : "foreign";
  }
}

/** The bytes of an answer that does what its request asks; of an exception see below. */
export function answerBytesUsual(ask: Ask): number {
  if (ask.kind === "read") return 2 + dataBytes(ask);
  return ask.kind === "identify" ? PDU_BYTES_MAX : ECHO_BYTES;
}

/** The exception's code; null where the answer is none. */
export function exceptionOf(pdu: Uint8Array): number | null {
  return (pdu[0]! & EXCEPTION_BIT) === 0 ? null : pdu[1]!;
}

const NO_BYTES = new Uint8Array(0);

/** What the answer brings; of a write nothing. */
export function dataOf(ask: Ask, pdu: Uint8Array): Uint8Array {
  if (ask.kind === "read") return pdu.slice(2);
  return ask.kind === "identify" ? pdu.slice(IDENTIFICATION_HEAD_BYTES) : NO_BYTES;
}

/** The texts of an identification's objects: maker, product, revision. */
export function identificationTexts(objects: Uint8Array): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at + 2 <= objects.length; at += 2 + objects[at + 1]!) {
    texts.push(textOf(objects.subarray(at + 2, at + 2 + objects[at + 1]!)));
  }
  return texts;
}

/** What is printable of bytes that hold text; padding at the end is none of it. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  const text = String.fromCharCode(...(end === -1 ? bytes : bytes.subarray(0, end)));
  return text.replace(/[^\x20-\x7e]/g, "?").trim();
}

export function functionOf(ask: Ask): number {
  switch (ask.kind) {
    case "read":
      return READ_FUNCTION[ask.table];
    case "write-coil":
      return ask.asMultiple ? WRITE_COILS : WRITE_COIL;
    case "write-registers":
      return ask.asMultiple ? WRITE_REGISTERS : WRITE_REGISTER;
    case "identify":
      return ENCAPSULATED;
  }
}

/** Function, address, and value or count: what each answer to a write repeats. */
const ECHO_BYTES = 5;

function echoes(ask: Ask, head: Uint8Array): boolean {
  const request = requestPdu(ask);
  return head.subarray(0, ECHO_BYTES).every((byte, at) => byte === request[at]);
}

/** Bytes of data in the answer to a read. */
export function dataBytes({ table, count }: Extract<Ask, { kind: "read" }>): number {
  return table === "coil" || table === "discrete" ? Math.ceil(count / 8) : count * 2;
}

function identificationBytes(head: Uint8Array): number | "untold" | "foreign" {
  if (head.length > 1 && head[1] !== DEVICE_IDENTIFICATION) return "foreign";
  if (head.length < IDENTIFICATION_HEAD_BYTES) return "untold";
  let end = IDENTIFICATION_HEAD_BYTES;
  for (let object = 0; object < head[6]!; object++) {
    if (head.length < end + 2) return "untold";
    end += 2 + head[end + 1]!;
    if (end > PDU_BYTES_MAX) return "foreign";
  }
  return end;
}

function word(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
