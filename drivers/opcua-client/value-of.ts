// What a value of the server is worth: a number that the server vouches for, or the reason why
// there is none. Only a status of severity Good gives a number, and not each of these: a value that
// somebody forced by hand was not measured.

import type { DataValue, StatusCode } from "node-opcua";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Reason } from "../../runtime/signal/quality.ts";

export type Reading =
  | { readonly value: number }
  | { readonly reason: Reason; readonly fault?: Fault };

/**
 * Names of OPC 10000-4 §7.39 and OPC 10000-8 §6.3; what is not listed is told by its severity.
 * "Last usable value" and its kin are old values that stand in for one that is missing.
 */
export const REASON_OF_STATUS: Readonly<Record<string, Reason>> = {
  GoodLocalOverride: "substituted",
  UncertainLastUsableValue: "stale",
  UncertainNoCommunicationLastUsableValue: "stale",
  UncertainSubstituteValue: "substituted",
  UncertainSimulatedValue: "substituted",
  UncertainTransducerInManual: "substituted",
  UncertainConfigurationError: "not-configured",
  UncertainInitialValue: "settling",
  UncertainEngineeringUnitsExceeded: "out-of-range",
  BadOutOfRange: "out-of-range",
  BadWaitingForInitialData: "settling",
  BadNoCommunication: "not-connected",
  BadNotConnected: "not-connected",
  BadCommunicationError: "not-connected",
  BadServerNotConnected: "not-connected",
  BadTimeout: "timeout",
  BadRequestTimeout: "timeout",
  BadDataLost: "overrun",
  BadSensorFailure: "sensor-fault",
  BadDeviceFailure: "sensor-fault",
  BadOutOfService: "sensor-fault",
  BadConfigurationError: "not-configured",
};

/** Whoever asked for something that is not there or not allowed has to change the machine file. */
const REMEDY_OF_STATUS: Readonly<Record<string, string>> = {
  BadNodeIdUnknown: "Correct `node`: `telltale scan` lists the variables of this server.",
  BadNodeIdInvalid: "Correct `node`: `telltale scan` lists the variables of this server.",
  BadAttributeIdInvalid: "Name a variable: this node is an object, a method or a type.",
  BadIndexRangeNoData: "Correct `index`: the array has fewer elements.",
  BadIndexRangeInvalid: "Remove `index`: this variable is no array, or cannot be read in parts.",
  BadUserAccessDenied: "Let the server's administrator give this user the right to read it.",
  BadNotReadable: "Name another variable: this one can only be written.",
};

/** `place` names the signal's node in messages. */
export function readingOf(place: string, dataValue: DataValue): Reading {
  const { statusCode, value: variant } = dataValue;
  const unfit = unfitness(place, statusCode);
  if (unfit !== null) return unfit;
  const raw: unknown = variant?.value;
  if (raw === null || raw === undefined) {
    return { reason: "sensor-fault", fault: wrong(place, "has no value, and calls that good") };
  }
  return numberOf(place, variant.dataType, raw, variant.arrayType !== 0);
}

/** Null for a status whose value can be used. */
function unfitness(place: string, status: StatusCode): Reading | null {
  // Two bits of severity: 00 good, 01 uncertain, 10 bad. Behind `#` stand bits of detail.
  const severity = status.value >>> 30;
  const name = status.name.split("#")[0]!;
  const known = REASON_OF_STATUS[name];
  if (severity === 0 && known === undefined) return null;
  const reason = known ?? (severity === 1 ? "sensor-fault" : "exception");
  const remedy = REMEDY_OF_STATUS[name] ?? `Look up ${name} in the manual of the server.`;
  return { reason, fault: new Fault("BUS_EXCEPTION", `${place} is ${name}.`, remedy) };
}

/** `DataType` of OPC 10000-6: the built-in types that hold numbers. */
const BOOLEAN = 1;
const INTEGERS_MAX_32: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7]);
const INT64 = 8;
const UINT64 = 9;
const FLOATS: ReadonlySet<number> = new Set([10, 11]);

/** With `index` the answer is an array of one. */
function numberOf(place: string, dataType: number, raw: unknown, isArray: boolean): Reading {
  let element = raw;
  if (isArray) {
    const elements = raw as ArrayLike<unknown>;
    if (elements.length !== 1) {
      const fault = wrong(place, `is an array of ${elements.length}; give its \`index\``);
      return { reason: "not-configured", fault };
    }
    element = elements[0];
  }
  if (dataType === BOOLEAN) return { value: element === true ? 1 : 0 };
  if (INTEGERS_MAX_32.has(dataType)) return { value: element as number };
  if (dataType === INT64 || dataType === UINT64) return wideInteger(place, dataType, element);
  if (FLOATS.has(dataType)) {
    const value = element as number;
    return Number.isFinite(value) ? { value } : { reason: "sensor-fault" };
  }
  return { reason: "not-configured", fault: wrong(place, "is no number, but text or a structure") };
}

/** The library gives two words of 32 bits. Beyond 2^53 a number would be rounded, so it is none. */
function wideInteger(place: string, dataType: number, element: unknown): Reading {
  const [high, low] = element as readonly [number, number];
  const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  const value = Number(dataType === INT64 ? BigInt.asIntN(64, bits) : bits);
  if (Number.isSafeInteger(value)) return { value };
  return { reason: "out-of-range", fault: wrong(place, "is beyond 2^53 and would be rounded") };
}

function wrong(place: string, what: string): Fault {
  return new Fault(
    "SETTING_INVALID",
    `${place} ${what}.`,
    "Name a variable that holds one number; `telltale scan` lists them with their types.",
  );
}

/** Why a good value is too old by the server's own clock; null where it is fresh. */
export function agedReading(
  place: string,
  sourceTimestamp: Date | null | undefined,
  serverNow: Date | null,
  ageMaxMs: number,
): Reading | null {
  if (!sourceTimestamp || !serverNow) {
    const missing = serverNow ? "comes without a source timestamp" : "has a server without a clock";
    return { reason: "stale", fault: staleFault(`${place} ${missing}, so its age is not known`) };
  }
  const ageMs = serverNow.getTime() - sourceTimestamp.getTime();
  if (ageMs <= ageMaxMs) return null;
  return { reason: "stale", fault: staleFault(`${place} is ${ageMs} ms old, says the server`) };
}

function staleFault(sentence: string): Fault {
  return new Fault(
    "BUS_EXCEPTION",
    `${sentence}.`,
    "Look whether the server still reads its device; raise or remove `sourceAgeMax` if it does.",
  );
}
