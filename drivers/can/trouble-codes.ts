// The active trouble codes that a controller tells once a second (DM1, SAE J1939-73 §5.7.1): four
// lamps, then four bytes for each code.

import type { Reason } from "../../runtime/signal/quality.ts";

export const LAMPS = ["protect", "amber-warning", "red-stop", "malfunction"] as const;
export type Lamp = (typeof LAMPS)[number];

export interface TroubleCode {
  readonly parameter: number;
  /** What is wrong with it: 0 too high, 1 too low, 3 shorted high, … */
  readonly failureMode: number;
  /** 127 where the controller does not count. */
  readonly occurrences: number;
  /** In the order of bits of controllers before 1996: the parameter's number cannot be trusted. */
  readonly isOldOrder: boolean;
}

export interface TroubleReport {
  readonly lamps: Readonly<Record<Lamp, number | Reason>>;
  readonly codes: readonly TroubleCode[];
}

const LAMP_BYTES = 2;
const CODE_BYTES = 4;
/** What fills the rest of a frame, and so is no code. */
const FILLER = 0xff;

/** Null for data that is too short to be a report. */
export function decodeTroubleReport(data: Uint8Array): TroubleReport | null {
  if (data.length < LAMP_BYTES + CODE_BYTES) return null;
  const lamps = data[0]!;
  const codes: TroubleCode[] = [];
  for (let at = LAMP_BYTES; at + CODE_BYTES <= data.length; at += CODE_BYTES) {
    const code = decodeCode(data, at);
    if (code !== null) codes.push(code);
  }
  return {
    lamps: {
      protect: lampState(lamps),
      "amber-warning": lampState(lamps >> 2),
      "red-stop": lampState(lamps >> 4),
      malfunction: lampState(lamps >> 6),
    },
    codes,
  };
}

/** Null for "no code": all zeros, or filler. */
function decodeCode(data: Uint8Array, at: number): TroubleCode | null {
  const [low, middle, high, count] = data.subarray(at, at + CODE_BYTES) as unknown as [
    number,
    number,
    number,
    number,
  ];
  const parameter = low | (middle << 8) | ((high >> 5) << 16);
  const failureMode = high & 0x1f;
  if (parameter === 0 && failureMode === 0) return null;
  if (low === FILLER && middle === FILLER && high === FILLER) return null;
  return { parameter, failureMode, occurrences: count & 0x7f, isOldOrder: count >> 7 === 1 };
}

function lampState(bits: number): number | Reason {
  const state = bits & 0b11;
  if (state === 0b11) return "not-configured";
  return state === 0b10 ? "sensor-fault" : state;
}
