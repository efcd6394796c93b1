// What a device needs of the wire it hangs on, whatever that is. A line carries one request at a
// time, in the order in which they were asked: Modbus has no other way of telling answers apart
// (over RTU there is one transaction slot; measured, parallel reads get each other's registers).

import { Fault } from "../../runtime/signal/fault.ts";
import type { Table } from "./register.ts";

export type Ask =
  | {
      readonly kind: "read";
      readonly table: Table;
      readonly address: number;
      readonly count: number;
    }
  | { readonly kind: "write-coil"; readonly address: number; readonly on: boolean }
  | {
      readonly kind: "write-registers";
      readonly address: number;
      readonly words: readonly number[];
    };

export interface ModbusLine {
  /** Connections that were made so far: another number means that the other side may be new. */
  readonly connections: number;
  /**
   * The bytes of the answer (of a write: none). Rejects with a `Fault` when there is no answer
   * within `timeoutMs` of sending; what comes later is never taken for an answer.
   */
  request(unitId: number, timeoutMs: number, ask: Ask): Promise<Uint8Array>;
  close(): void;
}

/** Illegal data address; some devices say "illegal data value" (3) of a range they lack. */
const ADDRESS_EXCEPTIONS: ReadonlySet<number> = new Set([2, 3]);

/** Acknowledge, busy, and a gateway's two: no other request would fare better now. */
const DEVICE_EXCEPTIONS: ReadonlySet<number> = new Set([5, 6, 10, 11]);

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

  get isAboutDevice(): boolean {
    return DEVICE_EXCEPTIONS.has(this.exceptionCode);
  }
}
