// The bearings whose inner geometry was read somewhere, and the reading of a geometry that is given
// by hand. Makers do not print these figures on a bearing and seldom in a catalogue, and bearings
// of one designation differ between makers: a row without a source would be a guess.

import { Fault } from "../../signal/fault.ts";
import type { BearingGeometry } from "./geometry.ts";

const MM_PER_INCH = 25.4;

const CWRU =
  "Case Western Reserve University Bearing Data Center, Bearing Information, as several public " +
  "transcriptions have it; its published multiples of the speed follow from it";

/** Each row's source names the publication, and how its figures were checked. */
export const BEARING_LIBRARY: readonly BearingGeometry[] = [
  {
    designation: "6205",
    elements: 9,
    elementDiameterMm: 0.3126 * MM_PER_INCH,
    pitchDiameterMm: 1.537 * MM_PER_INCH,
    contactAngleDeg: 0,
    source: `${CWRU}: 6205-2RS JEM SKF, drive end`,
  },
  {
    designation: "6203",
    elements: 8,
    elementDiameterMm: 0.2656 * MM_PER_INCH,
    pitchDiameterMm: 1.122 * MM_PER_INCH,
    contactAngleDeg: 0,
    source: `${CWRU}: 6203-2RS JEM SKF, fan end`,
  },
  {
    designation: "NICE",
    elements: 8,
    elementDiameterMm: 0.235 * MM_PER_INCH,
    pitchDiameterMm: 1.245 * MM_PER_INCH,
    contactAngleDeg: 0,
    source:
      "Society for Machinery Failure Prevention Technology, bearing fault data sets (test rig), " +
      "as transcribed; the frequencies in its files follow from it",
  },
  {
    designation: "ZA-2115",
    elements: 16,
    elementDiameterMm: 0.331 * MM_PER_INCH,
    pitchDiameterMm: 2.815 * MM_PER_INCH,
    contactAngleDeg: 15.17,
    source:
      "Qiu, Lee, Lin, J. Sound Vib. 289 (2006) 1066–1090 (Rexnord, IMS data set), as several " +
      "public transcriptions have it",
  },
  {
    designation: "UER204",
    elements: 8,
    elementDiameterMm: 7.92,
    pitchDiameterMm: 34.55,
    contactAngleDeg: 0,
    source: "XJTU-SY bearing data sets (LDK), as transcribed",
  },
];

/**
 * What may follow a basic designation without changing what rolls inside: seals and shields, a
 * groove for a ring, clearance, grease (of several makers; recalled, unverified). All else may
 * stand for other rolling elements, as E does, and is another bearing.
 */
const SUFFIX = /(?:[-/ ]?(?:2?Z|2?RS[1HLR]?|2?RZ|DDU?|VV|LL[BHU]|NR?|C[2-5]|CN|JEM))+$/;
const MAKER = /^(?:SKF|FAG|NSK|NTN|REXNORD|LDK)\s*|\s+(?:SKF|FAG|NSK|NTN|REXNORD|LDK)$/g;
/** The longest text that is looked at. */
const TEXT_LENGTH_MAX = 200;

const KEYS = ["n", "d", "D", "angle"] as const;
type Key = (typeof KEYS)[number];
const BY_HAND = "n=9,d=7.94,D=39.04,angle=0";
const HOW =
  `give it by hand, from the maker's data: ${BY_HAND} (number and diameter of the rolling ` +
  "elements, pitch diameter, both in mm, contact angle in degrees).";

/** A designation of the library, or a geometry such as `n=9,d=7.94,D=39.04,angle=0`. */
export function parseBearing(text: string): BearingGeometry {
  if (text.length > TEXT_LENGTH_MAX) throw wrong("A bearing's text is too long.", HOW);
  return text.includes("=") ? parseByHand(text) : lookUp(text);
}

function lookUp(text: string): BearingGeometry {
  const name = text.trim().toUpperCase().replace(MAKER, "");
  const found =
    BEARING_LIBRARY.find(({ designation }) => designation === name) ??
    BEARING_LIBRARY.find(({ designation }) => designation === name.replace(SUFFIX, ""));
  if (found !== undefined) return found;
  const names = BEARING_LIBRARY.map(({ designation }) => designation);
  // No "did you mean": the nearest name is another bearing, with other lines.
  const has = `The library has only ${names.join(", ")}, because few geometries are published;`;
  throw wrong(`The bearing "${text}" is not in the library.`, `${has} ${HOW}`);
}

function parseByHand(text: string): BearingGeometry {
  const values = new Map<Key, number>();
  for (const piece of text.split(",")) {
    const [name = "", value = ""] = piece.split("=").map((part) => part.trim());
    const key = KEYS.find((known) => known === name);
    if (key === undefined)
      throw wrong(`The bearing "${text}" has an unknown "${name}".`, sentence(HOW));
    if (values.has(key)) throw wrong(`The bearing "${text}" has ${key} twice.`, sentence(HOW));
    if (value === "" || !Number.isFinite(Number(value))) {
      throw wrong(`The bearing "${text}" has ${key} without a number.`, sentence(HOW));
    }
    values.set(key, Number(value));
  }
  const missing = (["n", "d", "D"] as const).filter((key) => !values.has(key));
  if (missing.length > 0) {
    throw wrong(`The bearing "${text}" lacks ${missing.join(", ")}.`, sentence(HOW));
  }
  const geometry: BearingGeometry = {
    designation: text.trim(),
    elements: values.get("n")!,
    elementDiameterMm: values.get("d")!,
    pitchDiameterMm: values.get("D")!,
    contactAngleDeg: values.get("angle") ?? 0,
    source: "given",
  };
  const implausible = implausibility(geometry);
  if (implausible !== null) {
    throw wrong(
      `The bearing "${text}" cannot be: ${implausible}.`,
      "Compare the figures with the maker's data.",
    );
  }
  return geometry;
}

/** Fewer do not carry a ring; more are in no row. */
const ELEMENTS_RANGE = [3, 200] as const;
const PITCH_MAX_MM = 20_000;
/** Thrust bearings have 90°, and then no speed of theirs follows from these formulas. */
const ANGLE_MAX_DEG = 80;

/** What is wrong with a geometry; null where it could be a bearing's. */
export function implausibility(geometry: BearingGeometry): string | null {
  const { elements, elementDiameterMm: d, pitchDiameterMm: D, contactAngleDeg } = geometry;
  const [fewest, most] = ELEMENTS_RANGE;
  if (!Number.isInteger(elements) || elements < fewest || elements > most) {
    return `n is a whole number from ${fewest} to ${most}`;
  }
  if (!(d > 0)) return "d is above 0";
  if (!(D > d && D <= PITCH_MAX_MM)) return "D is larger than d (the pitch diameter, not the bore)";
  if (!(contactAngleDeg >= 0 && contactAngleDeg <= ANGLE_MAX_DEG)) {
    return `angle lies between 0 and ${ANGLE_MAX_DEG} degrees`;
  }
  // Neighbours touch where their centres are d apart: a chord of the pitch circle.
  if (d >= D * Math.sin(Math.PI / elements)) {
    return `${elements} elements of ${d} mm do not fit on a pitch circle of ${D} mm`;
  }
  return null;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function wrong(message: string, remedy: string): Fault {
  return new Fault("SETTING_INVALID", message, remedy);
}
