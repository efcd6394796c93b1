// What is wrong with the controller's own surroundings: a disk that takes no record, and devices.

import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";
import { age, grouped, localMoment, shortened } from "./format.js";

/** @import { MeterState } from "../../stream/frames.ts" */

/** @typedef {MeterState["devices"][number]} DeviceSummary */

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
