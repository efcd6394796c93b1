// The baselines of all channels of one machine. What nearly all of them share is the regime (a
// load, a speed, a temperature, another day's mounting) and not a fault of one part.

import { strict as assert } from "node:assert";
import type { Mono } from "../../signal/instant.ts";
import type { BaselineAnswer } from "./answer.ts";
import { Baseline, type BaselineOptions } from "./baseline.ts";
import type { BaselineState } from "./baseline-state.ts";
import type { OperatingStateBaseline } from "./operating-state.ts";

/** A shift is shared when so many other channels at least tell of it. */
const OTHERS_LEAST = 2;

/**
 * So large a share of the others must have moved as far: one that did not is no reason to doubt.
 */
const OTHERS_SHARE = 0.75;

/** Others that were not heard of for so many usual intervals do not vouch for anything. */
const FRESH_INTERVALS = 3;

/** Channels of one machine that are held against each other. */
const MEMBERS_MAX = 64;

export interface BaselineGroupState {
  readonly version: 1;
  readonly members: Readonly<Record<string, BaselineState>>;
}

export class BaselineGroup {
  readonly #options: BaselineOptions;
  readonly #members = new Map<string, Baseline>();
  readonly #shifts = new Float64Array(MEMBERS_MAX);

  /** All members are judged by the same features. */
  constructor(members: readonly string[], options: BaselineOptions) {
    assert(members.length <= MEMBERS_MAX, "members of a group of baselines");
    this.#options = options;
    for (const member of members) this.#members.set(member, new Baseline(options));
  }

  get members(): readonly string[] {
    return [...this.#members.keys()];
  }

  observe(
    member: string,
    observed: Float64Array,
    operatingState: string,
    at: Mono,
  ): BaselineAnswer {
    const baseline = this.#members.get(member);
    assert(baseline, "a member of the group");
    const own = baseline.operatingState(operatingState);
    if (own.watch) {
      for (let feature = 0; feature < this.#options.features.length; feature++) {
        const shared = this.#shared(baseline, feature, operatingState, at);
        if (shared !== null) own.watch.setCommon(feature, shared);
      }
    }
    return baseline.observe(observed, operatingState, at);
  }

  /**
   * By how much nearly all others moved: the shift of the one that stands a quarter from the least
   * moved. Null where too few can tell; what was last shared then holds on.
   */
  #shared(own: Baseline, feature: number, operatingState: string, at: Mono): number | null {
    let count = 0;
    for (const other of this.#members.values()) {
      if (other === own) continue;
      const shift = shiftOf(other.peek(operatingState), feature, at);
      if (!Number.isNaN(shift)) this.#shifts[count++] = shift;
    }
    if (count < OTHERS_LEAST) return null;
    const sorted = this.#shifts.subarray(0, count).sort();
    const least = Math.floor((count - 1) * (1 - OTHERS_SHARE));
    return Math.max(0, sorted[least]!) + Math.min(0, sorted[count - 1 - least]!);
  }

  afterMaintenance(at: Mono): void {
    for (const member of this.#members.values()) member.afterMaintenance(at);
  }

  state(): BaselineGroupState {
    const members = Array.from(this.#members, ([name, baseline]) => [name, baseline.state()]);
    return { version: 1, members: Object.fromEntries(members) };
  }

  /**
   * Each member that fits goes on with what was kept; the others are named with a reason and learn
   * anew.
   */
  restore(state: unknown, shiftMs: number | null): readonly string[] {
    const kept = membersOf(state);
    if (kept === null) return ["what was kept is no state of a group of baselines"];
    const refusals: string[] = [];
    for (const member of this.#members.keys()) {
      const saved = kept[member];
      if (saved === undefined) continue;
      const restored = Baseline.restore(this.#options, saved, shiftMs);
      if (restored instanceof Baseline) this.#members.set(member, restored);
      else refusals.push(`${member}: ${restored.refused}`);
    }
    return refusals;
  }
}

function membersOf(state: unknown): Record<string, unknown> | null {
  if (typeof state !== "object" || state === null || !("members" in state)) return null;
  if (!("version" in state) || state.version !== 1) return null;
  const { members } = state;
  return typeof members === "object" ? (members as Record<string, unknown> | null) : null;
}

function shiftOf(baseline: OperatingStateBaseline | undefined, feature: number, at: Mono): number {
  if (!baseline?.watch || baseline.lastAt === null || baseline.intervalMs === null) {
    return Number.NaN;
  }
  if (at - baseline.lastAt > FRESH_INTERVALS * baseline.intervalMs) return Number.NaN;
  return baseline.watch.shiftOf(feature);
}
