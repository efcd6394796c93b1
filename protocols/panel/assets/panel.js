// Brings the page to life: one reader of the stream, one look at the server's own status, and a
// tick that lets every age grow between two frames.

import { annunciating, showAlarms } from "./alarms-section.js";
import { showPlaces, showProblems } from "./configuration-section.js";
import { showDiagnosis } from "./diagnosis-section.js";
import { byId, setAttribute, setText } from "./dom.js";
import { EventsSection } from "./events-section.js";
import { age, localClock, localTime, shortened, timeQuality, utcText } from "./format.js";
import { showDevices, showJournal } from "./health-section.js";
import { SignalsSection } from "./signals-section.js";
import { StreamReader } from "./stream-reader.js";
import { showDays, showHours, showNoState, showState } from "./usage-section.js";

/** @import { UsageDay } from "../../../runtime/journal/record.ts" */
/** @import { Hello, MeterState } from "../../stream/frames.ts" */
/** @import { MeterEnd, PanelStatus } from "../panel-status.ts" */

const TICK_MS = 500;
const STATUS_EVERY_MS = 10_000;
const DAYS_EVERY_MS = 60_000;
/** Three polls of the state without an answer: what is shown is no longer the present. */
const FRESH_MS_MAX = 7_000;

const streamUrl = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/stream`;
const signals = new SignalsSection();
const events = new EventsSection();

/** What the server says of itself; null while it says nothing. @type {PanelStatus | null} */
let status = null;
/** The last it said: its addresses hold while it is away. @type {PanelStatus | null} */
let lastStatus = null;
/** @type {Hello | null} */
let hello = null;
/** @type {MeterState | null} */
let state = null;
/** Page time of `state`. */
let stateAt = 0;
/** @type {readonly UsageDay[]} */
let days = [];
let daysShownAt = Number.NEGATIVE_INFINITY;
/** Page time since which nothing is live; null while everything is. */
/** @type {number | null} */
let lostAt = performance.now();

const reader = new StreamReader(streamUrl, {
  hello(next) {
    hello = next;
    events.setEpoch(next.epoch);
  },
  state(next) {
    state = next;
    stateAt = performance.now();
    signals.setValues(next.values, stateAt);
    showHours(next);
    if (stateAt - daysShownAt > DAYS_EVERY_MS) redrawDays();
    tick();
  },
  signals(next) {
    signals.setSignals(next);
    if (state) signals.setValues(state.values, stateAt);
    tick();
  },
  usage(next) {
    days = next;
    redrawDays();
  },
  values(values) {
    const now = performance.now();
    signals.setValues(values, now);
    signals.show(now, silenceWords(isLive()));
  },
  records(records) {
    events.add(records);
    if (records.length > 0) tick();
  },
  gap(first, last, reason) {
    events.addGap(first, last, reason);
    tick();
  },
  change() {
    tick();
    if (reader.phase === "waiting") void readStatus();
  },
});

function redrawDays() {
  daysShownAt = performance.now();
  showDays(days, state);
}

/** True where what is shown is the present; the socket alone proves nothing. */
function isLive() {
  return (
    reader.phase === "open" &&
    reader.trouble === null &&
    reader.dataAt !== null &&
    performance.now() - reader.dataAt <= FRESH_MS_MAX
  );
}

function tick() {
  const now = performance.now();
  const live = isLive();
  if (live) {
    lostAt = null;
  } else if (lostAt === null) {
    lostAt = reader.dataAt ?? now;
    signals.interrupt(now);
  }
  const elapsedMs = now - stateAt;
  const nowUtc = state?.time.utc == null ? null : state.time.utc + elapsedMs;
  showConnection(now, live);
  showIdentity(nowUtc, live);
  showProblems(
    (live ? state?.configuration : status?.configuration) ?? state?.configuration ?? null,
  );
  showJournal(state, live);
  showPlaces(lastStatus, hello, state, streamUrl);
  signals.show(now, silenceWords(live));
  events.show(nowUtc ?? 0);
  if (!state) {
    showNoState(waitingWords());
    return;
  }
  showState(state, elapsedMs, live);
  showAlarms(state, elapsedMs, events.alarms);
  showDiagnosis(state.diagnosis, live);
  showDevices(state.devices, elapsedMs, live);
}

/**
 * What is known of why nothing is live: with a socket that stands it is the meter that is silent.
 * @param {boolean} live
 */
function silenceWords(live) {
  if (live) return null;
  return isMeterSilent() ? "no word from the meter" : "connection lost";
}

/** The gateway can be spoken to, and has nothing of the meter to say. */
function isMeterSilent() {
  return reader.phase === "open" || status?.meter === "down";
}

function waitingWords() {
  if (status?.meter === "none") return "no machine is metered";
  if (status?.meter === "down") return "the meter does not answer";
  return reader.phase === "connecting" ? "connecting" : "nothing heard yet";
}

/**
 * @param {number} now
 * @param {boolean} live
 */
function showConnection(now, live) {
  const first = lostAt !== null && reader.dataAt === null;
  const phase = live ? "live" : first && reader.phase !== "waiting" ? "connecting" : "lost";
  setAttribute(document.body, "data-connection", phase);
  // Cards that never had anything in them only push the reason out of sight.
  setAttribute(document.body, "data-empty", String(phase === "lost" && first));
  setText(byId("connection"), { live: "Live", connecting: "Connecting", lost: "Not live" }[phase]);
  byId("lost").hidden = phase !== "lost";
  if (phase !== "lost" || lostAt === null) return;
  setText(byId("lost-title"), lostTitle(first));
  const wall = localTime(Date.now() - (now - lostAt));
  const since = first ? `Tried since ${wall}.` : `Since ${wall}, ${age(now - lostAt)} ago.`;
  const cause = reader.trouble === null || meterEnd() ? "" : ` Reason: ${reader.trouble}.`;
  setText(byId("lost-text"), `${since}${cause} ${retryWords(now)}`);
  byId("retry").hidden = reader.phase !== "waiting";
}

/** @param {boolean} first */
function lostTitle(first) {
  if (status?.meter === "none") return "No machine is metered.";
  const past = first ? "" : " What you see is the past.";
  const end = meterEnd();
  if (end) return `${endWords(end)}${past}`;
  if (status?.meter === "down") return `The meter does not answer.${past}`;
  if (first) return "No data of the machine yet.";
  if (reader.phase === "open") return `The meter is silent; this page reaches its gateway.${past}`;
  return `The connection is lost.${past}`;
}

/** How the meter ended; null where it has not, or the server knows nothing of it. */
function meterEnd() {
  return status?.meter === "down" ? status.lastEnd : null;
}

/** @param {MeterEnd} end */
function endWords({ cause, utc }) {
  const when = utc === null ? "" : ` at ${localTime(utc)}`;
  return `The meter ended${when}: ${shortened(cause)}. It is started again.`;
}

/** @param {number} now */
function retryWords(now) {
  if (reader.phase === "open") return "Asking again every 2 s.";
  if (reader.phase === "connecting") return "Trying now.";
  return `Next attempt in ${Math.max(0, Math.ceil((reader.retryAt - now) / 1_000))} s.`;
}

/**
 * @param {number | null} nowUtc
 * @param {boolean} live
 */
function showIdentity(nowUtc, live) {
  const machine = state?.machine ?? hello?.machine;
  const name = machine ? `${machine.maker} ${machine.model}`.trim() : "";
  setText(byId("machine-name"), name || "Telltale");
  const controller = state?.controller ?? hello?.controller;
  const facts = machine ? [machine.serialNumber, machine.location] : [];
  if (controller) facts.push(`controller ${controller}`);
  setText(byId("machine-facts"), facts.filter((fact) => fact !== "").join(" · "));
  const clock = byId("clock");
  if (nowUtc !== null && state && live) {
    setText(clock, localClock(nowUtc));
    const words = `The controller's clock: ${utcText(nowUtc)}, ${timeQuality(state.time.tq)}`;
    setAttribute(clock, "title", words);
  } else {
    setText(clock, "");
  }
  const alarms = live && state ? annunciating(state).length : 0;
  const count = alarms > 0 ? `(${alarms}) ` : "";
  const word = live && state ? state.usage.state : "not live";
  document.title = `${count}${word} · ${name || "Telltale"}`;
}

/** The server's own status comes without the stream, so that it can say why there is none. */
async function readStatus() {
  try {
    const answer = await fetch("/status.json", {
      cache: "no-store",
      signal: AbortSignal.timeout(5_000),
    });
    status = answer.ok ? await answer.json() : null;
    lastStatus = status ?? lastStatus;
  } catch {
    // The server is away; the stream's reader already says so and tries again.
    status = null;
  }
  tick();
}

async function readUnits() {
  try {
    const answer = await fetch("/units.json");
    if (answer.ok) signals.setSymbols(await answer.json());
  } catch {
    // Units are then shown by their codes, which are right, only less pretty.
  }
}

byId("retry").addEventListener("click", () => reader.retryNow());
setInterval(tick, TICK_MS);
setInterval(readStatus, STATUS_EVERY_MS);
void readUnits();
void readStatus();
reader.open();
