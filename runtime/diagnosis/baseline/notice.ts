// Changes that are not one part's fault, and that a person should look at nevertheless: all
// channels of a machine moved alike, or a vibration fell to half.

import type { Mono } from "../../signal/instant.ts";
import type { BaselineFeature, BaselineNotice } from "./answer.ts";
import { shifted } from "./evidence.ts";
import type { BaselineSettings } from "./settings.ts";
import type { Watch } from "./watch.ts";

/** Observations in a row that it takes to raise a notice, and to end it. */
const NOTICE_OBSERVATIONS = 16;

/** A fall to half, on a logarithmic scale. */
const FALLEN_LOG = Math.LN2;

type NoticeKind = BaselineNotice["kind"];

export interface RaisedNotice {
  readonly kind: NoticeKind;
  readonly since: Mono | null;
  readonly shift: number;
  /** Index of the feature that moved most. */
  readonly feature: number;
}

export interface NoticeState {
  readonly kind: NoticeKind | null;
  readonly since: Mono | null;
  readonly shift: number;
  readonly feature: number;
  /** Observations in a row that spoke for it, or, once it is raised, against it. */
  readonly inRow: number;
  readonly raised: boolean;
}

const QUIET: NoticeState = {
  kind: null,
  since: null,
  shift: 0,
  feature: 0,
  inRow: 0,
  raised: false,
};

export class NoticeWatch {
  readonly #settings: BaselineSettings;
  #kind: NoticeKind | null = null;
  #since: Mono | null = null;
  #shift = 0;
  #feature = 0;
  #inRow = 0;
  #notice: RaisedNotice | null = null;

  constructor(settings: BaselineSettings) {
    this.#settings = settings;
  }

  get notice(): RaisedNotice | null {
    return this.#notice;
  }

  observe(watch: Watch, features: readonly BaselineFeature[], at: Mono): void {
    const seen = this.#look(watch, features);
    if (this.#notice) {
      this.#inRow = seen === this.#notice.kind ? 0 : this.#inRow + 1;
      if (this.#inRow >= NOTICE_OBSERVATIONS) this.#set(QUIET, 0);
      return;
    }
    if (seen === null || seen !== this.#kind) {
      this.#kind = seen;
      this.#since = at;
      this.#inRow = 0;
    }
    if (seen === null) return;
    this.#inRow += 1;
    if (this.#inRow < NOTICE_OBSERVATIONS) return;
    this.#inRow = 0;
    const { kind, feature, shift } = { kind: seen, feature: this.#feature, shift: this.#shift };
    this.#notice = { kind, since: this.#since, shift, feature };
  }

  /** What this observation speaks for; the feature that moved most is kept. */
  #look(watch: Watch, features: readonly BaselineFeature[]): NoticeKind | null {
    let most = this.#settings.slackSpreads;
    let kind: NoticeKind | null = null;
    for (let feature = 0; feature < features.length; feature++) {
      const common = watch.commonOf(feature);
      const spreads = Math.abs(common) / watch.spreadOf(feature);
      if (!(spreads > most)) continue;
      most = spreads;
      kind = "common-shift";
      this.#feature = feature;
      this.#shift = common;
    }
    if (kind) return kind;
    for (let feature = 0; feature < features.length; feature++) {
      const { scale, departs } = features[feature]!;
      const shift = watch.shiftOf(feature);
      if (scale !== "log" || departs !== "up" || !(shift < -FALLEN_LOG)) continue;
      kind = "fallen";
      this.#feature = feature;
      this.#shift = shift;
    }
    return kind;
  }

  #set(state: NoticeState, shiftMs: number | null): void {
    const { kind, since, shift, feature } = state;
    this.#kind = kind;
    this.#since = shifted(since, shiftMs);
    this.#shift = shift;
    this.#feature = feature;
    this.#inRow = state.inRow;
    const raised = state.raised && kind !== null;
    this.#notice = raised ? { kind, since: this.#since, shift, feature } : null;
  }

  state(): NoticeState {
    return {
      kind: this.#notice?.kind ?? this.#kind,
      since: this.#since,
      shift: this.#notice?.shift ?? this.#shift,
      feature: this.#notice?.feature ?? this.#feature,
      inRow: this.#inRow,
      raised: this.#notice !== null,
    };
  }

  restore(state: NoticeState, shiftMs: number | null): void {
    this.#set(state, shiftMs);
  }
}
