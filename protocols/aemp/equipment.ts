// The machine in the words of ISO/TS 15143-3 (AEMP 2.0): which of our registers is which of its
// elements. What the machine does not know (its place, its fuel) has no element here.

import type { Registers, UsageState } from "../../runtime/usage/usage-state.ts";

/** What the registers said at an instant that a clock knew. */
export interface AempReading {
  /** Milliseconds since 1970. */
  readonly utc: number;
  readonly state: UsageState;
  readonly registers: Registers;
}

export interface AempIdentity {
  readonly maker: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly controller: string;
}

/**
 * An element, its attributes marked with `@`. Members are in the order of the standard. Texts that
 * stand for a number are decimal and exact.
 */
export interface Tree {
  readonly [name: string]: string | Tree | readonly Tree[];
}

/**
 * "Cumulative time during which the machine's engine has been running", generally the value of its
 * hour meter: with idling. FAULT and UNKNOWN are not in it, for then nobody saw it run.
 */
function operatingMs({ working, idle }: Registers): number {
  return working + idle;
}

/** Of seven decimals one is 0.36 ms: enough that the milliseconds can be had back. */
const HOUR_DECIMALS = 7;
const HOUR_DECIMALS_MIN = 2;
const UNITS_PER_HOUR = 10n ** BigInt(HOUR_DECIMALS);
const MS_PER_HOUR = 3_600_000n;

/** Hours as exact decimal text, rounded down: never more than was counted. */
export function hourText(milliseconds: number): string {
  const units = (BigInt(milliseconds) * UNITS_PER_HOUR) / MS_PER_HOUR;
  const fraction = String(units % UNITS_PER_HOUR).padStart(HOUR_DECIMALS, "0");
  const shown = fraction.replace(/0+$/, "").padEnd(HOUR_DECIMALS_MIN, "0");
  return `${units / UNITS_PER_HOUR}.${shown}`;
}

/**
 * `2026-11-23T08:00:00Z`. The standard has no fractions of a second: they are rounded up, so that
 * no hours are said to have been there before they were.
 */
export function dateTime(utc: number): string {
  return `${new Date(Math.ceil(utc / 1_000) * 1_000).toISOString().slice(0, 19)}Z`;
}

/** ISO 10261: a product identification number has 17 characters, without I, O and Q. */
const PIN = /^[0-9A-HJ-NPR-Z]{17}$/i;

/** `PIN` is there where the serial number is one; the owner's own number we do not know. */
export function headerOf({ maker, model, serialNumber, controller }: AempIdentity): Tree {
  return {
    OEMName: maker,
    Model: model,
    EquipmentID: controller,
    SerialNumber: serialNumber,
    ...(PIN.test(serialNumber) && { PIN: serialNumber }),
  };
}

/** Each as its name and what stands in it; null where the machine does not say. */
type ElementOf = (reading: AempReading) => Tree | null;

const dated = (utc: number, content: Tree): Tree => ({ "@datetime": dateTime(utc), ...content });

const ELEMENTS = {
  CumulativeOperatingHours: ({ utc, registers }) =>
    dated(utc, { Hour: hourText(operatingMs(registers)) }),
  CumulativeIdleHours: ({ utc, registers }) => dated(utc, { Hour: hourText(registers.idle) }),
  EngineStatus: ({ utc, state }) => {
    // Whether it runs in FAULT, and of course in UNKNOWN, nobody knows.
    if (state === "FAULT" || state === "UNKNOWN") return null;
    const isRunning = state === "IDLE" || state === "WORKING";
    return dated(utc, { EngineNumber: "1", Running: String(isRunning) });
  },
  CumulativeLoadCount: ({ utc, registers }) => dated(utc, { Count: String(registers.loads) }),
} as const satisfies Readonly<Record<string, ElementOf>>;

/** The machine at one instant. Without a date nothing is said of its hours. */
export function equipmentOf(identity: AempIdentity, reading: AempReading | null): Tree {
  const elements = Object.entries(ELEMENTS).flatMap(([name, of]) => {
    const element = reading && of(reading);
    return element === null ? [] : [[name, element] as const];
  });
  return { EquipmentHeader: headerOf(identity), ...Object.fromEntries(elements) };
}

/** What can be asked as a series. */
export const SERIES = [
  "CumulativeOperatingHours",
  "CumulativeIdleHours",
  "CumulativeLoadCount",
] as const satisfies readonly (keyof typeof ELEMENTS)[];
export type Series = (typeof SERIES)[number];

export function pointOf(series: Series, reading: AempReading): Tree {
  return ELEMENTS[series](reading);
}

/** Identifiers are not told apart by case, as telematics servers do it. */
export function isIdentifier(identity: AempIdentity, id: string): boolean {
  const { serialNumber, controller } = identity;
  return [serialNumber, controller].some((own) => own.toLowerCase() === id.toLowerCase());
}
