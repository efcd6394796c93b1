// The learned baseline of one channel: for each operating state it learns what is usual, watches,
// says since when and by how many spreads which features departed, and learns again after a
// maintenance.

import { strict as assert } from "node:assert";
import type { Mono } from "../../signal/instant.ts";
import type { BaselineAnswer, BaselineFeature, BaselineNotice, Departure } from "./answer.ts";
import { type BaselineState, checkState } from "./baseline-state.ts";
import { shifted } from "./evidence.ts";
import { type OperatingState, OperatingStateBaseline } from "./operating-state.ts";
import {
  BASELINE_SETTINGS,
  type BaselineSettings,
  FEATURES_MAX,
  OPERATING_STATE_CHARACTERS_MAX,
  OPERATING_STATES_MAX,
} from "./settings.ts";

/** No sensor says more; the differences and squares of such values stay finite. */
const VALUE_MOST = 1e100;

export interface BaselineOptions {
  readonly features: readonly BaselineFeature[];
  readonly settings?: BaselineSettings;
}

/** What a departure is remembered by; its features and confidence are read when it is answered. */
interface Raised {
  readonly operatingState: string;
  readonly raisedAt: Mono | null;
  readonly since: Mono | null;
}

export class Baseline {
  readonly features: readonly BaselineFeature[];
  readonly #settings: BaselineSettings;
  /** In the order in which they were last observed: the first is the one to go. */
  readonly #states = new Map<string, OperatingStateBaseline>();
  readonly #values: Float64Array;
  #raised: Raised | null = null;
  #departure: Departure | null = null;
  #maintained = false;
  /** What was observed before it belongs to the machine as it was before a maintenance. */
  #countsFrom: Mono = Number.NEGATIVE_INFINITY;

  constructor({ features, settings = BASELINE_SETTINGS }: BaselineOptions) {
    assert(features.length > 0 && features.length <= FEATURES_MAX, "features of a baseline");
    this.features = features;
    this.#settings = settings;
    this.#values = new Float64Array(features.length);
  }

  /**
   * Takes one observation: the features in the order of the options, NaN where one cannot be said.
   * A feature on a logarithmic scale that is not positive is taken as not there.
   */
  observe(observed: Float64Array, operatingState: string, at: Mono): BaselineAnswer {
    const there = this.#transform(observed);
    const baseline = this.operatingState(operatingState);
    if (!there || at < this.#countsFrom)
      return this.#answer(baseline, operatingState, false, false);
    const rebased = baseline.observe(this.#values, at, this.#raised !== null);
    const raised = this.#judge(baseline, operatingState, at);
    return this.#answer(baseline, operatingState, raised, rebased);
  }

  /** What a part was changed in is learned anew; a departure ends with it. */
  afterMaintenance(at: Mono): void {
    this.#states.clear();
    this.#raised = null;
    this.#departure = null;
    this.#maintained = true;
    this.#countsFrom = at;
  }

  /** The baseline of an operating state, made where it is met for the first time. */
  operatingState(name: string): OperatingStateBaseline {
    const key = name.slice(0, OPERATING_STATE_CHARACTERS_MAX);
    let baseline = this.#states.get(key);
    if (baseline) this.#states.delete(key);
    else {
      baseline = new OperatingStateBaseline(this.features, this.#settings, this.#maintained);
      if (this.#states.size >= OPERATING_STATES_MAX) {
        const oldest = this.#states.keys().next().value;
        if (oldest !== undefined) this.#states.delete(oldest);
      }
    }
    this.#states.set(key, baseline);
    return baseline;
  }

  /** The same where it is there already; it does not count as seen by this. */
  peek(name: string): OperatingStateBaseline | undefined {
    return this.#states.get(name.slice(0, OPERATING_STATE_CHARACTERS_MAX));
  }

  #transform(observed: Float64Array): boolean {
    let there = false;
    for (let index = 0; index < this.features.length; index++) {
      const value = observed[index]!;
      const scaled = this.features[index]!.scale === "log" ? Math.log(value) : value;
      const believed = Math.abs(scaled) < VALUE_MOST;
      this.#values[index] = believed ? scaled : Number.NaN;
      if (believed) there = true;
    }
    return there;
  }

  /** True where a departure is raised by this observation. */
  #judge(baseline: OperatingStateBaseline, operatingState: string, at: Mono): boolean {
    if (this.#raised === null) {
      if (!baseline.departs) return false;
      this.#raised = { operatingState, raisedAt: at, since: baseline.since };
      this.#describe(baseline);
      return true;
    }
    if (this.#raised.operatingState !== operatingState) return false;
    if (baseline.returned) {
      baseline.forgetEvidence();
      this.#raised = null;
      this.#departure = null;
    } else this.#describe(baseline);
    return false;
  }

  #describe(baseline: OperatingStateBaseline): void {
    if (this.#raised === null) return;
    this.#departure = {
      ...this.#raised,
      features: baseline.departed(),
      confidence: 1 - Math.exp(-baseline.evidence),
    };
  }

  #answer(
    baseline: OperatingStateBaseline,
    operatingState: string,
    raised: boolean,
    rebased: boolean,
  ): BaselineAnswer {
    const watching = baseline.phase === "watching";
    return {
      phase: baseline.phase,
      operatingState,
      learned: baseline.learned,
      distance: watching ? baseline.distance : null,
      trend: watching ? baseline.trendDistance : null,
      evidence: watching ? baseline.evidence : null,
      departure: this.#departure,
      raised,
      notice: noticeOf(baseline, operatingState, this.features),
      rebased,
    };
  }

  state(): BaselineState {
    return {
      version: 1,
      features: this.features.map(({ name, scale, departs }) => `${name}/${scale}/${departs}`),
      maintained: this.#maintained,
      raised: this.#raised,
      operatingStates: Array.from(this.#states, ([name, baseline]): [string, OperatingState] => [
        name,
        baseline.state(),
      ]),
    };
  }

  /**
   * Goes on with what was written to disk. `shiftMs` is what has to be added to the monotonic times
   * of then to have times of now (0 within one boot); null where nobody knows, as after a power cut
   * without a clock. A reason where the state does not fit; it is then learned anew.
   */
  static restore(
    options: BaselineOptions,
    state: unknown,
    shiftMs: number | null,
  ): Baseline | { readonly refused: string } {
    const baseline = new Baseline(options);
    const checked = checkState(state, baseline.state().features, baseline.#settings);
    if ("refused" in checked) return checked;
    baseline.#maintained = checked.maintained;
    for (const [name, saved] of checked.operatingStates) {
      const { features } = baseline;
      const restored = new OperatingStateBaseline(features, baseline.#settings, saved.again);
      restored.restore(saved, shiftMs);
      baseline.#states.set(name, restored);
    }
    if (checked.raised) {
      const { operatingState, raisedAt, since } = checked.raised;
      baseline.#raised = {
        operatingState,
        raisedAt: shifted(raisedAt, shiftMs),
        since: shifted(since, shiftMs),
      };
      const departed = baseline.#states.get(operatingState);
      if (departed) baseline.#describe(departed);
    }
    return baseline;
  }
}

function noticeOf(
  baseline: OperatingStateBaseline,
  operatingState: string,
  features: readonly BaselineFeature[],
): BaselineNotice | null {
  const { notice } = baseline;
  if (notice === null) return null;
  const { kind, since, shift, feature } = notice;
  return { kind, operatingState, since, shift, feature: features[feature]!.name };
}
