// The report of `telltale diagnose` for people: the verdict first, then why, what to do, and the
// figures. At most 80 columns.

import { FAULT_OF_BEARING } from "../../../runtime/diagnosis/findings-of.ts";
import { symbolOf } from "../../../runtime/signal/units.ts";
import { asciiSpectrum, LETTERS } from "./ascii-spectrum.ts";
import type { BearingLine, Candidate } from "./lines.ts";
import type { DiagnoseResult } from "./result.ts";
import type { Spectrum } from "./spectra.ts";
import { figure, isSideband, REPORT_COLUMNS, VERDICT_WORDS, wrap } from "./words.ts";

export interface Picture {
  readonly spectrum: Spectrum;
  /** `envelope`, or `envelope-prewhitened`. */
  readonly name: string;
  readonly toHz: number;
  readonly lines: readonly BearingLine[];
}

export function reportLines(result: DiagnoseResult, picture: Picture): readonly string[] {
  return [
    ...verdictLines(result),
    "",
    ...recordingLines(result),
    ...problemLines(result),
    ...candidateLines(result),
    ...severityLines(result),
    ...findingLines(result),
    ...featureLines(result),
    ...pictureLines(picture),
  ];
}

function verdictLines(result: DiagnoseResult): readonly string[] {
  const { verdict, confidence, reason, advice } = result;
  const sure = verdict === "cannot-tell" ? "" : ` (confidence ${Math.floor(confidence * 100)} %)`;
  return [
    `${VERDICT_WORDS[verdict]}${sure}`,
    ...wrap(`Why: ${sentence(reason)}`, "  "),
    ...wrap(
      `What to do: ${advice === null ? actWithoutFault(result) : sentences(advice.do)}`,
      "  ",
    ),
    ...(advice === null ? [] : wrap(`Look at: ${sentences(advice.lookAt)}`, "  ")),
  ];
}

/** Where no bearing is at fault there is no fault to look up. */
function actWithoutFault({ verdict, validity }: DiagnoseResult): string {
  if (verdict === "none") {
    return "Nothing needs to be done because of this recording. Measure again as planned.";
  }
  const act = "Do not conclude that the bearing is good. See to the reason above, measure again.";
  return validity.usable ? act : `${act} It says nothing about the machine.`;
}

function recordingLines(result: DiagnoseResult): readonly string[] {
  const { file, format, rate, samples, seconds, rpm, bearing, notes } = result;
  const length = `${samples} samples at ${figure(rate, 6)} Hz, ${figure(seconds)} s`;
  const speed = rpm === null ? "speed not given" : `${figure(rpm, 5)} rpm`;
  const shown = file.length > 40 ? `…${file.slice(-39)}` : file;
  return [
    ...wrap(`${shown} (${format}): ${length}, ${speed}`),
    ...(bearing === null ? [] : [clipped(`Bearing ${bearing.designation}: ${bearing.source}`)]),
    ...notes.flatMap((note) => wrap(`Note: ${sentence(note)}`)),
  ];
}

function problemLines({ validity }: DiagnoseResult): readonly string[] {
  if (validity.problems.length === 0) return [];
  // The same may forbid two things, which a program wants to know and a reader once.
  const said = new Set(
    validity.problems.map(({ kind, message, share }) => {
      const percent = Math.round(share * 100);
      const some = `${percent < 1 ? "below 1" : percent} % of the windows: `;
      return `${kind}: ${share > 0.995 ? "" : some}${sentence(message)}`;
    }),
  );
  return ["", "What limits the answer", ...[...said].flatMap((line) => wrap(line, "  "))];
}

const CANDIDATE_WORDS: Readonly<Record<Candidate, string>> = {
  outer: "outer race",
  inner: "inner race",
  ball: "ball",
  cage: "cage",
};

function candidateLines({ evidence, verdict }: DiagnoseResult): readonly string[] {
  if (evidence.length === 0) return [];
  const rows = evidence.map(({ candidate, scoreDb, thresholdDb, fundamentalHz, lines }) => {
    const name = `${candidate === verdict ? "*" : " "} ${CANDIDATE_WORDS[candidate]}`.padEnd(14);
    const score = `${scoreDb.toFixed(1)} dB`.padStart(9);
    const needs = `${thresholdDb.toFixed(1)} dB`.padStart(9);
    const hz = `${figure(fundamentalHz, 5)} Hz`.padStart(11);
    return `${name}${score}${needs}${hz}   ${levelsOf(lines)}`;
  });
  const header = "  candidate        found    needs     line at   1× 2× 3×: whitened, raw, band";
  return ["", header, ...rows];
}

/** As many as the header of the column names. */
const HARMONICS_SHOWN = 3;
const SPECTRA = ["envelope-prewhitened", "envelope", "envelope-band"] as const;

/** The harmonics in dB above their background; the sidebands stand in the JSON. */
function levelsOf(lines: DiagnoseResult["evidence"][number]["lines"]): string {
  const ofSpectra = SPECTRA.map((spectrum) =>
    lines
      .filter((line) => line.spectrum === spectrum && !isSideband(line.line))
      .slice(0, HARMONICS_SHOWN)
      .map(({ db }) => String(Math.round(db)).padStart(2))
      .join(" "),
  );
  return ofSpectra.filter((levels) => levels !== "").join(", ");
}

function severityLines({ severity }: DiagnoseResult): readonly string[] {
  if (severity === null) return [];
  const { zone, value, limits } = severity;
  const unit = symbolOf(severity.unit);
  const [ab, bc, cd] = limits.boundaries.map((boundary) => figure(boundary));
  const figures = `A/B ${ab}, B/C ${bc}, C/D ${cd} ${unit}`;
  const doubt = limits.verified ? "" : "; limits recalled, not verified";
  const says =
    zone === null || value === null
      ? "no zone: it could not be measured"
      : `zone ${zone}, ${figure(value)} ${unit}`;
  return ["", ...wrap(`ISO 20816 severity: ${says} (${limits.name}: ${figures}${doubt})`)];
}

/** What the verdict leads on to stands above already. */
function findingLines({ findings, verdict }: DiagnoseResult): readonly string[] {
  if (findings.length === 0) return [];
  const rows = findings.flatMap(({ fault, part, confidence, advice }) => {
    // One bearing and one gear were asked about: their part names nothing that a reader gave.
    const name = part === null ? fault : `${fault} (${part})`;
    const act = fault === FAULT_OF_BEARING[verdict] ? [] : (advice?.do ?? []).slice(0, 1);
    return [
      `  ${name.padEnd(40)} confidence ${Math.floor(confidence * 100)} %`,
      ...act.flatMap((words) => wrap(sentence(words), "    ")),
    ];
  });
  return ["", "Findings", ...rows];
}

function featureLines({ features }: DiagnoseResult): readonly string[] {
  const rows = Object.values(features)
    .filter(({ value }) => value !== null)
    .map(({ words, value, least, most, unit }) => {
      const range = `${figure(least!)} to ${figure(most!)}`;
      const short = words.replace(" in the envelope spectrum", ", envelope");
      const name = short.length > 40 ? `${short.slice(0, 39)}…` : short;
      const mean = `${figure(value!).padStart(9)} ${symbolOf(unit).padEnd(6)}`;
      return `  ${name.padEnd(40)} ${mean} ${range}`;
    });
  return rows.length === 0 ? [] : ["", "Features: mean, least to most of the windows", ...rows];
}

function pictureLines({ spectrum, name, toHz, lines }: Picture): readonly string[] {
  const words = name === "envelope" ? "squared envelope" : "squared envelope, pre-whitened";
  const legend = (Object.keys(LETTERS) as Candidate[])
    .map((candidate) => `${LETTERS[candidate]} ${CANDIDATE_WORDS[candidate]}`)
    .join(", ");
  const drawn = asciiSpectrum(spectrum, toHz, lines);
  return [
    "",
    `Spectrum of the ${words}, dB above its median`,
    ...drawn,
    ...(lines.length === 0 || drawn.length === 1
      ? []
      : [`      lines expected without slip: ${legend}`]),
  ];
}

function sentences(texts: readonly string[]): string {
  return texts.map(sentence).join(" ");
}

function clipped(text: string): string {
  return text.length > REPORT_COLUMNS ? `${text.slice(0, REPORT_COLUMNS - 1)}…` : text;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
