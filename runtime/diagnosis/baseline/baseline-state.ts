// What a baseline writes to disk, and whether something that was read from there fits: a state of
// other features, of another version, or one that a torn write left, is refused with a reason.

import type { Mono } from "../../signal/instant.ts";
import type { LearningState } from "./learning.ts";
import type { OperatingState } from "./operating-state.ts";
import {
  type BaselineSettings,
  MEDIAN_OBSERVATIONS,
  OPERATING_STATE_CHARACTERS_MAX,
  OPERATING_STATES_MAX,
} from "./settings.ts";
import type { WatchState } from "./watch.ts";

export const BASELINE_STATE_VERSION = 1;

export interface BaselineState {
  readonly version: typeof BASELINE_STATE_VERSION;
  /** `name/scale/direction` of each. */
  readonly features: readonly string[];
  readonly maintained: boolean;
  readonly raised: {
    readonly operatingState: string;
    readonly raisedAt: Mono | null;
    readonly since: Mono | null;
  } | null;
  /** The one that was not seen for longest first. */
  readonly operatingStates: readonly (readonly [string, OperatingState])[];
}

/** Of what was kept, so that a log stays readable. */
const FEATURES_SAID_CHARACTERS = 200;

type Refusal = { readonly refused: string };

export function checkState(
  state: unknown,
  features: readonly string[],
  settings: BaselineSettings,
): BaselineState | Refusal {
  if (!isRecord(state)) return { refused: "what was kept is no state of a baseline" };
  const { version } = state;
  if (version !== BASELINE_STATE_VERSION) {
    return { refused: `what was kept has version ${JSON.stringify(version)}, not 1` };
  }
  const kept = state["features"];
  // An object need not become text: one that cannot would end the thread at each start.
  const fits = Array.isArray(kept) && kept.length === features.length;
  if (!fits || !features.every((feature, index) => kept[index] === feature)) {
    const said = JSON.stringify(kept)?.slice(0, FEATURES_SAID_CHARACTERS);
    return { refused: `what was kept is about the features ${said}, not ${features}` };
  }
  const { operatingStates, raised, maintained } = state;
  const whole =
    typeof maintained === "boolean" &&
    (raised === null || isRaised(raised)) &&
    Array.isArray(operatingStates) &&
    operatingStates.length <= OPERATING_STATES_MAX &&
    operatingStates.every((entry) => isEntry(entry, features.length, settings));
  if (!whole) return { refused: "what was kept is not whole" };
  return state as unknown as BaselineState;
}

function isRaised(value: unknown): boolean {
  if (!isRecord(value)) return false;
  return isName(value["operatingState"]) && isTime(value["raisedAt"]) && isTime(value["since"]);
}

function isEntry(entry: unknown, size: number, settings: BaselineSettings): boolean {
  if (!Array.isArray(entry) || entry.length !== 2 || !isName(entry[0])) return false;
  const value: unknown = entry[1];
  if (!isRecord(value)) return false;
  const { again, lastAt, intervalMs, calmObservations, learning, watch, notices } = value;
  const oneOfTwo = (learning === null) !== (watch === null);
  return (
    oneOfTwo &&
    typeof again === "boolean" &&
    isTime(lastAt) &&
    (intervalMs === null || (isNumber(intervalMs) && intervalMs > 0)) &&
    isCount(calmObservations) &&
    isNotices(notices, size) &&
    (learning === null || isLearning(learning, size, settings)) &&
    (watch === null || isWatch(watch, size, settings))
  );
}

function isLearning(value: unknown, size: number, settings: BaselineSettings): boolean {
  if (!isRecord(value)) return false;
  const state = value as unknown as LearningState;
  const { blockObservations, learningBlocksMost } = settings;
  if (!isCount(state.observations)) return false;
  if (state.observations >= blockObservations * learningBlocksMost) return false;
  const blocks = Math.floor(state.observations / blockObservations);
  const open = state.observations % blockObservations;
  return (
    isNumbers(state.block, open * size, true) &&
    isNumbers(state.medians, blocks * size, true) &&
    isNumbers(state.spreads, blocks * size, true) &&
    isNumbers(state.products, size * size, false)
  );
}

function isWatch(value: unknown, size: number, settings: BaselineSettings): boolean {
  if (!isRecord(value)) return false;
  const state = value as unknown as WatchState;
  return (
    isNumbers(state.center, size, true) &&
    isNumbers(state.spread, size, true) &&
    state.spread.every((spread) => spread === null || spread > 0) &&
    isNumbers(state.inverse, size * size, false) &&
    isNumbers(state.recent, MEDIAN_OBSERVATIONS * size, true) &&
    isCount(state.recentNext) &&
    state.recentNext < MEDIAN_OBSERVATIONS &&
    isNumbers(state.trend, size, false) &&
    isNumbers(state.adapted, size, false) &&
    isNumbers(state.restarted, size, false) &&
    isNumbers(state.common, size, false) &&
    typeof state.vouched === "boolean" &&
    isEvidence(state.evidence) &&
    isAfterStop(state.afterStop, size, settings.restartObservations)
  );
}

function isAfterStop(value: unknown, size: number, observations: number): boolean {
  if (!isRecord(value)) return false;
  const { left, trusted, block, before } = value;
  return (
    isCount(left) &&
    left <= observations &&
    typeof trusted === "boolean" &&
    isNumbers(block, observations * size, true) &&
    isNumbers(before, size, false)
  );
}

function isEvidence(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { sum, sumSince, trendInRow, trendSince } = value;
  return isNumber(sum) && sum >= 0 && isTime(sumSince) && isCount(trendInRow) && isTime(trendSince);
}

function isNotices(value: unknown, size: number): boolean {
  if (!isRecord(value)) return false;
  const { kind, since, shift, feature, inRow, raised } = value;
  return (
    (kind === null || kind === "common-shift" || kind === "fallen") &&
    isTime(since) &&
    isNumber(shift) &&
    isCount(feature) &&
    feature < size &&
    isCount(inRow) &&
    typeof raised === "boolean"
  );
}

function isNumbers(value: unknown, length: number, mayLack: boolean): boolean {
  if (!Array.isArray(value) || value.length !== length) return false;
  return value.every((item) => isNumber(item) || (mayLack && item === null));
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value.length <= OPERATING_STATE_CHARACTERS_MAX;
}

function isTime(value: unknown): boolean {
  return value === null || isNumber(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return isNumber(value) && Number.isInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
