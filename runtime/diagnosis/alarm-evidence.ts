// What an alarm's record may hold of its evidence. A record has a limit, because it goes through
// frames and onto worn cards; what weighs most stays.

import type { AlarmBody } from "../journal/record.ts";
import type { AlarmEvidence } from "./alarm-state.ts";
import type { Evidence, FeatureEvidence, LineEvidence } from "./finding.ts";

/** A person reads some; each is about 200 bytes of a record. */
const LINES_MAX = 12;
const FEATURES_MAX = 12;
/** Names of lines, spectra, features and states; longer ones are cut. */
const NAME_LENGTH_MAX = 60;
/** Of the JSON of a body, in bytes. */
export const ALARM_BYTES_MAX = 16 * 1024;

/**
 * Of all alarms in one answer that are shown with what they stand on. A thousand more without it
 * stay below a frame of the stream (1 MiB); all of it is in the records.
 */
const ANSWER_BYTES_MAX = 256 * 1024;

const utf8 = new TextEncoder();

export function alarmEvidence(evidence: Evidence): AlarmEvidence {
  const { operatingState, lines, features, ...rest } = evidence;
  const keptLines = lines.toSorted((one, other) => excess(other) - excess(one)).slice(0, LINES_MAX);
  const keptFeatures = features.slice(0, FEATURES_MAX);
  return {
    ...rest,
    operatingState: cut(operatingState),
    lines: keptLines.map(shortLine),
    features: keptFeatures.map(shortFeature),
    omitted: lines.length - keptLines.length + features.length - keptFeatures.length,
  };
}

/** By how much a line exceeds what it had to reach, in dB. */
export function excess({ db, thresholdDb }: LineEvidence): number {
  return db - thresholdDb;
}

/** The body as a record can hold it: advice goes first, then features, then lines. */
export function fitted(body: AlarmBody, bytesMax = ALARM_BYTES_MAX): AlarmBody {
  if (bytesOf(body) <= bytesMax) return body;
  const { advice: _, ...rest } = body;
  if (rest.evidence === undefined || bytesOf(rest) <= bytesMax) return rest;
  const { lines, features, omitted } = rest.evidence;
  const without = { ...rest.evidence, features: [], omitted: omitted + features.length };
  const bare = { ...rest, evidence: without };
  if (bytesOf(bare) <= bytesMax) return bare;
  const none = { ...without, lines: [], omitted: without.omitted + lines.length };
  return { ...bare, evidence: none };
}

/** The gravest first keep evidence and advice, while there is room; the order stays. */
export function answered<Alarm extends AlarmBody>(alarms: readonly Alarm[]): readonly Alarm[] {
  let left = ANSWER_BYTES_MAX;
  const whole = new Set<Alarm>();
  for (const alarm of alarms.toSorted((one, other) => other.severity - one.severity)) {
    left -= bytesOf(alarm);
    if (left < 0) break;
    whole.add(alarm);
  }
  return alarms.map((alarm) => {
    if (whole.has(alarm)) return alarm;
    const { evidence: _, advice: __, ...rest } = alarm;
    return rest as Alarm;
  });
}

function bytesOf(body: AlarmBody): number {
  return utf8.encode(JSON.stringify(body)).length;
}

function shortLine(line: LineEvidence): LineEvidence {
  const { expectedHz, foundHz, db, thresholdDb } = line;
  return {
    line: cut(line.line),
    spectrum: cut(line.spectrum),
    expectedHz: rounded(expectedHz),
    foundHz: rounded(foundHz),
    db: rounded(db),
    thresholdDb: rounded(thresholdDb),
  };
}

function shortFeature(evidence: FeatureEvidence): FeatureEvidence {
  const { feature, value, unit, limit, usual, spreads } = evidence;
  return {
    feature: cut(feature),
    value: rounded(value),
    unit: cut(unit),
    limit: limit === null ? null : rounded(limit),
    usual: usual === null ? null : rounded(usual),
    ...(spreads !== undefined && { spreads: rounded(spreads) }),
  };
}

function cut(text: string): string {
  return text.slice(0, NAME_LENGTH_MAX);
}

/** Six figures are more than any sensor knows. */
function rounded(value: number): number {
  return Number(value.toPrecision(6));
}
