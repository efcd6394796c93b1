// Numbers, times and codes in the words and shapes that a person reads. Pure functions.

/** @import { Reason } from "../../../runtime/signal/quality.ts" */
/** @import { JournalRecord } from "../../../runtime/journal/record.ts" */

/** Thin spaces group digits: a comma means different things to different readers. */
const GROUP = "\u202f";
const MINUS = "\u2212";
export const NO_VALUE = "—";

/**
 * Hours of a register with two decimals, rounded down: never more is shown than was counted.
 * @param {number} milliseconds
 */
export function hours(milliseconds) {
  const hundredths = Math.floor(milliseconds / 36_000);
  const rest = String(hundredths % 100).padStart(2, "0");
  return `${grouped(Math.floor(hundredths / 100))}.${rest}`;
}

/** @param {number} whole */
export function grouped(whole) {
  return String(whole).replace(/\B(?=(\d{3})+$)/g, GROUP);
}

/**
 * Decimals that a value needs, at most as many as make sense for its size. A row keeps the most it
 * has needed, so that 82.0 does not jump to 82 and back.
 * @param {number} value
 */
export function decimalsOf(value) {
  const [, fraction = ""] = value.toFixed(decimalsMaxOf(value)).replace(/0+$/, "").split(".");
  return fraction.length;
}

/**
 * About four figures: more is the noise of the sensor and not to be read at a glance.
 * @param {number} value
 */
function decimalsMaxOf(value) {
  const size = Math.abs(value);
  return size >= 10 ? 2 : size >= 1 ? 3 : 4;
}

/**
 * @param {number} value
 * @param {number} decimals
 */
export function number(value, decimals) {
  if (!Number.isFinite(value)) return NO_VALUE;
  if (Math.abs(value) >= 1e12) return value.toExponential(4).replace("-", MINUS);
  const shown = Math.min(decimals, decimalsMaxOf(value));
  const [whole = "0", fraction] = Math.abs(value).toFixed(shown).split(".");
  const sign = value < 0 ? MINUS : "";
  return `${sign}${grouped(Number(whole))}${fraction === undefined ? "" : `.${fraction}`}`;
}

/**
 * How old something is: fine for seconds, coarse for days.
 * @param {number} milliseconds
 */
export function age(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1_000;
  if (seconds < 10) return `${(Math.floor(seconds * 10) / 10).toFixed(1)} s`;
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const wholeHours = Math.floor(minutes / 60);
  if (wholeHours < 48) return `${wholeHours} h ${minutes % 60} min`;
  return `${Math.floor(wholeHours / 24)} d ${wholeHours % 24} h`;
}

/** @param {number} value */
function two(value) {
  return String(value).padStart(2, "0");
}

/**
 * Wall time at the reader's place; `utcText` stands in the title beside it.
 * @param {number} utc
 */
export function localTime(utc) {
  const at = new Date(utc);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** @param {number} utc */
export function localDay(utc) {
  const at = new Date(utc);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/**
 * @param {number} utc
 * @param {number} nowUtc
 */
export function localMoment(utc, nowUtc) {
  const day = localDay(utc);
  return day === localDay(nowUtc) ? localTime(utc) : `${day} ${localTime(utc)}`;
}

/**
 * The reader's wall clock with its distance from UTC, so that all other times can go without it.
 * @param {number} utc
 */
export function localClock(utc) {
  const minutes = -new Date(utc).getTimezoneOffset();
  const distance = `${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
  const zone = minutes === 0 ? "UTC" : `UTC${minutes < 0 ? MINUS : "+"}${distance}`;
  return `${localDay(utc)} ${localTime(utc)} ${zone}`;
}

/** @param {number} utc */
export function utcText(utc) {
  return `${new Date(utc).toISOString().replace("T", " ").slice(0, 19)} UTC`;
}

/** @type {Readonly<Record<string, string>>} */
const TIME_QUALITY_WORDS = {
  S: "clock synchronised",
  R: "durations exact, start uncertain",
  I: "clock not vouched for",
  U: "no wall time known",
};

/** @param {string} quality */
export function timeQuality(quality) {
  return TIME_QUALITY_WORDS[quality] ?? `time quality ${quality}`;
}

/** @type {Readonly<Record<Reason, string>>} */
const REASON_WORDS = {
  stale: "no sample for too long",
  "out-of-range": "outside its range",
  "not-connected": "not connected",
  timeout: "no answer in time",
  checksum: "damaged answer",
  exception: "refused by the device",
  "sensor-fault": "sensor fault",
  settling: "settling",
  substituted: "substituted",
  overrun: "samples lost",
  "not-configured": "not configured",
  indeterminate: "cannot be said",
};

/**
 * A reason as a person reads it; one that this page does not know is shown as it came.
 * @param {string | undefined} reason
 */
export function reasonWords(reason) {
  if (reason === undefined) return "bad";
  return /** @type {Record<string, string>} */ (REASON_WORDS)[reason] ?? reason;
}

const TEXT_CHARACTERS_MAX = 240;

/** @param {string} text */
export function shortened(text) {
  if (text.length <= TEXT_CHARACTERS_MAX) return text;
  return `${text.slice(0, TEXT_CHARACTERS_MAX)}…`;
}

/**
 * What a record says, in one line: an alarm's sentence, or an event's name and what it carries.
 * What only programs read, such as registers, stays in the record.
 * @param {JournalRecord} record
 */
export function recordWords(record) {
  if (record.kind === "alarm") {
    return `${record.source} ${record.event ?? record.state}: ${record.text}`;
  }
  if (!("name" in record)) return record.kind;
  const entries = Object.entries(record.detail ?? {});
  const facts = entries.flatMap(([key, value]) => factWords(key, value) ?? []).join(", ");
  const sentences = entries.filter(([key]) => SENTENCES.includes(key)).map(([, value]) => value);
  const words = [facts, ...sentences].filter((text) => text !== "").join(" — ");
  if (words === "") return record.name;
  // The kind stands beside the words already.
  return record.name === record.kind ? words : `${record.name}: ${words}`;
}

/** Details that are written for people; they come after the facts. */
const SENTENCES = ["message", "reason", "text", "remedy"];

/**
 * @param {string} key
 * @param {unknown} value
 */
function factWords(key, value) {
  if (SENTENCES.includes(key)) return null;
  if (Array.isArray(value)) return value.length === 0 ? null : `${spaced(key)} ${value.join("; ")}`;
  if (value === null || typeof value === "object") return null;
  if (key === "state") return String(value);
  if (typeof value === "number" && key.endsWith("Ms")) {
    return `${spaced(key.slice(0, -2))} ${age(value)}`;
  }
  return `${spaced(key)} ${value}`;
}

/**
 * `lossBound` as a person writes it: loss bound.
 * @param {string} camelCase
 */
function spaced(camelCase) {
  return camelCase.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
