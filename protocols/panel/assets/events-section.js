// The last events of the journal, newest first, with the holes that a quota or retention left.

import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";
import { localMoment, recordWords, shortened, timeQuality, utcText } from "./format.js";

/** @import { AlarmRecord, JournalRecord } from "../../../runtime/journal/record.ts" */

const EVENTS_KEPT_MAX = 200;
const EVENTS_SHOWN_MAX = 30;

/** @typedef {{ key: string, record: JournalRecord | null, words: string }} Entry */

export class EventsSection {
  /** Newest first. @type {Entry[]} */
  #entries = [];
  /** @type {Map<string, HTMLTableRowElement>} */
  #rows = new Map();
  #epoch = "";

  /**
   * Another epoch is another journal: its positions say nothing about those of the old one.
   * @param {string} epoch
   */
  setEpoch(epoch) {
    this.#epoch = epoch;
  }

  /** @param {readonly JournalRecord[]} records */
  add(records) {
    for (const record of records) {
      const key = `${this.#epoch} ${record.seq}`;
      // Delivery is at least once; after a reconnection some come again.
      if (this.#entries.some((entry) => entry.key === key)) continue;
      this.#push({ key, record, words: recordWords(record) });
    }
  }

  /**
   * @param {number} first
   * @param {number} last
   * @param {string} reason
   */
  addGap(first, last, reason) {
    const words = `Records ${first} to ${last} are no longer held (${reason}).`;
    this.#push({ key: `${this.#epoch} gap ${first}`, record: null, words });
  }

  /** The alarms among the events, newest first. @returns {AlarmRecord[]} */
  get alarms() {
    return this.#entries.flatMap(({ record }) => (record?.kind === "alarm" ? [record] : []));
  }

  /** @param {Entry} entry */
  #push(entry) {
    this.#entries.unshift(entry);
    if (this.#entries.length > EVENTS_KEPT_MAX) this.#entries.pop();
  }

  /** @param {number} nowUtc */
  show(nowUtc) {
    keepRows(
      byId("event-rows"),
      this.#entries.slice(0, EVENTS_SHOWN_MAX),
      (entry) => entry.key,
      this.#rows,
      () =>
        element(
          "tr",
          {},
          element("td", { class: "when numeric" }),
          element("td", { class: "kind" }),
          element("td", { class: "what" }),
        ),
      (row, entry) => updateRow(row, entry, nowUtc),
    );
    byId("events-empty").hidden = this.#entries.length > 0;
  }
}

/**
 * @param {HTMLTableRowElement} row
 * @param {Entry} entry
 * @param {number} nowUtc
 */
function updateRow(row, { record, words }, nowUtc) {
  const when = within(row, ".when");
  const kind = within(row, ".kind");
  const what = within(row, ".what");
  setText(what, shortened(words));
  setText(kind, record ? record.kind : "gap");
  setAttribute(row, "data-kind", record ? record.kind : "gap");
  if (!record) return;
  setAttribute(row, "data-alarm", record.kind === "alarm" ? record.state : "");
  if (record.utc === null) {
    setText(when, `boot + ${Math.floor(record.mono / 1_000)} s`);
    setAttribute(when, "title", timeQuality(record.tq));
  } else {
    setText(when, localMoment(record.utc, nowUtc));
    setAttribute(
      when,
      "title",
      `${utcText(record.utc)}, ${timeQuality(record.tq)}, record ${record.seq}`,
    );
  }
}
