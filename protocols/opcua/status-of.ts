// Quality as a plant client reads it: each reason of ours has exactly one OPC UA status code.

import { type StatusCode, StatusCodes } from "node-opcua";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Reason } from "../../runtime/signal/quality.ts";

/**
 * Stale is Bad and not `UncertainLastUsableValue`: that code would carry the old number, and a
 * trend or a bill that ignores status codes would take it for a live one.
 */
export const STATUS_OF_REASON: Readonly<Record<Reason, StatusCode>> = {
  stale: StatusCodes.BadNoCommunication,
  "out-of-range": StatusCodes.BadOutOfRange,
  "not-connected": StatusCodes.BadNotConnected,
  timeout: StatusCodes.BadTimeout,
  checksum: StatusCodes.BadCommunicationError,
  exception: StatusCodes.BadDeviceFailure,
  "sensor-fault": StatusCodes.BadSensorFailure,
  settling: StatusCodes.UncertainSensorNotAccurate,
  substituted: StatusCodes.UncertainSubstituteValue,
  overrun: StatusCodes.BadDataLost,
  "not-configured": StatusCodes.BadConfigurationError,
  indeterminate: StatusCodes.BadNoDataAvailable,
};

/** Signals while the gateway hears nothing from the meter. */
export const STATUS_WITHOUT_METER: StatusCode = StatusCodes.BadNoCommunication;

/**
 * Counters while the gateway hears nothing from the meter. They only ever grow, so the last reading
 * stays a true lower bound; its status says that nobody is counting it up.
 */
export const COUNTER_STATUS_WITHOUT_METER: StatusCode = StatusCodes.UncertainLastUsableValue;

export function statusOf(live: LiveValue): StatusCode {
  if (live.quality === "good") return StatusCodes.Good;
  // A device that was never heard is starting, not lost.
  if (live.reason === "not-connected" && live.age === null) {
    return StatusCodes.BadWaitingForInitialData;
  }
  const known = STATUS_OF_REASON[live.reason as Reason];
  // A meter that is newer than this gateway may know more reasons; the quality still holds.
  return known ?? (live.quality === "bad" ? StatusCodes.Bad : StatusCodes.Uncertain);
}
