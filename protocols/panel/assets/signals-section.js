// The table of signals. A value that is not good is never shown as one: a dash, why, and the last
// good value with its age. Ages go on ticking between frames, and a value whose news stop turns
// stale here by itself, whatever the last frame said of it.

import { trendDrawing, trendPath, trendSpan } from "./charts.js";
import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";
import { age, decimalsOf, NO_VALUE, number, reasonWords } from "./format.js";

/** @import { SignalSummary } from "../../stream/frames.ts" */
/** @import { LiveValue } from "../../../runtime/signal/process-image.ts" */
/** @import { TrendPoint } from "./charts.js" */

const TREND_MS = 120_000;
/** Four values per second over two minutes, and the polls beside them. */
const TREND_POINTS_MAX = 600;
/** The state is polled every 2 s and takes its time; the meter judges staleness exactly. */
const STALE_GRACE_MS = 3_000;

/**
 * @typedef {object} Row
 * @property {SignalSummary} signal
 * @property {LiveValue | null} live
 * @property {number} heardAt Page time of `live`.
 * @property {number} decimals
 * @property {TrendPoint[]} points
 */

/**
 * @typedef {object} Shown
 * @property {"good" | "uncertain" | "bad"} quality
 * @property {string} value
 * @property {string} words
 * @property {string} last
 * @property {string} age
 */

export class SignalsSection {
  /** @type {Row[]} */
  #rows = [];
  /** @type {ReadonlyMap<string, Row>} */
  #byName = new Map();
  /** @type {Map<string, HTMLTableRowElement>} */
  #elements = new Map();
  /** @type {Readonly<Record<string, string>>} */
  #symbols = {};
  #showsDetails = false;
  /** What was drawn last, so that the button need not wait for the next frame. */
  #shown = { now: 0, silence: /** @type {string | null} */ (null) };

  constructor() {
    byId("signals-more").addEventListener("click", () => {
      this.#showsDetails = !this.#showsDetails;
      this.show(this.#shown.now, this.#shown.silence);
    });
  }

  /**
   * What a person reads for a unit's code.
   * @param {Readonly<Record<string, string>>} symbols
   */
  setSymbols(symbols) {
    this.#symbols = symbols;
  }

  /** @param {readonly SignalSummary[]} signals */
  setSignals(signals) {
    const before = this.#byName;
    this.#rows = signals.map((signal) => {
      const known = before.get(signal.name);
      if (known) return { ...known, signal };
      return { signal, live: null, heardAt: 0, decimals: 0, points: [] };
    });
    this.#byName = new Map(this.#rows.map((row) => [row.signal.name, row]));
    byId("signals-empty").hidden = this.#rows.length > 0;
  }

  /**
   * @param {Readonly<Record<string, LiveValue>>} values
   * @param {number} now
   */
  setValues(values, now) {
    for (const [name, live] of Object.entries(values)) {
      const row = this.#byName.get(name);
      if (!row) continue;
      row.live = live;
      row.heardAt = now;
      const usable = live.quality === "bad" ? null : live.value;
      if (usable !== null) row.decimals = Math.max(row.decimals, decimalsOf(usable));
      if (live.last) row.decimals = Math.max(row.decimals, decimalsOf(live.last.value));
      row.points.push({ at: now, value: usable });
      if (row.points.length > TREND_POINTS_MAX) row.points.shift();
    }
  }

  /**
   * Nothing is known from here on; the lines of the trends break.
   * @param {number} now
   */
  interrupt(now) {
    for (const row of this.#rows) {
      if (row.points.at(-1)?.value != null) row.points.push({ at: now, value: null });
    }
  }

  /**
   * @param {number} now
   * @param {string | null} silence Why nothing is live, in words; null while everything is.
   */
  show(now, silence) {
    this.#shown = { now, silence };
    const details = this.#rows.filter((row) => row.signal.isDetail === true);
    const more = byId("signals-more");
    more.hidden = details.length === 0;
    setAttribute(more, "aria-expanded", String(this.#showsDetails));
    const verb = this.#showsDetails ? "Hide" : "Show";
    const noun = details.length === 1 ? "feature" : "features";
    setText(more, `${verb} ${details.length} more ${noun} of waveforms`);
    keepRows(
      byId("signal-rows"),
      this.#showsDetails ? this.#rows : this.#rows.filter((row) => !details.includes(row)),
      (row) => row.signal.name,
      this.#elements,
      () => makeRow(),
      (target, row) => this.#update(target, row, now, silence),
    );
  }

  /**
   * @param {HTMLTableRowElement} target
   * @param {Row} row
   * @param {number} now
   * @param {string | null} silence
   */
  #update(target, row, now, silence) {
    const { signal } = row;
    const symbol = this.#symbols[signal.unit] ?? signal.unit;
    const shown = shownOf(row, symbol, now, silence);
    setAttribute(target, "data-quality", shown.quality);
    setAttribute(target, "data-signal", signal.name);
    setText(within(target, ".name"), signal.description || signal.name);
    setText(within(target, ".code"), signal.name);
    setText(within(target, ".figure"), shown.value);
    setText(within(target, ".unit"), shown.value === NO_VALUE ? "" : symbol);
    setText(within(target, ".words"), shown.words);
    setText(within(target, ".last"), shown.last);
    setText(within(target, ".age"), shown.age);
    const beginsAt = now - TREND_MS;
    while ((row.points[0]?.at ?? now) < beginsAt) row.points.shift();
    const { path, low, high } = trendPath(row.points, now, TREND_MS);
    setAttribute(within(target, ".trend-line"), "d", path);
    setText(within(target, ".span"), trendSpan(low, high, row.decimals));
  }
}

function makeRow() {
  const { chart } = trendDrawing();
  return element(
    "tr",
    {},
    element(
      "th",
      { scope: "row" },
      element("span", { class: "name" }),
      element("code", { class: "code quiet" }),
    ),
    element(
      "td",
      { class: "right value" },
      element("span", { class: "figure" }),
      element("span", { class: "unit" }),
    ),
    element(
      "td",
      { class: "quality" },
      element("span", { class: "words" }),
      element("span", { class: "last" }),
    ),
    element("td", { class: "right age" }),
    element("td", { class: "trend" }, chart, element("span", { class: "span quiet" })),
  );
}

/**
 * @param {Row} row
 * @param {string} symbol
 * @param {number} now
 * @param {string | null} silence
 * @returns {Shown}
 */
function shownOf(row, symbol, now, silence) {
  const { live, signal, decimals } = row;
  if (!live)
    return { quality: "bad", value: NO_VALUE, words: "not heard yet", last: "", age: NO_VALUE };
  const elapsedMs = now - row.heardAt;
  const ageMs = live.age === null ? null : live.age + elapsedMs;
  const ageText = ageMs === null ? NO_VALUE : age(ageMs);
  const unitWords = symbol === "" ? "" : `\u202f${symbol}`;
  const lastWords = (/** @type {number} */ value, /** @type {number} */ valueAge) =>
    `last ${number(value, decimals)}${unitWords}, ${age(valueAge)} ago`;
  const known =
    live.quality === "good" && live.value !== null && live.age !== null
      ? { value: live.value, age: live.age }
      : live.last;
  const last = known ? lastWords(known.value, known.age + elapsedMs) : "";
  const outdated = ageMs === null || ageMs > signal.staleMs + STALE_GRACE_MS;
  if (live.quality === "bad" || live.value === null) {
    return { quality: "bad", value: NO_VALUE, words: reasonWords(live.reason), last, age: ageText };
  }
  if (silence !== null || outdated) {
    const words = silence ?? reasonWords("stale");
    return { quality: "bad", value: NO_VALUE, words, last, age: ageText };
  }
  const value = number(live.value, decimals);
  if (live.quality === "uncertain") {
    return {
      quality: "uncertain",
      value,
      words: `uncertain: ${reasonWords(live.reason)}`,
      last,
      age: ageText,
    };
  }
  return { quality: "good", value, words: "good", last: "", age: ageText };
}
