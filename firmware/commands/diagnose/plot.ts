// The picture that `--plot` writes: the spectrum of the samples, and below it that of the envelope
// with the lines at which the bearing's faults would show. Readable on light and dark ground.

import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { symbolOf } from "../../../runtime/signal/units.ts";
import type { Candidate } from "./lines.ts";
import { PLOT_STYLE } from "./plot-style.ts";
import type { DiagnoseResult } from "./result.ts";
import { maximaOf, medianOf, type Spectrum } from "./spectra.ts";
import type { Picture } from "./text.ts";
import { figure, isSideband, VERDICT_WORDS, wrap } from "./words.ts";

const WIDTH = 1_000;
const HEIGHT = 760;
const LEFT = 88;
const RIGHT = 976;
/** One point for each so many pixels: more would not show. */
const POINTS = RIGHT - LEFT;
const SIGNAL_PANEL = { top: 118, bottom: 328 } as const;
const ENVELOPE_PANEL = { top: 486, bottom: 712 } as const;
/** Between the panels: one row for each kind of fault. */
const FIRST_ROW = 408;
const ROW_HEIGHT = 18;
const TICKS = 8;
/** What lies further below the highest line is noise of no interest. */
const DECADES = 5;
const SENTENCE_COLUMNS = 118;
/** What stands less high above its background is not worth a mark. */
const FOUND_DB_MIN = 3;
const SENTENCE_LINES_MAX = 2;

const ROWS: readonly (readonly [Candidate, string])[] = [
  ["outer", "outer BPFO"],
  ["inner", "inner BPFI"],
  ["ball", "ball BSF"],
  ["cage", "cage FTF"],
];

interface Axis {
  (value: number): number;
  ticks(count: number): number[];
  tickFormat(count: number, specifier?: string): (value: number) => string;
}

interface Panel {
  readonly top: number;
  readonly bottom: number;
}

export function plotSvg(result: DiagnoseResult, signal: Spectrum, picture: Picture): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ` +
      `width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title">`,
    `<style>${PLOT_STYLE}</style>`,
    `<rect class="ground" width="${WIDTH}" height="${HEIGHT}"/>`,
    ...heading(result),
    ...signalPanel(signal, result),
    ...envelopePanel(picture, result),
    "</svg>",
    "",
  ].join("\n");
}

function heading(result: DiagnoseResult): readonly string[] {
  const { verdict, confidence, reason, file, rpm, bearing, seconds } = result;
  const says = VERDICT_WORDS[verdict];
  const sure = verdict === "cannot-tell" ? "" : `, confidence ${Math.floor(confidence * 100)} %`;
  const about = [
    file.length > 60 ? `…${file.slice(-59)}` : file,
    `${figure(seconds)} s`,
    rpm === null ? "speed not given" : `${figure(rpm, 5)} rpm`,
    ...(bearing === null ? [] : [`bearing ${bearing.designation}`]),
  ].join(" · ");
  const why = wrap(reason, "", SENTENCE_COLUMNS).slice(0, SENTENCE_LINES_MAX);
  return [
    text(LEFT, 34, `${says}${sure}`, "title", 'id="title"'),
    ...why.map((words, index) => text(LEFT, 56 + 16 * index, words, "words")),
    text(LEFT, 56 + 16 * why.length, about, "quiet"),
  ];
}

function signalPanel(spectrum: Spectrum, { rate, unit }: DiagnoseResult): readonly string[] {
  const toHz = rate / 2;
  const levels = maximaOf(spectrum, toHz, POINTS);
  const panel = SIGNAL_PANEL;
  const name = `Spectrum, amplitude in ${symbolOf(unit)}`;
  const highest = Math.max(0, ...levels.filter(Number.isFinite));
  if (!(highest > 0)) return emptyPanel(panel, name);
  const x = scaleLinear([0, toHz], [LEFT, RIGHT]);
  const lowest = levels.filter((level) => level > 0).reduce((a, b) => Math.min(a, b), highest);
  const floor = Math.max(lowest, highest / 10 ** DECADES);
  const y = scaleLog([floor / 1.5, highest * 1.5], [panel.bottom, panel.top]);
  return [
    ...frame(panel, name, x, y, ".0e"),
    `<path class="curve" d="${curve(levels, (level) => y(Math.max(level, floor / 1.5)))}"/>`,
  ];
}

function envelopePanel(picture: Picture, result: DiagnoseResult): readonly string[] {
  const { spectrum, name, toHz } = picture;
  const maxima = maximaOf(spectrum, toHz, POINTS);
  const median = medianOf(maxima);
  const levels = maxima.map((level) => level / median);
  const whose = name === "envelope" ? "" : " of the pre-whitened samples";
  const words = `Spectrum of the squared envelope${whose}, in multiples of its median`;
  const panel = ENVELOPE_PANEL;
  const highest = Math.max(0, ...levels.filter(Number.isFinite));
  if (!(highest > 0)) return emptyPanel(panel, words);
  const x = scaleLinear([0, toHz], [LEFT, RIGHT]);
  const y = scaleLinear([0, highest * 1.12], [panel.bottom, panel.top]);
  return [
    ...frame(panel, words, x, y, undefined, FIRST_ROW - 26),
    ...lineMarks(picture, result, x),
    `<path class="curve" d="${curve(levels, y)}"/>`,
    ...foundMarks(picture, result, x, y, median),
  ];
}

/** A dashed line from each row of labels down through the panel. */
function lineMarks({ lines, toHz }: Picture, { verdict }: DiagnoseResult, x: Axis) {
  if (lines.length === 0) return [];
  const parts = ROWS.flatMap(([candidate, name], row) => {
    const at = FIRST_ROW + row * ROW_HEIGHT;
    const own = lines.filter((one) => one.candidate === candidate && one.hz <= toHz);
    const weight = candidate === verdict ? "strong" : "";
    return [
      text(LEFT - 8, at + 4, name, `label end ${candidate} ${weight}`),
      ...own.flatMap(({ hz, label, harmonic }) => [
        `<line class="mark ${candidate} ${weight}" x1="${px(x(hz))}" x2="${px(x(hz))}" ` +
          `y1="${at + 6}" y2="${ENVELOPE_PANEL.bottom}"><title>${escaped(label)} ` +
          `${figure(hz, 5)} Hz</title></line>`,
        text(x(hz), at + 3, `${harmonic}×`, `label middle ${candidate} ${weight}`),
      ]),
    ];
  });
  const note = "lines: where they are expected without slip; hover for the frequency";
  return [...parts, text(LEFT, ENVELOPE_PANEL.bottom + 36, note, "quiet")];
}

/** What was found of the verdict's own lines. */
function foundMarks(
  { toHz, spectrum, name }: Picture,
  { evidence, verdict }: DiagnoseResult,
  x: Axis,
  y: Axis,
  median: number,
): readonly string[] {
  const winner = evidence.find(({ candidate }) => candidate === verdict);
  return (winner?.lines ?? [])
    .filter((one) => one.spectrum === name && one.foundHz <= toHz && one.db > FOUND_DB_MIN)
    .filter((one) => !isSideband(one.line))
    .flatMap(({ foundHz, db, line: label }) => {
      const bin = Math.round(foundHz / spectrum.binHz);
      const around = [-2, -1, 0, 1, 2].map((step) => spectrum.amplitudes[bin + step] ?? median);
      const [at, height] = [x(foundHz), y(Math.max(...around.filter(Number.isFinite)) / median)];
      return [
        `<circle class="found" cx="${px(at)}" cy="${px(height)}" r="4"><title>${escaped(label)} ` +
          `found at ${figure(foundHz, 5)} Hz</title></circle>`,
        text(at + 8, height + 4, `${figure(db, 2)} dB`, "label"),
      ];
    });
}

function frame(panel: Panel, name: string, x: Axis, y: Axis, yFormat?: string, nameAt?: number) {
  const xFormat = x.tickFormat(TICKS);
  const yWords = y.tickFormat(TICKS / 2, yFormat);
  const yTicks = y.ticks(TICKS / 2).filter((value) => yWords(value) !== "");
  return [
    text(LEFT, nameAt ?? panel.top - 8, name, "name"),
    ...x
      .ticks(TICKS)
      .flatMap((value) => [
        `<line class="grid" x1="${px(x(value))}" x2="${px(x(value))}" y1="${panel.top}" ` +
          `y2="${panel.bottom}"/>`,
        text(x(value), panel.bottom + 17, xFormat(value), "tick middle"),
      ]),
    text(RIGHT, panel.bottom + 34, "Hz", "tick end"),
    ...yTicks.flatMap((value) => [
      `<line class="grid" x1="${LEFT}" x2="${RIGHT}" y1="${px(y(value))}" y2="${px(y(value))}"/>`,
      text(LEFT - 8, y(value) + 4, yWords(value), "tick end"),
    ]),
  ];
}

function emptyPanel({ top, bottom }: Panel, name: string): readonly string[] {
  const middle = (top + bottom) / 2;
  return [
    text(LEFT, top - 8, name, "name"),
    text((LEFT + RIGHT) / 2, middle, "there is none: no window was usable", "quiet middle"),
  ];
}

function curve(levels: readonly number[], height: (level: number) => number): string {
  const path = line<number>()
    .defined((level) => Number.isFinite(level))
    .x((_, index) => px(LEFT + index))
    .y((level) => px(height(level)));
  return path(levels as number[]) ?? "";
}

function text(x: number, y: number, words: string, classes: string, more = ""): string {
  return `<text ${more} class="${classes}" x="${px(x)}" y="${px(y)}">${escaped(words)}</text>`;
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};

/** XML knows no control characters, not even escaped. */
function escaped(words: string): string {
  return words.replace(/\p{Cc}/gu, "?").replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
