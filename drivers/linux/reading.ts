// What becomes of an attempt to read one point: a value, or why there is none.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Reason } from "../../runtime/signal/quality.ts";

export type Reading =
  | { readonly value: number }
  | { readonly reason: Reason; readonly fault: Fault };

const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** The number that is the whole of a file; null where it is anything else, also a NaN. */
export function numberOf(text: string): number | null {
  const trimmed = text.trim();
  if (!DECIMAL.test(trimmed)) return null;
  const number = Number(trimmed);
  return Number.isFinite(number) ? number : null;
}

/** The kernel answered, and what it says is not a measurement. */
export function noMeasurement(place: string, said: string, remedy: string): Reading {
  const fault = new Fault("BUS_WRONG_ANSWER", `${place} ${said}.`, remedy);
  return { reason: "sensor-fault", fault };
}

/** The machine file asks for something that this chip or controller does not have. */
export function notThere(message: string, remedy: string): Reading {
  return { reason: "not-configured", fault: new Fault("SETTING_INVALID", message, remedy) };
}

/** The value in whole units, of which each has so many of the kernel's steps; or why it is none. */
export function scaled(text: string, steps: number, place: string): Reading {
  const number = numberOf(text);
  if (number !== null) return { value: number / steps };
  const shown = JSON.stringify(text.trim().slice(0, 40));
  return noMeasurement(
    place,
    `reads ${shown}, which is not a number`,
    "Is the chip's driver sound?",
  );
}
