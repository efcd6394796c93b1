// What the machine is doing and how long it did what: the state, the hours, the days.

import { daysChart, STATES, stackedBar, sumOf, swatch } from "./charts.js";
import { byId, element, setAttribute, setText } from "./dom.js";
import { age, grouped, hours, localMoment, NO_VALUE, utcText } from "./format.js";

/** @import { UsageDay } from "../../../runtime/journal/record.ts" */
/** @import { MeterState } from "../../stream/frames.ts" */
/** @import { Day, States } from "./charts.js" */

const DAYS_SHOWN = 30;
const DAY_MS = 86_400_000;

/**
 * The state as the meter told it, `elapsedMs` ago. While it is not live no state is known, and the
 * largest word of the page must not name one: the last that was known stands small beneath.
 * @param {MeterState} state
 * @param {number} elapsedMs
 * @param {boolean} live
 */
export function showState(state, elapsedMs, live) {
  const { usage, time } = state;
  const word = byId("state");
  setText(word, live ? usage.state : NO_VALUE);
  setAttribute(word, "data-state", live ? usage.state.toLowerCase() : "none");
  const lastedMs = time.mono - usage.sinceMono;
  const since = byId("state-since");
  if (!live) {
    setText(since, `last known: ${usage.state}, ${age(elapsedMs)} ago`);
    setAttribute(since, "title", time.utc === null ? "" : utcText(time.utc));
  } else if (time.utc === null) {
    setText(since, `for ${age(lastedMs + elapsedMs)}`);
    setAttribute(since, "title", "");
  } else {
    const sinceUtc = time.utc - lastedMs;
    setText(since, `since ${localMoment(sinceUtc, time.utc)} · ${age(lastedMs + elapsedMs)}`);
    setAttribute(since, "title", utcText(sinceUtc));
  }
  setText(byId("worked-words"), `worked in all${live ? "" : asOf(state, elapsedMs)}`);
  setText(byId("hours-sum"), `${sumWords(state)}${live ? "" : asOf(state, elapsedMs)}`);
  const count = state.alarms.filter((one) => one.state === "active" && !one.shelf).length;
  const verb = live ? ["is", "are"] : ["was", "were"];
  setText(
    byId("state-alarms"),
    count === 0
      ? `No alarm ${verb[0]} active`
      : count === 1
        ? `1 alarm ${verb[0]} active`
        : `${count} alarms ${verb[1]} active`,
  );
}

/**
 * Of when the hours are: counted time stays true, only it may have become more since.
 * @param {MeterState} state
 * @param {number} elapsedMs
 */
function asOf({ time }, elapsedMs) {
  const words = time.utc === null ? "" : ` ${localMoment(time.utc, time.utc + elapsedMs)},`;
  return `, as of${words} ${age(elapsedMs)} ago`;
}

/** @param {MeterState} state */
function sumWords({ usage: { registers } }) {
  const counts = `${grouped(registers.starts)} starts · ${grouped(registers.loads)} loads`;
  return `${hours(sumOf(registers))} h in all states · ${counts}`;
}

/**
 * There is nothing to say about the machine: no meter runs, or none has spoken yet.
 * @param {string} words
 */
export function showNoState(words) {
  const word = byId("state");
  setText(word, NO_VALUE);
  setAttribute(word, "data-state", "none");
  setText(byId("state-since"), words);
  setText(byId("state-alarms"), "");
}

/** @param {MeterState} state */
export function showHours(state) {
  const { registers } = state.usage;
  const total = sumOf(registers);
  byId("hours-bar").replaceChildren(stackedBar(registers));
  byId("hours-rows").replaceChildren(
    ...STATES.map(([key, name]) => {
      const milliseconds = registers[key];
      const share = total === 0 ? NO_VALUE : `${((milliseconds / total) * 100).toFixed(1)} %`;
      return element(
        "tr",
        name === state.usage.state ? { class: "current" } : {},
        element("th", { scope: "row" }, swatch(key), name),
        element(
          "td",
          { class: "right", title: `${grouped(milliseconds)} ms` },
          `${hours(milliseconds)} h`,
        ),
        element("td", { class: "right quiet" }, share),
      );
    }),
  );
  setText(byId("worked"), `${hours(registers.working)} h`);
  setAttribute(byId("worked"), "title", `${grouped(registers.working)} ms`);
  setAttribute(byId("hours-sum"), "title", `${grouped(total)} ms`);
}

/**
 * The hours of each day, as differences of the registers at the days' ends. The first row has none
 * before it: it is a day of its own only where the history cannot be older than that day.
 * @param {readonly UsageDay[]} rows
 * @param {MeterState | null} state
 * @returns {Day[]}
 */
export function daysOf(rows, state) {
  const today =
    state?.time.utc == null ? null : new Date(state.time.utc).toISOString().slice(0, 10);
  /** @type {Day[]} */
  const days = [];
  rows.forEach((row, index) => {
    const running = row.day === today;
    const end = running && state ? state.usage.registers : row.registers;
    const before = rows[index - 1]?.registers;
    if (!before && sumOf(end) > DAY_MS) return;
    const states = /** @type {States} */ (
      Object.fromEntries(STATES.map(([key]) => [key, Math.max(0, end[key] - (before?.[key] ?? 0))]))
    );
    days.push({ day: row.day, states, simulated: row.simulated, running });
  });
  return days.slice(-DAYS_SHOWN);
}

/**
 * @param {readonly UsageDay[]} rows
 * @param {MeterState | null} state
 */
export function showDays(rows, state) {
  const days = daysOf(rows, state);
  byId("days-chart").replaceChildren(daysChart(days, DAYS_SHOWN));
  const legend = STATES.filter(([key]) => days.some((day) => day.states[key] > 0)).map(
    ([key, name]) => element("span", {}, swatch(key), name),
  );
  if (days.some((day) => day.simulated)) {
    legend.push(element("span", {}, swatch("simulated"), "simulated"));
  }
  byId("days-legend").replaceChildren(...legend);
  byId("days-table").replaceChildren(
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        element("th", { scope: "col" }, "Day"),
        ...STATES.map(([, name]) => element("th", { scope: "col", class: "right" }, name)),
        element("th", { scope: "col" }, "Source"),
      ),
    ),
    element(
      "tbody",
      {},
      ...days
        .toReversed()
        .map(({ day, states, simulated, running }) =>
          element(
            "tr",
            {},
            element("th", { scope: "row" }, running ? `${day} (today)` : day),
            ...STATES.map(([key]) =>
              element(
                "td",
                { class: "right", title: `${grouped(states[key])} ms` },
                hours(states[key]),
              ),
            ),
            element("td", {}, simulated ? "simulated" : "metered"),
          ),
        ),
    ),
  );
}
