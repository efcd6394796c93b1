// What is wrong, or was: the alarms that are active and those that were, and the devices.

import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";
import { age, grouped, localMoment, shortened, utcText } from "./format.js";

/** @import { MeterState } from "../../stream/frames.ts" */
/** @import { AlarmRecord } from "../../../runtime/journal/record.ts" */

const RECENT_ALARMS_MAX = 5;

/** @typedef {MeterState["devices"][number]} DeviceSummary */
/** @typedef {MeterState["alarms"][number]} ActiveAlarm */
/**
 * @typedef {object} AlarmLine
 * @property {string} key
 * @property {boolean} active
 * @property {number} severity
 * @property {string} ne107
 * @property {string} text
 * @property {string} when
 * @property {string} title
 */

/** @type {Map<string, HTMLLIElement>} */
const alarmRows = new Map();

/**
 * @param {MeterState} state
 * @param {number} elapsedMs
 * @param {readonly AlarmRecord[]} records Newest first.
 */
export function showAlarms(state, elapsedMs, records) {
  const nowUtc = state.time.utc ?? 0;
  const active = state.alarms.map((alarm) => activeLine(alarm, state, elapsedMs));
  const recent = records
    .filter((record) => record.state === "cleared")
    .slice(0, RECENT_ALARMS_MAX)
    .map((record) => clearedLine(record, nowUtc));
  keepRows(
    byId("alarm-rows"),
    [...active, ...recent],
    (line) => line.key,
    alarmRows,
    () =>
      element(
        "li",
        {},
        element("p", { class: "alarm-text" }),
        element("p", { class: "alarm-facts quiet numeric" }),
      ),
    (row, line) => {
      const facts = within(row, ".alarm-facts");
      setAttribute(row, "data-active", String(line.active));
      setAttribute(row, "data-level", line.severity >= 667 ? "high" : "low");
      setText(within(row, ".alarm-text"), line.text);
      setText(
        facts,
        `${line.when} · ${line.ne107.replaceAll("-", " ")} · severity ${line.severity}`,
      );
      setAttribute(facts, "title", line.title);
    },
  );
  const empty = byId("alarms-empty");
  setText(
    empty,
    recent.length === 0 ? "No alarm is active." : "No alarm is active. Lately cleared:",
  );
  empty.hidden = active.length > 0;
  if (active.length === 0) byId("alarm-rows").before(empty);
}

/**
 * @param {ActiveAlarm} alarm
 * @param {MeterState} state
 * @param {number} elapsedMs
 * @returns {AlarmLine}
 */
function activeLine(alarm, state, elapsedMs) {
  const { since, severity, ne107 } = alarm;
  const lasted = since.boot === state.time.boot ? state.time.mono - since.mono + elapsedMs : null;
  const words = [
    since.utc === null ? "" : `since ${localMoment(since.utc, state.time.utc ?? since.utc)}`,
    lasted === null ? "" : age(lasted),
  ].filter((word) => word !== "");
  return {
    key: `active ${alarm.source} ${alarm.id}`,
    active: true,
    severity,
    ne107,
    text: alarm.text,
    when: words.join(" · ") || "active",
    title: `${alarm.source}${since.utc === null ? "" : ` since ${utcText(since.utc)}`}`,
  };
}

/**
 * @param {AlarmRecord} record
 * @param {number} nowUtc
 * @returns {AlarmLine}
 */
function clearedLine(record, nowUtc) {
  const { utc } = record;
  return {
    key: `cleared ${record.seq}`,
    active: false,
    severity: record.severity,
    ne107: record.ne107,
    text: record.text,
    when: utc === null ? "cleared" : `cleared ${localMoment(utc, nowUtc)}`,
    title: `${record.source}${utc === null ? "" : ` ${utcText(utc)}`}`,
  };
}

/**
 * A disk that takes no record. It loses no hours, but what waits in memory would not survive a
 * power cut, so that it stands above everything else.
 * @param {MeterState | null} state
 * @param {boolean} live
 */
export function showJournal(state, live) {
  const refusal = state?.journal.refusal ?? null;
  const notice = byId("journal-notice");
  notice.hidden = refusal === null;
  if (state === null || refusal === null) return;
  const { pendingRows, droppedRows } = state.journal;
  const { since } = refusal;
  const wall =
    since.utc === null
      ? `${age(state.time.mono - since.mono)}`
      : localMoment(since.utc, state.time.utc ?? since.utc);
  const span = since.utc === null ? "for" : "since";
  const lost = droppedRows === 0 ? "" : ` ${grouped(droppedRows)} found no room and are lost.`;
  const tense = live ? ["cannot", "wait", "Hours go on."] : ["could not", "waited", ""];
  setText(
    notice,
    `The journal ${tense[0]} be written ${span} ${wall}: ${grouped(pendingRows)} records ` +
      `${tense[1]} in memory.${lost} ${tense[2]} Reason: ${shortened(refusal.reason)}.`,
  );
}

/** @type {Map<string, HTMLLIElement>} */
const deviceRows = new Map();

/** @type {Readonly<Record<DeviceSummary["state"], string>>} */
const DEVICE_WORDS = {
  starting: "starting",
  up: "up",
  failing: "failing",
  resting: "resting",
};

/**
 * @param {readonly DeviceSummary[]} devices
 * @param {number} elapsedMs
 * @param {boolean} live
 */
export function showDevices(devices, elapsedMs, live) {
  keepRows(
    byId("device-rows"),
    devices,
    (device) => `${device.bus}/${device.name}`,
    deviceRows,
    () =>
      element(
        "li",
        {},
        element(
          "p",
          { class: "device-head" },
          element("span", { class: "device-lamp lamp", "aria-hidden": "true" }),
          element("strong", { class: "device-name" }),
          element("span", { class: "device-driver quiet" }),
          element("span", { class: "device-state" }),
        ),
        element("p", { class: "device-figures quiet numeric" }),
        element("p", { class: "device-error" }),
      ),
    (row, device) => updateDevice(row, device, elapsedMs, live),
  );
  byId("devices-empty").hidden = devices.length > 0;
  if (devices.length === 0) setText(byId("devices-empty"), "The machine file names no device.");
}

/**
 * @param {HTMLLIElement} row
 * @param {DeviceSummary} device
 * @param {number} elapsedMs
 * @param {boolean} live
 */
function updateDevice(row, device, elapsedMs, live) {
  const figures = within(row, ".device-figures");
  setAttribute(row, "data-state", live ? device.state : "unknown");
  setText(within(row, ".device-name"), device.name);
  setText(within(row, ".device-driver"), `${device.driver} on ${device.bus}`);
  const word = DEVICE_WORDS[device.state] ?? device.state;
  setText(within(row, ".device-state"), live ? word : `was ${word}`);
  const errors = Object.values(device.errors).reduce((sum, count) => sum + count, 0);
  const parts = [
    device.roundTripMs === null ? "" : `round trip ${device.roundTripMs.toFixed(1)} ms`,
    device.lastGoodAge === null
      ? "no good answer yet"
      : `good ${age(device.lastGoodAge + elapsedMs)} ago`,
    errors === 1 ? "1 error" : `${grouped(errors)} errors`,
    device.reads === 0 ? "" : `${grouped(device.reads)} reads`,
  ];
  setText(figures, parts.filter((text) => text !== "").join(" · "));
  const counts = Object.entries(device.errors).map(([code, count]) => `${code} ${grouped(count)}`);
  const details = counts.length === 0 ? ["no errors"] : counts;
  if (device.requests > 0) {
    details.unshift(`${grouped(device.requests)} requests, ${grouped(device.answers)} answers`);
  }
  setAttribute(figures, "title", details.join("\n"));
  const { lastError } = device;
  setText(
    within(row, ".device-error"),
    lastError
      ? `${age(lastError.age + elapsedMs)} ago: ${shortened(lastError.message)} (${lastError.code})`
      : "",
  );
}
