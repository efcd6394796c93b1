// What the registers must say, computed a second way: from all samples of a life at once, instead
// of one after the other. It reads the rules of the machine file and shares no code with the meter
// that counts.

import type { Condition, Expression } from "../../runtime/usage/condition.ts";
import type { ConflictRule, UsageRules } from "../../runtime/usage/usage-rules.ts";
import { STATE_REGISTERS, type StateRegister } from "../../runtime/usage/usage-state.ts";

/** Samples of one signal; NaN is a bad one. */
export class SampleLog {
  readonly at: number[] = [];
  readonly values: number[] = [];

  add(at: number, value: number): void {
    this.at.push(at);
    this.values.push(value);
  }
}

interface Change {
  readonly at: number;
  /** Null where nobody knows. */
  readonly truth: boolean | null;
}

export type StateTimes = Readonly<Record<StateRegister, number>>;

/** Milliseconds in each state from `from` to `until`. */
export function expectedTimes(
  rules: UsageRules,
  samples: readonly SampleLog[],
  from: number,
  until: number,
): StateTimes {
  const times = Object.fromEntries(STATE_REGISTERS.map((name) => [name, 0])) as Record<
    StateRegister,
    number
  >;
  const states = (["FAULT", "WORKING", "IDLE", "STANDBY"] as const).flatMap((state) => {
    const when = rules[state];
    if (!when) return [];
    return [{ state, changes: changesOf(simple(when), samples) }];
  });
  const conflicts = (rules.conflicts ?? []).map((rule) => conflictsOf(rule, samples, until));
  const known = [...states.map(({ changes }) => changes), ...conflicts];
  const instants = [...new Set(known.flatMap((changes) => changes.map(({ at }) => at)))]
    .filter((at) => at > from && at < until)
    .sort((one, other) => one - other);
  const cursors = known.map(() => 0);
  let since = from;
  for (const next of [...instants, until]) {
    let holds: StateRegister = "off";
    let isKnown = states.length > 0;
    known.forEach((changes, index) => {
      while (changes[cursors[index]! + 1] && changes[cursors[index]! + 1]!.at <= since) {
        cursors[index]!++;
      }
      const { truth } = changes[cursors[index]!]!;
      const name = states[index]?.state;
      // A conflict is unknown, whatever the states say.
      if (truth === null || (name === undefined && truth)) isKnown = false;
      else if (truth && holds === "off") holds = name!.toLowerCase() as StateRegister;
    });
    times[isKnown ? holds : "unknown"] += next - since;
    since = next;
  }
  return times;
}

/** From when to when two witnesses contradicted each other for longer than the limit. */
function conflictsOf(
  { between, limitMs }: ConflictRule,
  samples: readonly SampleLog[],
  until: number,
): readonly Change[] {
  const witnesses = between.map((witness) => changesOf(simple(witness), samples));
  const instants = [...new Set(witnesses.flatMap((changes) => changes.map(({ at }) => at)))].sort(
    (one, other) => one - other,
  );
  const cursors = witnesses.map(() => 0);
  const conflicts: Change[] = [{ at: Number.NEGATIVE_INFINITY, truth: false }];
  let differSince: number | null = null;
  const over = (at: number) => {
    if (differSince !== null && at - differSince > limitMs) {
      conflicts.push({ at: differSince, truth: true }, { at, truth: false });
    }
    differSince = null;
  };
  for (const at of instants) {
    const said = witnesses.map((changes, index) => {
      while (changes[cursors[index]! + 1] && changes[cursors[index]! + 1]!.at <= at) {
        cursors[index]!++;
      }
      return changes[cursors[index]!]!.truth;
    });
    const differ = said.includes(true) && said.includes(false);
    if (differ) differSince ??= at;
    else over(at);
  }
  // What lasts is one as soon as it has lasted too long; before, nothing is settled beyond it.
  if (differSince !== null) over(Math.max(until, differSince + limitMs + 1));
  return conflicts;
}

function simple(expression: Expression): Condition {
  if ("all" in expression || "any" in expression) {
    throw new TypeError("simulated machines have one condition for each state");
  }
  return expression;
}

/** When the condition became true, false or unknown. */
function changesOf(condition: Condition, logs: readonly SampleLog[]): readonly Change[] {
  const { at, values } = logs[condition.signal]!;
  const changes: Change[] = [{ at: Number.NEGATIVE_INFINITY, truth: null }];
  const say = (instant: number, truth: boolean | null) => {
    if (changes.at(-1)!.truth !== truth) changes.push({ at: instant, truth });
  };
  for (let first = 0; first < at.length; ) {
    if (Number.isNaN(values[first])) {
      first++;
      continue;
    }
    // Good samples that stand close enough together are one chain.
    let end = first + 1;
    while (
      end < at.length &&
      !Number.isNaN(values[end]) &&
      at[end]! - at[end - 1]! <= condition.staleMs
    ) {
      end++;
    }
    say(knownUntil(condition, at, values, first, end, say), null);
    first = end;
  }
  return changes;
}

/** Says what is known within a chain and answers until when. */
function knownUntil(
  condition: Condition,
  at: readonly number[],
  values: readonly number[],
  first: number,
  end: number,
  say: (at: number, truth: boolean) => void,
): number {
  let raw = false;
  let confirmed: boolean | null = null;
  for (let begin = first; begin < end; ) {
    raw = judge(condition, values[begin]!, begin > first && raw);
    let last = begin;
    while (last + 1 < end && judge(condition, values[last + 1]!, raw) === raw) last++;
    const minMs = raw ? condition.minOnMs : condition.minOffMs;
    if (raw !== confirmed && at[last]! - at[begin]! >= minMs) {
      confirmed = raw;
      say(at[begin]!, raw);
    }
    // A change that did not last until the chain broke leaves nothing known.
    if (last + 1 >= end) return raw === confirmed ? at[last]! : at[begin]!;
    begin = last + 1;
  }
  return at[end - 1]!;
}

function judge(
  { test, threshold, hysteresis }: Condition,
  value: number,
  wasTrue: boolean,
): boolean {
  if (test === "above") return value > (wasTrue ? threshold - hysteresis : threshold);
  if (test === "bits") return (value & threshold) !== 0;
  throw new TypeError("simulated machines have no other tests");
}
