// What several drivers' scenarios ask of the product, in words.

import type { MeterState } from "../../protocols/stream/frames.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";

export const isGood =
  (value: number) =>
  (live: LiveValue): boolean =>
    live.quality === "good" && live.value === value;

export const isBad = (live: LiveValue): boolean => live.quality === "bad" && live.value === null;

/** How often the device failed with this code. */
export function errorsOf(state: MeterState, device: string, code: string): number {
  return state.devices.find(({ name }) => name === device)?.errors[code] ?? 0;
}
