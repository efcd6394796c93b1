// An alarm as lines of a terminal: in short for `telltale status`, with what it stands on for
// `telltale alarms`.

import type { MeterState } from "../../protocols/stream/frames.ts";
import { type AlarmStanding, shelfRestMs } from "../../runtime/diagnosis/alarm-state.ts";
import { figure } from "../../runtime/diagnosis/figure.ts";
import type { FeatureEvidence, LineEvidence } from "../../runtime/diagnosis/finding.ts";
import type { Advice } from "../../runtime/diagnosis/knowledge.ts";
import type { Instant } from "../../runtime/signal/instant.ts";
import { age } from "./age.ts";

type Alarm = MeterState["alarms"][number];

/** Lines of a spectrum and features that a terminal shows; `--json` has all of the record. */
const EVIDENCE_SHOWN_MAX = 6;

/** `ALARM hot (high 700, failure), unacknowledged: Hot.` */
export function alarmSummary(alarm: Alarm, now: Instant): readonly string[] {
  const { id, text, shelf } = alarm;
  const word = shelf === undefined ? "ALARM" : "shelved";
  const rest = shelf === undefined ? "" : `, for another ${age(shelfRestMs(shelf, now))}`;
  return [`${word} ${id} (${weightOf(alarm)}), ${standingOf(alarm)}${rest}: ${text}`];
}

/** Everything that a person has to know of one alarm. */
export function alarmLines(alarm: Alarm, now: Instant): readonly string[] {
  const { id, source, text, since, registers, acknowledged, shelf, finding, evidence } = alarm;
  const hours = (Math.floor(registers.working / 360_000) / 10).toFixed(1);
  return [
    `${id}  ${standingOf(alarm)}${shelf === undefined ? "" : ", shelved"}`,
    `  ${text}`,
    `  ${weightOf(alarm)}, of ${source}`,
    `  since ${moment(since, now)}, at ${hours} working hours`,
    ...(finding === undefined ? [] : [`  first found ${moment(finding.firstAt, now)}`]),
    ...(acknowledged === undefined
      ? []
      : [
          `  acknowledged by ${acknowledged.by} ${moment(acknowledged.at, now)}` +
            `${acknowledged.comment === "" ? "" : `: ${acknowledged.comment}`}`,
        ]),
    ...(shelf === undefined
      ? []
      : [`  shelved by ${shelf.by} for another ${age(shelfRestMs(shelf, now))}: ${shelf.because}`]),
    ...(evidence?.lines ?? []).slice(0, EVIDENCE_SHOWN_MAX).map(lineWords),
    ...(evidence?.features ?? []).slice(0, EVIDENCE_SHOWN_MAX).map(featureWords),
    ...(evidence?.window?.sha256 ? [`  waveform ${evidence.window.sha256}`] : []),
    ...adviceLines(alarm.advice),
  ];
}

function weightOf({ priority, severity, ne107 }: Alarm): string {
  return `${priority === undefined ? "" : `${priority} `}${severity}, ${ne107}`;
}

const STANDING_WORDS: Readonly<Record<AlarmStanding, string>> = {
  "unacknowledged-active": "unacknowledged",
  "acknowledged-active": "acknowledged",
  "returned-unacknowledged": "over, unacknowledged",
  normal: "normal",
};

function standingOf({ standing, state }: Alarm): string {
  return standing === undefined ? state : STANDING_WORDS[standing];
}

function moment({ boot, mono, utc }: Instant, now: Instant): string {
  const ago = boot === now.boot ? `${age(Math.max(0, now.mono - mono))} ago` : "before a restart";
  return utc === null ? ago : `${new Date(utc).toISOString().slice(0, 19)}Z (${ago})`;
}

function lineWords({ line, spectrum, foundHz, db, thresholdDb }: LineEvidence): string {
  const over = (db - thresholdDb).toFixed(1);
  return (
    `    ${line.padEnd(12)}${figure(foundHz).padStart(8)} Hz  ${db.toFixed(1).padStart(5)} dB, ` +
    `${over} dB more than needed (${spectrum})`
  );
}

function featureWords(evidence: FeatureEvidence): string {
  const { feature, value, unit, limit, usual, spreads } = evidence;
  const shown = unit === "1" ? "" : ` ${unit}`;
  const beside = [
    ...(limit === null ? [] : [`limit ${figure(limit)}`]),
    ...(usual === null ? [] : [`usually ${figure(usual)}`]),
    ...(spreads === undefined ? [] : [`${spreads.toFixed(1)} spreads away`]),
  ];
  const words = beside.length === 0 ? "" : `  (${beside.join(", ")})`;
  return `    ${feature.padEnd(24)}${figure(value).padStart(10)}${shown}${words}`;
}

function adviceLines(advice: Advice | undefined): readonly string[] {
  if (advice === undefined) return [];
  const list = (title: string, texts: readonly string[]) =>
    texts.length === 0 ? [] : [`  ${title.padEnd(8)} ${texts.join("; ")}`];
  return [
    ...list("cause", advice.cause),
    ...list("look at", advice.lookAt),
    ...list("do", advice.do),
    ...list("part", advice.part === null ? [] : [advice.part]),
  ];
}
