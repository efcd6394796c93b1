// The alarms: those that stand, with what they stand on and what to do about them, those on a shelf
// and those that were lately cleared.

import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";
import { age, grouped, localMoment, utcText } from "./format.js";

/** @import { MeterState } from "../../stream/frames.ts" */
/** @import { AlarmRecord } from "../../../runtime/journal/record.ts" */

const RECENT_ALARMS_MAX = 5;

/** @typedef {MeterState["alarms"][number]} StandingAlarm */
/**
 * @typedef {object} AlarmLine
 * @property {string} key
 * @property {"active" | "over" | "shelved" | "cleared"} kind
 * @property {number} severity
 * @property {string} ne107
 * @property {string} text
 * @property {string} facts
 * @property {string} title
 * @property {StandingAlarm | null} alarm
 */

/** The letter of each NE 107 class; the word stands beside it. */
/** @type {Readonly<Record<string, string>>} */
const LETTERS = {
  failure: "F",
  "check-function": "C",
  "out-of-specification": "S",
  "maintenance-required": "M",
};

/** @type {Readonly<Record<string, string>>} */
const STANDING_WORDS = {
  "unacknowledged-active": "unacknowledged",
  "acknowledged-active": "acknowledged",
  "returned-unacknowledged": "over, unacknowledged",
  normal: "normal",
};

/** @type {Map<string, HTMLLIElement>} */
const alarmRows = new Map();

/**
 * What somebody has to see: a shelved alarm stands below, and is not counted.
 * @param {MeterState} state
 */
export function annunciating(state) {
  return state.alarms.filter((alarm) => alarm.shelf === undefined);
}

/**
 * @param {MeterState} state
 * @param {number} elapsedMs
 * @param {readonly AlarmRecord[]} records Newest first.
 */
export function showAlarms(state, elapsedMs, records) {
  const nowUtc = state.time.utc ?? 0;
  const shown = state.alarms
    .toSorted((one, other) => rank(other) - rank(one))
    .map((alarm) => standingLine(alarm, state, elapsedMs));
  const recent = records
    .filter(({ event, state: said }) => (event ?? said) === "cleared")
    .slice(0, RECENT_ALARMS_MAX)
    .map((record) => clearedLine(record, nowUtc));
  keepRows(
    byId("alarm-rows"),
    [...shown, ...recent],
    (line) => line.key,
    alarmRows,
    () =>
      element(
        "li",
        {},
        element(
          "p",
          { class: "alarm-head" },
          element("span", { class: "ne107", "aria-hidden": "true" }),
          element("span", { class: "alarm-text" }),
        ),
        element("p", { class: "alarm-facts quiet numeric" }),
        element("div", { class: "alarm-more" }),
      ),
    updateRow,
  );
  const count = annunciating(state).length;
  const empty = byId("alarms-empty");
  setText(
    empty,
    recent.length === 0 ? "No alarm is active." : "No alarm is active. Lately cleared:",
  );
  empty.hidden = count > 0;
  if (count === 0) byId("alarm-rows").before(empty);
}

/**
 * Shelved ones last, then by severity.
 * @param {StandingAlarm} alarm
 */
function rank({ shelf, severity }) {
  return severity - (shelf === undefined ? 0 : 10_000);
}

/**
 * @param {HTMLLIElement} row
 * @param {AlarmLine} line
 */
function updateRow(row, line) {
  const symbol = within(row, ".ne107");
  const facts = within(row, ".alarm-facts");
  setAttribute(row, "data-kind", line.kind);
  setAttribute(row, "data-active", String(line.kind === "active" || line.kind === "over"));
  setAttribute(row, "data-level", line.severity >= 667 ? "high" : "low");
  setAttribute(symbol, "data-class", line.ne107);
  setAttribute(symbol, "title", `NE 107: ${line.ne107.replaceAll("-", " ")}`);
  setText(symbol, LETTERS[line.ne107] ?? "?");
  setText(within(row, ".alarm-text"), line.text);
  setText(facts, line.facts);
  setAttribute(facts, "title", line.title);
  updateMore(within(row, ".alarm-more"), line.alarm);
}

/**
 * @param {StandingAlarm} alarm
 * @param {MeterState} state
 * @param {number} elapsedMs
 * @returns {AlarmLine}
 */
function standingLine(alarm, state, elapsedMs) {
  const { since, severity, ne107, priority, standing, shelf, acknowledged } = alarm;
  const { boot, mono, utc } = state.time;
  const lasted = since.boot === boot ? mono - since.mono + elapsedMs : null;
  const kind = shelf ? "shelved" : alarm.state === "active" ? "active" : "over";
  const words = [
    since.utc === null ? "" : `since ${localMoment(since.utc, utc ?? since.utc)}`,
    lasted === null ? "" : age(lasted),
    standing === undefined ? "" : STANDING_WORDS[standing],
    acknowledged && standing === "acknowledged-active" ? `by ${acknowledged.by}` : "",
    shelf ? `shelved by ${shelf.by} for ${age(shelf.forMs)}: ${shelf.because}` : "",
    ne107.replaceAll("-", " "),
    priority === undefined ? "" : `${priority} priority`,
    `severity ${severity}`,
  ];
  return {
    key: `standing ${alarm.source} ${alarm.id}`,
    kind,
    severity,
    ne107,
    text: alarm.text,
    facts: words.filter((word) => word !== "").join(" · "),
    title: [alarm.id, alarm.source, since.utc === null ? "" : utcText(since.utc)]
      .filter((word) => word !== "")
      .join(", "),
    alarm,
  };
}

/**
 * @param {AlarmRecord} record
 * @param {number} nowUtc
 * @returns {AlarmLine}
 */
function clearedLine(record, nowUtc) {
  const { utc, severity, ne107 } = record;
  const when = utc === null ? "cleared" : `cleared ${localMoment(utc, nowUtc)}`;
  return {
    key: `cleared ${record.seq}`,
    kind: "cleared",
    severity,
    ne107,
    text: record.text,
    facts: `${when} · ${ne107.replaceAll("-", " ")} · severity ${severity}`,
    title: `${record.source}${utc === null ? "" : ` ${utcText(utc)}`}`,
    alarm: null,
  };
}

/**
 * What it stands on and leads on to; made anew only where the alarm says something else, so that it
 * stays unfolded while somebody reads it.
 * @param {Element} place
 * @param {StandingAlarm | null} alarm
 */
function updateMore(place, alarm) {
  const { text = "", severity = 0, since } = alarm ?? {};
  const version = alarm === null ? "" : `${severity} ${since?.boot} ${since?.mono} ${text}`;
  if (place.getAttribute("data-version") === version) return;
  place.setAttribute("data-version", version);
  const parts = alarm === null ? [] : moreOf(alarm);
  if (parts.length === 0) {
    place.replaceChildren();
    return;
  }
  const summary = element("summary", {}, "Evidence and what to do");
  place.replaceChildren(element("details", {}, summary, ...parts));
}

/**
 * @param {StandingAlarm} alarm
 * @returns {Node[]}
 */
function moreOf({ registers, evidence, advice }) {
  const { lines = [], features = [], window = null, operatingState = "" } = evidence ?? {};
  if (evidence === undefined && advice === undefined) return [];
  const hours = (Math.floor(registers.working / 360_000) / 10).toFixed(1);
  const at = `at ${hours} working hours${operatingState === "" ? "" : `, ${operatingState}`}`;
  return [
    ...adviceOf(advice),
    element("p", { class: "quiet" }, `When it was raised: ${at}.`),
    ...(lines.length === 0
      ? []
      : [
          tableOf(
            ["Line", "Hz", "dB", "over"],
            lines.map(({ line, spectrum, foundHz, db, thresholdDb }) => [
              `${line} (${spectrum})`,
              figure(foundHz),
              db.toFixed(1),
              `${(db - thresholdDb).toFixed(1)} dB`,
            ]),
          ),
        ]),
    ...(features.length === 0
      ? []
      : [
          tableOf(
            ["Feature", "Value", "Limit", "Usual"],
            features.map(({ feature, value, unit, limit, usual }) => [
              feature,
              `${figure(value)}${unit === "1" ? "" : ` ${unit}`}`,
              limit === null ? "—" : figure(limit),
              usual === null ? "—" : figure(usual),
            ]),
          ),
        ]),
    ...(window === null
      ? []
      : [
          element(
            "p",
            { class: "quiet", title: window.sha256 ?? "" },
            `${grouped(window.samples)} samples of ${window.waveform} at ` +
              `${grouped(Math.round(window.rate))} Hz` +
              `${window.sha256 === null ? "" : `, SHA-256 ${window.sha256.slice(0, 12)}…`}`,
          ),
        ]),
  ];
}

/**
 * @param {StandingAlarm["advice"]} advice
 * @returns {Node[]}
 */
function adviceOf(advice) {
  if (advice === undefined) return [];
  /** @type {readonly (readonly [string, readonly string[]])[]} */
  const rows = [
    ["Cause", advice.cause],
    ["Look at", advice.lookAt],
    ["Do", advice.do],
    ["Part", advice.part === null ? [] : [advice.part]],
  ];
  const list = element("dl", { class: "advice" });
  for (const [title, texts] of rows) {
    if (texts.length === 0) continue;
    list.append(element("dt", {}, title));
    for (const text of texts) list.append(element("dd", {}, text));
  }
  return [list];
}

/**
 * @param {readonly string[]} heads
 * @param {readonly (readonly string[])[]} rows
 */
function tableOf(heads, rows) {
  const cells = (/** @type {readonly string[]} */ texts, /** @type {"td" | "th"} */ tag) =>
    element("tr", {}, ...texts.map((text) => element(tag, {}, text)));
  const table = element(
    "table",
    { class: "figures" },
    element("thead", {}, cells(heads, "th")),
    element("tbody", {}, ...rows.map((row) => cells(row, "td"))),
  );
  return element("div", { class: "scroll" }, table);
}

/**
 * Four figures: more is not to be read at a glance.
 * @param {number} value
 */
function figure(value) {
  return String(Number(value.toPrecision(4)));
}
