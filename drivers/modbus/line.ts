// What a device needs of the wire it hangs on, whatever that is. A line carries one request at a
// time, in the order in which they were asked: Modbus has no other way of telling answers apart
// (over RTU there is one transaction slot; measured, parallel reads get each other's registers).

import { Fault } from "../../runtime/signal/fault.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import type { Table } from "./register.ts";

export type Ask =
  | {
      readonly kind: "read";
      readonly table: Table;
      readonly address: number;
      readonly count: number;
    }
  | {
      readonly kind: "write-coil";
      readonly address: number;
      readonly on: boolean;
      /** With function 15 in place of 5: some devices know only one of the two. */
      readonly asMultiple: boolean;
    }
  | {
      readonly kind: "write-registers";
      readonly address: number;
      readonly words: readonly number[];
      /** With function 16 in place of 6. */
      readonly asMultiple: boolean;
    }
  /** Who the device says it is: function 43, type 14, the basic objects. */
  | { readonly kind: "identify" };

/** On a serial line: everybody listens, nobody answers. */
export const BROADCAST_UNIT = 0;

/** Whom a request is for. */
export interface Target {
  readonly unitId: number;
  readonly timeoutMs: number;
  /** Told each frame that goes out and all that comes in. */
  readonly wire: Wire;
}

export interface ModbusLine {
  /** Connections that were made so far: another number means that the other side may be new. */
  readonly connections: number;
  /** Whether unit 0 means everybody, and nobody answers: so it is where units share a wire. */
  readonly hasBroadcast: boolean;
  /**
   * The bytes of the answer (of a write: none). Rejects with a `Fault` when there is no answer
   * within `timeoutMs` of sending; what comes later is never taken for an answer.
   */
  request(target: Target, ask: Ask): Promise<Uint8Array>;
  /** A unit that stays silent is asked seldom, and once: its repeats would cost the others. */
  isSilent(unitId: number): boolean;
  close(): Promise<void>;
}

/** Illegal data address; some devices say "illegal data value" (3) of a range they lack. */
const ADDRESS_EXCEPTIONS: ReadonlySet<number> = new Set([2, 3]);

/** Acknowledge, busy, and a gateway's two: no other request would fare better now. */
const DEVICE_EXCEPTIONS: ReadonlySet<number> = new Set([5, 6, 10, 11]);

const GATEWAY_EXCEPTIONS: ReadonlySet<number> = new Set([10, 11]);

const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal data address",
  3: "illegal data value",
  4: "server device failure",
  5: "acknowledge, still working",
  6: "server device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "gateway target device failed to respond",
};

/** The device answered, and its answer is no. */
export class ModbusException extends Fault {
  readonly exceptionCode: number;

  constructor(place: string, exceptionCode: number) {
    const what = EXCEPTION_NAMES[exceptionCode] ?? "unknown to the standard";
    super(
      "BUS_EXCEPTION",
      `${place} answered with exception ${exceptionCode} (${what}).`,
      "Compare the machine file's registers with the device's register list.",
    );
    this.exceptionCode = exceptionCode;
  }

  get isAboutAddress(): boolean {
    return ADDRESS_EXCEPTIONS.has(this.exceptionCode);
  }

  /** A gateway speaks for a device that it did not reach. */
  get isFromGateway(): boolean {
    return GATEWAY_EXCEPTIONS.has(this.exceptionCode);
  }

  get isAboutDevice(): boolean {
    return DEVICE_EXCEPTIONS.has(this.exceptionCode);
  }
}
