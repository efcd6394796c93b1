// Why there is no meter, as its parent wrote it down: the gateway cannot ask a process that ended.

import type { MeterEnd } from "../../protocols/panel/panel-status.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import { readJson } from "../host/files.ts";

/**
 * An older end is not why there is no meter now. Twice the longest wait before a start, and a start
 * takes its time too.
 */
const END_AGE_MS_MAX = 150_000;

/** @param file the list of restarts, the latest last. */
export function readMeterEnd(file: string, clock: Clock): MeterEnd | null {
  const restarts = readJson(file);
  const ends = Array.isArray(restarts) ? restarts.filter(isMeterEnd) : [];
  const end = ends.at(-1);
  if (end === undefined) return null;
  const { cause, utc } = end;
  const now = clock.instantAt(clock.mono()).utc;
  const isOld = utc !== null && now !== null && now - utc > END_AGE_MS_MAX;
  return isOld ? null : { cause, utc };
}

function isMeterEnd(value: unknown): value is MeterEnd {
  if (typeof value !== "object" || value === null) return false;
  const { process, cause, utc } = value as Readonly<Record<string, unknown>>;
  const isDated = utc === null || typeof utc === "number";
  return process === "meter" && typeof cause === "string" && isDated;
}
