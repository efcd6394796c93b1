// What the pages about a statement are made of: markup that escapes whatever is put into it, hours
// and money as a person reads them, and the chart of the hours. Strings alone, so that a command
// and a page in a browser share them.

import { ACROSS_REGISTERS, type RegisterName } from "../usage/usage-state.ts";
import { isoText, type ZoneOffset } from "./local-time.ts";
import type { Hours } from "./statement.ts";

/** Text that is markup already, because `html` made it. */
export class Markup {
  /** Private, so that no other object with a text can be taken for markup. */
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

export type Part = Markup | string | number | null | undefined | false | readonly Part[];

/**
 * Makes markup. Whatever is put in is escaped, unless `html` made it; what is nothing is left out.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0]!;
  parts.forEach((part, index) => {
    text += textOf(part) + strings[index + 1]!;
  });
  return new Markup(text);
}

function textOf(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Markup) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escapeText(String(part));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters, which no name needs, and what turns the direction of the text beside it. */
const UNSHOWN = /(?![\n\t])\p{Cc}|[\u202A-\u202E\u2066-\u2069]/gu;

/** For text and for quoted attributes. */
function escapeText(text: string): string {
  return text.replace(UNSHOWN, "\uFFFD").replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

/** Thin spaces group digits: a comma means different things to different readers. */
const GROUP = "\u202f";
const MINUS = "\u2212";

/** `1 234 567`. */
export function groupedText(whole: number | bigint): string {
  const digits = String(whole < 0 ? -whole : whole).replace(/\B(?=(\d{3})+$)/g, GROUP);
  return whole < 0 ? `${MINUS}${digits}` : digits;
}

const MS_PER_CENTIHOUR = 36_000;

/**
 * Hours with two decimals, rounded down (towards zero): never more is shown than was counted. The
 * exact milliseconds stand beside them, see `exactText`.
 */
export function hoursText(milliseconds: number): string {
  const hundredths = Math.floor(Math.abs(milliseconds) / MS_PER_CENTIHOUR);
  const sign = milliseconds < 0 && hundredths > 0 ? MINUS : "";
  return `${sign}${groupedText(Math.floor(hundredths / 100))}.${padded(hundredths % 100, 2)}`;
}

/**
 * A bound in words: seconds, minutes or hours with one decimal, rounded up, because a bound that is
 * shown smaller than it is would be a promise that nobody made.
 */
export function boundText(milliseconds: number): string {
  const [size, unit] = BOUND_UNITS.find(([, , belowMs]) => milliseconds < belowMs)!;
  const tenths = Math.ceil((milliseconds / size) * 10);
  const fraction = tenths % 10 === 0 ? "" : `.${tenths % 10}`;
  return `${groupedText(Math.floor(tenths / 10))}${fraction} ${unit}`;
}

/** From two of a unit on, the smaller one is not read any more. */
const BOUND_UNITS: readonly (readonly [sizeMs: number, unit: string, belowMs: number])[] = [
  [1_000, "s", 120_000],
  [60_000, "min", 7_200_000],
  [3_600_000, "h", Number.POSITIVE_INFINITY],
];

/** `28 512 345 ms`. */
export function exactText(milliseconds: number): string {
  return `${groupedText(milliseconds)} ms`;
}

/** Integer minor units as decimal text: 123456 with 2 decimals is `1 234.56`. */
export function moneyText(minor: number, decimals: number): string {
  const scale = 10n ** BigInt(decimals);
  const size = BigInt(Math.abs(minor));
  const whole = groupedText(size / scale);
  const fraction = decimals === 0 ? "" : `.${padded(size % scale, decimals)}`;
  return `${minor < 0 ? MINUS : ""}${whole}${fraction}`;
}

function padded(value: number | bigint, width: number): string {
  return String(value).padStart(width, "0");
}

/** In the order in which they are stacked and listed. */
export const STATE_COLUMNS = [
  ["working", "WORKING"],
  ["idle", "IDLE"],
  ["standby", "STANDBY"],
  ["off", "OFF"],
  ["fault", "FAULT"],
  ["unknown", "UNKNOWN"],
] as const;

/** Registers in the order of a table: the states as they are stacked, then what lies across. */
export const HOUR_COLUMNS: readonly (readonly [register: RegisterName, name: string])[] = [
  ...STATE_COLUMNS,
  ...ACROSS_REGISTERS.map((register) => [register, register] as const),
];

export interface ChartDay {
  /** `2026-11-23`. */
  readonly day: string;
  readonly hours: Hours;
}

const HOUR_MS = 3_600_000;
/** The days of a year and a bit; a bar of a longer period would be thinner than a line. */
export const CHART_DAYS_MAX = 400;
/** In the units of the drawing, which is scaled to the width of the page. */
const CHART = { width: 960, height: 220, left: 46, right: 4, top: 12, bottom: 26 } as const;
const BAR_WIDTH_MAX = 36;
const LABELS_MAX = 12;

/**
 * Hours per day, stacked by state, as one SVG element; its first days are left out where there are
 * more than `CHART_DAYS_MAX`. Its colours are classes, `fill-working` and so on.
 */
export function hoursChart(allDays: readonly ChartDay[]): Markup {
  const days = allDays.slice(-CHART_DAYS_MAX);
  const plotWidth = CHART.width - CHART.left - CHART.right;
  const plotHeight = CHART.height - CHART.top - CHART.bottom;
  const longestMs = Math.max(0, ...days.map(({ hours }) => stackedMs(hours)));
  // A day of 25 hours exists where clocks are set back.
  const topHours = longestMs <= 24 * HOUR_MS ? 24 : 6 * Math.ceil(longestMs / (6 * HOUR_MS));
  const y = (milliseconds: number) =>
    CHART.top + plotHeight * (1 - milliseconds / (topHours * HOUR_MS));
  const step = plotWidth / Math.max(1, days.length);
  const barWidth = Math.min(BAR_WIDTH_MAX, step * (step > 6 ? 0.8 : 1));
  const labelEvery = Math.max(1, Math.ceil(days.length / LABELS_MAX));
  const lines = Array.from({ length: Math.floor(topHours / 6) + 1 }, (_, index) => index * 6);
  return html`<svg class="hours-chart" viewBox="0 0 ${CHART.width} ${CHART.height}" role="img"
 aria-label="${chartLabel(days)}">
${lines.map((hour) => {
  const at = rounded(y(hour * HOUR_MS));
  const words = hour === topHours ? `${hour} h` : hour;
  return html`<line class="grid" x1="${CHART.left}" x2="${CHART.width - CHART.right}" y1="${at}"
 y2="${at}"/><text class="axis end" x="${CHART.left - 5}" y="${at + 4}">${words}</text>`;
})}
${days.map((day, index) => {
  const x = CHART.left + index * step + (step - barWidth) / 2;
  const label = index % labelEvery === 0 ? day.day.slice(5) : null;
  return html`<g><title>${dayWords(day)}</title>${barOf(day.hours, x, barWidth, y)}${
    label === null
      ? null
      : html`<text class="axis middle" x="${rounded(x + barWidth / 2)}"
 y="${CHART.height - 7}">${label}</text>`
  }</g>`;
})}
</svg>`;
}

function barOf(
  hours: Hours,
  x: number,
  width: number,
  y: (milliseconds: number) => number,
): readonly Markup[] {
  let below = 0;
  return STATE_COLUMNS.flatMap(([register]) => {
    const milliseconds = hours[register] ?? 0;
    if (milliseconds <= 0) return [];
    const bottom = y(below);
    below += milliseconds;
    const top = y(below);
    return [
      html`<rect class="fill-${register}" x="${rounded(x)}" y="${rounded(top)}"
 width="${rounded(width)}" height="${rounded(bottom - top)}"/>`,
    ];
  });
}

/** Milliseconds of the six states. */
function stackedMs(hours: Hours): number {
  return STATE_COLUMNS.reduce((sum, [register]) => sum + (hours[register] ?? 0), 0);
}

function dayWords({ day, hours }: ChartDay): string {
  const parts = STATE_COLUMNS.filter(([register]) => (hours[register] ?? 0) > 0).map(
    ([register, name]) => `${name} ${hoursText(hours[register]!)} h`,
  );
  return `${day}: ${parts.join(", ") || "nothing counted"}`;
}

function chartLabel(days: readonly ChartDay[]): string {
  const [first, last] = [days[0]?.day, days.at(-1)?.day];
  if (first === undefined) return "Hours per day: there is no day";
  return `Hours per day by state, ${first} to ${last}; the table below says the same`;
}

/** The states that occur, with their colours. */
export function chartLegend(days: readonly ChartDay[]): Markup {
  const present = STATE_COLUMNS.filter(([register]) =>
    days.some(({ hours }) => (hours[register] ?? 0) > 0),
  );
  return html`<p class="legend">${present.map(
    ([register, name]) => html`<span><i class="swatch fill-${register}"></i>${name}</span> `,
  )}</p>`;
}

/** A tenth of a unit is finer than any screen draws. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A table cell with hours, the exact milliseconds behind it. Nothing counted is a dash. */
export function hoursCell(milliseconds: number | undefined): Markup {
  if (milliseconds === undefined || milliseconds === 0) return html`<td class="right quiet">–</td>`;
  return html`<td class="right" title="${exactText(milliseconds)}">${hoursText(milliseconds)}</td>`;
}

/** `2026-11-23 08:00 UTC+01:00`: local time with its distance, so that it is one instant. */
export function momentText(utc: number, offsets: readonly ZoneOffset[]): string {
  const parts = /^(.+)T(\d\d:\d\d).*([-+])(\d\d:\d\d)$/.exec(isoText(utc, offsets));
  if (parts === null) return `${utc} ms since 1970`;
  const [, day, time, sign, distance] = parts;
  return `${day} ${time} UTC${sign === "-" ? MINUS : "+"}${distance}`;
}

/** As `moneyText`, for programs: no groups, and a sign that is a hyphen. */
export function decimalText(minor: number, decimals: number): string {
  return moneyText(minor, decimals).replaceAll(GROUP, "").replace(MINUS, "-");
}
