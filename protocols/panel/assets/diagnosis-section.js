// What the diagnosis hears: for each waveform its zone of severity, what it says of each bearing,
// how far it knows what is usual, and what keeps it silent. The zone is drawn: four parts, one lit.

import { byId, element, keepRows, setAttribute, setText, within } from "./dom.js";

/** @import { MeterState } from "../../stream/frames.ts" */

/** @typedef {MeterState["diagnosis"][number]} ChannelStatus */
/** @typedef {ChannelStatus["bearings"][number]} Bearing */

const ZONES = /** @type {const} */ (["A", "B", "C", "D"]);

/** What each zone of ISO 20816 means, in the fewest words. */
/** @type {Readonly<Record<string, string>>} */
const ZONE_WORDS = {
  A: "as when new",
  B: "fit for long operation",
  C: "for a limited time only",
  D: "may be damaged",
};

/** @type {Readonly<Record<Bearing["verdict"], string>>} */
const VERDICT_WORDS = {
  outer: "damage, outer race",
  inner: "damage, inner race",
  ball: "damage, rolling element",
  cage: "damage, cage",
  none: "no fault found",
  "cannot-tell": "cannot tell",
};

/** @type {Readonly<Record<Bearing["verdict"], string>>} */
const VERDICT_LEVELS = {
  outer: "fault",
  inner: "fault",
  ball: "fault",
  cage: "fault",
  none: "sound",
  "cannot-tell": "unknown",
};

const MS_PER_HOUR = 3_600_000;
const HOURS_PER_DAY = 24;

/** @type {Map<string, HTMLLIElement>} */
const rows = new Map();

/**
 * @param {readonly ChannelStatus[]} diagnosis
 * @param {boolean} live
 */
export function showDiagnosis(diagnosis, live) {
  // Most machines have no waveform: an empty card would only ask what it is for.
  byId("diagnosis").hidden = diagnosis.length === 0;
  keepRows(
    byId("diagnosis-rows"),
    diagnosis,
    ({ waveform }) => waveform,
    rows,
    () =>
      element(
        "li",
        { class: "channel" },
        element(
          "p",
          { class: "channel-head" },
          element("strong", { class: "channel-name" }),
          element("span", { class: "channel-state quiet" }),
        ),
        zoneBar(),
        element("p", { class: "zone-words quiet" }),
        element("ul", { class: "plain bearing-rows" }),
        element(
          "p",
          { class: "baseline" },
          element("span", { class: "baseline-words" }),
          element("progress", { max: 1, "aria-hidden": "true" }),
        ),
        element("p", { class: "life" }),
        element("ul", { class: "plain problem-rows" }),
      ),
    (row, status) => updateRow(row, status, live),
  );
}

/** Letters say it without colour; the words below say it without letters. */
function zoneBar() {
  return element(
    "div",
    { class: "zones", "aria-hidden": "true" },
    ...ZONES.map((zone) => element("span", { class: "zone", "data-zone": zone }, zone)),
  );
}

/**
 * @param {HTMLLIElement} row
 * @param {ChannelStatus} status
 * @param {boolean} live
 */
function updateRow(row, status, live) {
  const { waveform, operatingState, zone, bearings, baseline, problems } = status;
  setText(within(row, ".channel-name"), waveform);
  const judged = operatingState === "" ? "not judged yet" : `judged in ${operatingState}`;
  setText(within(row, ".channel-state"), live ? judged : `last ${judged}`);
  setAttribute(row, "data-zone", zone ?? "none");
  for (const part of row.querySelectorAll(".zone")) {
    setAttribute(part, "data-lit", String(part.getAttribute("data-zone") === zone));
  }
  const meaning = zone === null ? "" : ZONE_WORDS[zone];
  setText(
    within(row, ".zone-words"),
    zone === null ? "Severity: not told" : `Severity: zone ${zone}, ${meaning}`,
  );
  showLines(within(row, ".bearing-rows"), bearings.map(bearingLine));
  showBaseline(row, baseline);
  showLines(
    within(row, ".problem-rows"),
    problems.map((text) => ({ level: "problem", head: "Silent", text })),
  );
}

/** @typedef {{ readonly level: string, readonly head: string, readonly text: string }} Line */

/**
 * @param {Bearing} bearing
 * @returns {Line}
 */
function bearingLine({ bearing, verdict, confidence, reason }) {
  const sure = verdict === "cannot-tell" ? "" : `, ${Math.floor(confidence * 100)} % sure`;
  return {
    level: VERDICT_LEVELS[verdict],
    head: `${bearing}: ${VERDICT_WORDS[verdict]}${sure}`,
    text: reason,
  };
}

/**
 * Few and short: they are made anew only where one of them changed, so that a selection stays.
 * @param {Element} list
 * @param {readonly Line[]} lines
 */
function showLines(list, lines) {
  const key = JSON.stringify(lines);
  if (list.getAttribute("data-key") === key) return;
  list.setAttribute("data-key", key);
  list.replaceChildren(
    ...lines.map(({ level, head, text }) =>
      element(
        "li",
        { "data-level": level },
        element("span", { class: "line-head" }, head),
        element("span", { class: "line-text quiet" }, text),
      ),
    ),
  );
}

/**
 * @param {HTMLLIElement} row
 * @param {ChannelStatus["baseline"]} baseline
 */
function showBaseline(row, { phase, learned, departs, remainingLife }) {
  const words = within(row, ".baseline-words");
  const bar = /** @type {HTMLProgressElement} */ (within(row, "progress"));
  const isLearning = phase !== "watching";
  bar.hidden = !isLearning;
  bar.value = learned;
  setText(words, isLearning ? learningWords(phase, learned) : usualWords(departs));
  setAttribute(row, "data-departs", String(!isLearning && departs));
  const life = /** @type {HTMLElement} */ (within(row, ".life"));
  life.hidden = remainingLife === null;
  setText(life, remainingLife === null ? "" : lifeWords(remainingLife));
}

/** @param {boolean} departs */
function usualWords(departs) {
  return departs ? "Not what is usual here" : "As is usual here";
}

/**
 * @param {ChannelStatus["baseline"]["phase"]} phase
 * @param {number} learned
 */
function learningWords(phase, learned) {
  // Run-in has no share that would tell how long it lasts.
  if (phase === "run-in") return "Run-in: the level still settles, nothing is compared";
  const what = phase === "re-learning" ? "Learning anew what is usual" : "Learning what is usual";
  return `${what}: ${Math.floor(learned * 100)} %`;
}

/** @param {NonNullable<ChannelStatus["baseline"]["remainingLife"]>} life */
function lifeWords(life) {
  if (life.kind === "reached") return "Its limit is reached";
  if (life.kind === "cannot-tell") return `Remaining life: cannot tell. ${life.reason}`;
  const { fromMs, toMs, level } = life;
  const span = spanWords(fromMs, toMs);
  return `Remaining life: ${span}, in ${Math.round(level * 100)} % of cases`;
}

/**
 * In whole hours, or days where both ends are some; the near end is the one to plan by.
 * @param {number} fromMs
 * @param {number} toMs
 */
function spanWords(fromMs, toMs) {
  const from = Math.floor(fromMs / MS_PER_HOUR);
  const to = Math.ceil(toMs / MS_PER_HOUR);
  if (from < 2 * HOURS_PER_DAY) return `${from} to ${to} h`;
  return `${Math.floor(from / HOURS_PER_DAY)} to ${Math.ceil(to / HOURS_PER_DAY)} days`;
}
