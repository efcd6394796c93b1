// The three drawings of the page: a stacked bar of states, the hours of each day, and the trend of
// a signal. Plain SVG, scaled by its view box; colours come from the style sheet by class.

import { drawing, element } from "./dom.js";
import { hours, number } from "./format.js";

/** @import { Registers } from "../../../runtime/usage/usage-state.ts" */

/** In the order in which they are stacked and listed: what is paid for first. */
export const STATES = /** @type {const} */ ([
  ["working", "WORKING"],
  ["idle", "IDLE"],
  ["standby", "STANDBY"],
  ["off", "OFF"],
  ["fault", "FAULT"],
  ["unknown", "UNKNOWN"],
]);

/**
 * @typedef {Pick<Registers, "off" | "standby" | "idle" | "working" | "fault" | "unknown">} States
 */

/** @param {States} states */
export function sumOf(states) {
  return STATES.reduce((sum, [key]) => sum + states[key], 0);
}

/**
 * One bar whose parts are the shares of the states.
 * @param {States} states
 */
export function stackedBar(states) {
  const total = sumOf(states);
  const width = 1_000;
  const chart = drawing("svg", {
    class: "bar",
    viewBox: `0 0 ${width} 20`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  let left = 0;
  for (const [key, name] of STATES) {
    const share = total === 0 ? 0 : (states[key] / total) * width;
    if (share === 0) continue;
    const part = drawing("rect", { class: `fill-${key}`, x: left, y: 0, width: share, height: 20 });
    part.append(drawing("title", {}, `${name} ${hours(states[key])} h`));
    chart.append(part);
    left += share;
  }
  return chart;
}

/**
 * @typedef {object} Day
 * @property {string} day
 * @property {States} states
 * @property {boolean} simulated
 * @property {boolean} running The day is not over.
 */

const DAY_MS = 86_400_000;
const BAR_GAP = 2.5;
const CHART = { width: 500, height: 150, left: 32, right: 2, top: 8, bottom: 20 };

/**
 * A bar for each day; the axis is always a whole day, so that an empty part reads as time that
 * nobody observed.
 * @param {readonly Day[]} days
 * @param {number} slots
 */
export function daysChart(days, slots) {
  const { width, height, left, right, top, bottom } = CHART;
  const chart = drawing("svg", {
    class: "days-chart",
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": daysSummary(days),
  });
  const stripes = drawing("pattern", {
    id: "stripes",
    width: 5,
    height: 5,
    patternUnits: "userSpaceOnUse",
    patternTransform: "rotate(45)",
  });
  stripes.append(drawing("rect", { class: "stripe", width: 1.5, height: 5 }));
  chart.append(drawing("defs", {}, stripes));

  const plotHeight = height - top - bottom;
  for (const hour of [0, 6, 12, 18, 24]) {
    const y = height - bottom - (hour / 24) * plotHeight;
    chart.append(drawing("line", { class: "grid", x1: left, x2: width - right, y1: y, y2: y }));
    if (hour % 12 !== 0) continue;
    chart.append(drawing("text", { class: "axis right", x: left - 5, y: y + 3.5 }, `${hour} h`));
  }

  const pitch = (width - left - right) / slots;
  const barWidth = pitch - BAR_GAP;
  days.forEach((day, index) => {
    // The last day stands at the right edge, however short the history is.
    const x = width - right - (days.length - index) * pitch + BAR_GAP / 2;
    chart.append(dayBar(day, x, barWidth, height - bottom, plotHeight));
    if ((days.length - 1 - index) % 5 !== 0) return;
    const label = day.running ? "today" : day.day.slice(5);
    const anchor = day.running ? "axis right" : "axis middle";
    const labelX = day.running ? x + barWidth : x + barWidth / 2;
    chart.append(drawing("text", { class: anchor, x: labelX, y: height - 5 }, label));
  });
  return chart;
}

/**
 * @param {Day} day
 * @param {number} x
 * @param {number} width
 * @param {number} floor
 * @param {number} plotHeight
 */
function dayBar(day, x, width, floor, plotHeight) {
  const group = drawing("g");
  const total = sumOf(day.states);
  // More than a day between two rows: the controller was not asked at midnight. It still fits.
  const scale = plotHeight / Math.max(DAY_MS, total);
  let y = floor;
  for (const [key] of STATES) {
    const height = day.states[key] * scale;
    if (height === 0) continue;
    y -= height;
    group.append(drawing("rect", { class: `fill-${key}`, x, y, width, height }));
  }
  if (day.simulated) {
    group.append(drawing("rect", { fill: "url(#stripes)", x, y, width, height: floor - y }));
  }
  const words = STATES.filter(([key]) => day.states[key] > 0).map(
    ([key, name]) => `${name} ${hours(day.states[key])} h`,
  );
  const marks = `${day.simulated ? ", simulated" : ""}${day.running ? ", not over yet" : ""}`;
  group.append(drawing("title", {}, `${day.day}${marks}\n${words.join("\n")}`));
  return group;
}

/** @param {readonly Day[]} days */
function daysSummary(days) {
  const working = days.reduce((sum, day) => sum + day.states.working, 0);
  const simulated = days.filter((day) => day.simulated).length;
  const note = simulated === 0 ? "" : ` ${simulated} of them are simulated.`;
  const span = `Hours per day of the last ${days.length} days`;
  return `${span}, ${hours(working)} h working in all.${note}`;
}

/**
 * @typedef {object} TrendPoint
 * @property {number} at Page time in milliseconds.
 * @property {number | null} value Null where the value was not good.
 */

const TREND = { width: 160, height: 24, margin: 2 };

/**
 * The line of the last minutes. It breaks where no good value was known, and says from where to
 * where it goes, because its height is the span of what it shows.
 * @param {readonly TrendPoint[]} points
 * @param {number} now
 * @param {number} spanMs
 */
export function trendPath(points, now, spanMs) {
  const { width, height, margin } = TREND;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { value } of points) {
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return { path: "", low: null, high: null };
  const scale = high === low ? 0 : (height - 2 * margin) / (high - low);
  const middle = height / 2;
  let path = "";
  let drawn = false;
  for (const { at, value } of points) {
    if (value === null) {
      drawn = false;
      continue;
    }
    const x = Math.max(0, width - ((now - at) / spanMs) * width);
    const y = scale === 0 ? middle : height - margin - (value - low) * scale;
    path += `${drawn ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    drawn = true;
  }
  return { path, low, high };
}

export function trendDrawing() {
  const { width, height } = TREND;
  const line = drawing("path", { class: "trend-line" });
  const chart = drawing(
    "svg",
    {
      class: "trend-chart",
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    line,
  );
  return { chart, line };
}

/**
 * @param {number | null} low
 * @param {number | null} high
 * @param {number} decimals
 */
export function trendSpan(low, high, decimals) {
  if (low === null || high === null) return "";
  const lowest = number(low, decimals);
  const highest = number(high, decimals);
  return lowest === highest ? lowest : `${lowest} … ${highest}`;
}

/**
 * A square of a state's colour for a legend.
 * @param {string} key
 */
export function swatch(key) {
  return element("span", { class: `swatch swatch-${key}`, "aria-hidden": "true" });
}
