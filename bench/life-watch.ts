// Lets the learned baselines watch whole lives, as a controller would: one observation at a time,
// all channels of a machine in one group, and nothing known about how long the life is.

import { BaselineGroup } from "../runtime/diagnosis/baseline/group.ts";
import {
  BASELINE_SETTINGS,
  type BaselineSettings,
} from "../runtime/diagnosis/baseline/settings.ts";
import { type Channel, doublingOf, type Life } from "./life-recordings.ts";

/** In the first quarter of a life nothing is to be alarmed on. */
const EARLY_SHARE = 0.25;

/** A channel whose level is below this share of its early one has stopped: it has failed. */
const RUNNING_SHARE = 0.5;

export interface Watched {
  readonly life: Life;
  readonly channel: Channel;
  /** Index of each observation in which an alarm was raised. */
  readonly alarms: readonly number[];
  readonly watchedFrom: number;
  /** Most evidence in the first quarter, as a share of what raises an alarm. */
  readonly earlyEvidence: number;
  readonly earlyAlarms: number;
  readonly alarmsAfterFailure: number;
  /** Null where the level never doubled. */
  readonly doubling: number | null;
}

/** One threshold scales both: the slack of the sum and the limit of the trend. */
function withSlack(slackSpreads: number): BaselineSettings {
  const { slackSpreads: frozen, trendSpreads } = BASELINE_SETTINGS;
  return {
    ...BASELINE_SETTINGS,
    slackSpreads,
    trendSpreads: (slackSpreads * trendSpreads) / frozen,
  };
}

export function watchLife(life: Life, settings: BaselineSettings): Watched[] {
  const { channels, features, times } = life;
  const group = new BaselineGroup(
    channels.map(({ name }) => name),
    { features, settings },
  );
  const early = Math.floor(EARLY_SHARE * times.length);
  const seen = channels.map((channel) => ({
    channel,
    alarms: [] as number[],
    watchedFrom: -1,
    earlyEvidence: 0,
  }));
  times.forEach((at, index) => {
    for (const one of seen) {
      const observed = one.channel.observations[index]!;
      const answer = group.observe(one.channel.name, observed, "run", at);
      if (answer.phase === "watching" && one.watchedFrom < 0) one.watchedFrom = index;
      if (answer.raised) one.alarms.push(index);
      if (index < early) one.earlyEvidence = Math.max(one.earlyEvidence, answer.evidence ?? 0);
    }
  });
  return seen.map((one) => ({
    ...one,
    life,
    doubling: doublingOf(one.channel),
    earlyAlarms: one.alarms.filter((index) => index < early).length,
    alarmsAfterFailure: one.alarms.filter((index) => index > failureOf(one.channel)).length,
  }));
}

/** The last observation in which the machine still ran. */
function failureOf({ observations }: Channel): number {
  const early = observations[0]![0]!;
  return observations.findLastIndex((features) => features[0]! > RUNNING_SHARE * early);
}

/** Thresholds that a fold may choose from, in spreads. */
const SLACKS = [1, 1.5, 2, 2.5, 3, 3.5, 4, 5, 6];

/** The chosen threshold is so many times the least one that is quiet in the others' early lives. */
const SLACK_MARGIN = 1.5;

/** Quiet means that evidence stays below this share of what raises an alarm. */
const QUIET_SHARE = 0.5;

/** Each life watched with a threshold that was chosen on the early lives of all others. */
export function watchLeftOut(lives: readonly Life[]): { slacks: number[]; watched: Watched[] } {
  const evidence = SLACKS.map((slack) => lives.map((life) => mostEvidence(life, slack)));
  const slacks = lives.map((_, left) => {
    const quiet = SLACKS.find((_slack, at) =>
      evidence[at]!.every((most, other) => other === left || most < QUIET_SHARE),
    );
    return SLACK_MARGIN * (quiet ?? SLACKS.at(-1)!);
  });
  const watched = lives.flatMap((life, left) => watchLife(life, withSlack(slacks[left]!)));
  return { slacks, watched };
}

function mostEvidence(life: Life, slack: number): number {
  const watched = watchLife(life, withSlack(slack));
  return Math.max(...watched.map(({ earlyEvidence }) => earlyEvidence));
}
