// What the command line of `telltale diagnose` says, as the channel and the circumstances that the
// engine wants.

import type { BearingGeometry } from "../../../runtime/diagnosis/bearing/geometry.ts";
import { parseBearing } from "../../../runtime/diagnosis/bearing/library.ts";
import {
  type DiagnosisChannel,
  QUANTITIES,
  type Quantity,
} from "../../../runtime/diagnosis/channel.ts";
import { barSlip, barWindowSecondsMin } from "../../../runtime/diagnosis/features/broken-bars.ts";
import { SEGMENT_SAMPLES_MAX } from "../../../runtime/diagnosis/features/line-spectrum.ts";
import { quantityOfUnit, unitsOf } from "../../../runtime/diagnosis/features/quantity-units.ts";
import { severityLimits } from "../../../runtime/diagnosis/severity.ts";
import { Fault } from "../../../runtime/signal/fault.ts";
import { UNITS } from "../../../runtime/signal/units.ts";
import { badInput } from "../read-input.ts";

export interface DiagnoseOptions {
  readonly rate?: string;
  readonly rpm?: string;
  readonly bearing?: string;
  readonly format?: string;
  readonly scale?: string;
  readonly unit?: string;
  readonly quantity?: string;
  readonly fullScale?: string;
  readonly column?: string;
  readonly channel?: string;
  readonly iso?: string;
  readonly teeth?: string;
  readonly polePairs?: string;
  readonly mains?: string;
  readonly json?: true;
  readonly plot?: string;
}

/** Beyond it no sensor on a machine samples. */
const RATE_MAX_HZ = 10_000_000;
/** Dental drills and turbochargers turn at a third of it. */
const RPM_MAX = 1_000_000;
/** A window holds this many turns of the shaft, so that its lines can be told apart … */
const WINDOW_TURNS = 20;
/** … and at least a second, as the meter's do. */
const WINDOW_SECONDS_MIN = 1;
/** One window is in memory with its transforms. */
const WINDOW_SAMPLES_MAX = 2 ** 18;
const WINDOW_SAMPLES_MIN = 64;
/** A supply that is 0.1 Hz lower than it is named takes a fifth of a small slip away. */
const BAR_SECONDS_MARGIN = 1.3;
const TEETH_MAX = 10_000;
const POLE_PAIRS_MAX = 100;

/** A number on the command line; undefined where it is not given. */
export function numberOption(
  name: string,
  given: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (given === undefined) return undefined;
  const value = given.trim() === "" ? Number.NaN : Number(given);
  if (value >= least && value <= most) return value;
  throw badInput(`${name} ${given} is no number from ${least} to ${most}`, "correct it");
}

function wholeOption(
  name: string,
  given: string | undefined,
  least: number,
  most: number,
): number | undefined {
  const value = numberOption(name, given, least, most);
  if (value === undefined || Number.isInteger(value)) return value;
  throw badInput(`${name} ${given} is no whole number`, "correct it");
}

export function rateOption(given: string | undefined): number | null {
  return numberOption("--rate", given, 1e-3, RATE_MAX_HZ) ?? null;
}

export function scaleOption(given: string | undefined): number {
  const scale = numberOption("--scale", given, -1e30, 1e30) ?? 1;
  if (scale !== 0) return scale;
  throw badInput("--scale 0 makes every sample 0", "give what one raw step is in the unit");
}

/** The speed in Hz; 0 at rest; null where nobody gave it. */
export function speedOption(given: string | undefined): number | null {
  const rpm = numberOption("--rpm", given, 0, RPM_MAX);
  return rpm === undefined ? null : rpm / 60;
}

export interface GivenBearing {
  readonly geometry: BearingGeometry | null;
  /** Why there is no geometry although a bearing was given. */
  readonly problem: string | null;
}

/**
 * A designation that is not in the library is no mistake of the command line: everything but the
 * bearing can still be told. A geometry that cannot be read is one.
 * @throws Fault SETTING_INVALID
 */
export function bearingOption(given: string | undefined): GivenBearing {
  if (given === undefined) return { geometry: null, problem: null };
  try {
    return { geometry: parseBearing(given), problem: null };
  } catch (error) {
    if (!(error instanceof Fault) || given.includes("=")) throw error;
    return { geometry: null, problem: `${error.message} ${error.remedy}` };
  }
}

/** What people write for it. */
const UNIT_ALIASES: Readonly<Record<string, string>> = { g: "[g]", "m/s²": "m/s2", µm: "um" };

export function channelOf(
  options: DiagnoseOptions,
  rate: number,
  formatFullScale: number | null,
  geometry: BearingGeometry | null,
): DiagnosisChannel {
  const unit = UNIT_ALIASES[options.unit ?? ""] ?? options.unit ?? "[g]";
  if (!Object.hasOwn(UNITS, unit)) {
    throw badInput(`--unit ${unit} is unknown`, "write a UCUM code: [g], m/s2, mm/s, um, A");
  }
  const teeth = wholeOption("--teeth", options.teeth, 2, TEETH_MAX);
  return {
    name: "recording",
    quantity: quantityOf(options.quantity, unit),
    unit,
    rate,
    windowSamples: windowSamplesOf(rate, speedOption(options.rpm)),
    fullScale: numberOption("--full-scale", options.fullScale, 1e-30, 1e30) ?? formatFullScale,
    mainsHz: numberOption("--mains", options.mains, 1, 1_000) ?? 50,
    bearings: geometry === null ? [] : [{ name: "bearing", geometry, ratio: 1 }],
    gears: teeth === undefined ? [] : [{ name: "gear", teeth, ratio: 1 }],
    polePairs: wholeOption("--pole-pairs", options.polePairs, 1, POLE_PAIRS_MAX) ?? null,
    severity: options.iso === undefined ? null : severityLimits(options.iso),
    regime: null,
  };
}

function windowSamplesOf(rate: number, speedHz: number | null): number {
  const turns = speedHz !== null && speedHz > 0 ? WINDOW_TURNS / speedHz : 0;
  const samples = Math.round(rate * Math.max(WINDOW_SECONDS_MIN, turns));
  return Math.max(WINDOW_SAMPLES_MIN, Math.min(WINDOW_SAMPLES_MAX, samples));
}

/**
 * The same, with windows that tell the sidebands of broken rotor bars from the current's
 * fundamental, where they are asked for.
 */
export function withBarWindows(
  channel: DiagnosisChannel,
  speedHz: number | null,
): DiagnosisChannel {
  const { quantity, polePairs, mainsHz, rate, windowSamples } = channel;
  if (quantity !== "current" || polePairs === null || speedHz === null) return channel;
  const seconds = barWindowSecondsMin(mainsHz, barSlip(mainsHz, speedHz, polePairs));
  if (Number.isNaN(seconds)) return channel;
  const samples = Math.min(SEGMENT_SAMPLES_MAX, Math.ceil(BAR_SECONDS_MARGIN * seconds * rate));
  return { ...channel, windowSamples: Math.max(windowSamples, samples) };
}

function quantityOf(given: string | undefined, unit: string): Quantity {
  if (given === undefined) return quantityOfUnit(unit);
  const known = QUANTITIES.find((quantity) => quantity === given);
  if (known === undefined) {
    throw badInput(`--quantity ${given} is unknown`, `it is one of ${QUANTITIES.join(", ")}`);
  }
  const units = unitsOf(known);
  if (units.length === 0 || units.includes(unit)) return known;
  throw badInput(
    `--quantity ${given} does not come in ${unit}`,
    `give --unit ${units.join(" or ")}`,
  );
}
