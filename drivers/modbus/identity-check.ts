// Makes sure that the device behind a unit id is the one that the machine file means: another one,
// put in its place or wrongly addressed, would answer with values that look like measurements.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Ask } from "./line.ts";
import { textOf } from "./pdu.ts";
import { decodeRegisters, placesOf } from "./register.ts";
import type { Identity } from "./settings.ts";

export class IdentityCheck {
  readonly ask: Extract<Ask, { kind: "read" }>;
  readonly #device: string;
  readonly #identity: Identity;

  constructor(device: string, identity: Identity) {
    this.#device = device;
    this.#identity = identity;
    const { register } = identity;
    const { length, type, ...where } = register;
    const place = placesOf({ ...where, type: type === "string" ? "uint16" : type })[0]!;
    const { table, address, count } = place;
    this.ask = { kind: "read", table, address, count: length ?? count };
  }

  /** Throws BUS_WRONG_ANSWER where the bytes are another device's. */
  verify(bytes: Uint8Array): void {
    const { equals } = this.#identity;
    const found = this.#read(bytes);
    if (found === equals) return;
    throw new Fault(
      "BUS_WRONG_ANSWER",
      `Device ${this.#device} says it is ${JSON.stringify(found)}, not ${JSON.stringify(equals)}.`,
      "Was it replaced, or has another device its unit id? Where it is right, correct `identity`.",
    );
  }

  #read(bytes: Uint8Array): string | number {
    const { type, wordOrder = "high-first", byteOrder = "high-first" } = this.#identity.register;
    if (type !== "string") return decodeRegisters(bytes, 0, { type, wordOrder, byteOrder });
    const words = [...bytes.keys()].filter((at) => at % 2 === 0);
    if (wordOrder === "low-first") words.reverse();
    const ordered = words.flatMap((at) =>
      byteOrder === "high-first" ? [bytes[at]!, bytes[at + 1]!] : [bytes[at + 1]!, bytes[at]!],
    );
    return textOf(Uint8Array.from(ordered));
  }
}
