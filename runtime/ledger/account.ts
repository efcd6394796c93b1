// The evidence of a statement, dated and cut into pieces of time, before anything is priced.

import type { Contract } from "./contract.ts";
import { dateLeaves, type Listed } from "./dating.ts";
import {
  type Events,
  eventsOf,
  type Interval,
  intervalsOf,
  type Piece,
  piecesOf,
} from "./hours.ts";
import type { Leaf } from "./leaf.ts";
import { LocalTime } from "./local-time.ts";
import type { StatementEvidence } from "./statement.ts";

/** A statement about more is several statements. */
const PERIOD_MS_MAX = 400 * 86_400_000;
/** Zones change their offset twice a year; this is for those that could not make up their mind. */
const OFFSETS_MAX = 100;

/** The hire may have begun long ago, and its days count from there. */
const OFFSETS_BEFORE_MS_MAX = 21 * 366 * 86_400_000;

export interface FiguresInput {
  /** From the opening leaf on, none missing. */
  readonly leaves: readonly Leaf[];
  /** Index of the first of them. */
  readonly firstIndex: number;
  /** Leaves from before them, each with its index. */
  readonly earlier: readonly Listed[];
  readonly contract: Contract;
  /** SHA-256 of the contract's bytes, hexadecimal: what instructions call it by. */
  readonly contractSha256: string;
  readonly period: StatementEvidence["period"];
  /** General JWS texts; those that both parties have signed count. */
  readonly assents: readonly string[];
}

/** What is wrong with a period, in a sentence; null where figures can be made for it. */
export function periodProblem({ from, to, offsets }: StatementEvidence["period"]): string | null {
  if (to <= from) return "the period ends before it begins";
  if (to - from > PERIOD_MS_MAX) return "the period is longer than 400 days";
  if (offsets.length > OFFSETS_MAX) return `the zone has more than ${OFFSETS_MAX} offsets`;
  if (offsets.length === 0 || offsets[0]!.from > from) {
    return "no offset of the zone holds at the beginning of the period";
  }
  if (from - offsets[0]!.from > OFFSETS_BEFORE_MS_MAX) {
    return "the zone's offsets begin more than 21 years before the period";
  }
  return null;
}

/** Dated and cut evidence, before anything is priced. */
export interface Account {
  readonly input: FiguresInput;
  readonly local: LocalTime;
  readonly listed: readonly Listed[];
  readonly dates: readonly (number | null)[];
  readonly intervals: readonly Interval[];
  /** Time in the period, and what was counted at its instants; in order. */
  readonly pieces: readonly Piece[];
  readonly events: readonly Events[];
  /** Between the opening leaf and the period. */
  readonly before: { readonly pieces: readonly Piece[]; readonly events: readonly Events[] };
}

/** Dates the evidence and cuts it into pieces. */
export function accountOf(input: FiguresInput): Account {
  const { leaves, firstIndex, earlier, contract, period } = input;
  const local = new LocalTime(period.offsets, contract.shifts);
  const before = new Map(
    earlier.filter(({ index }) => index < firstIndex).map((one) => [one.index, one]),
  );
  const listed: readonly Listed[] = [
    ...[...before.values()].sort((one, other) => one.index - other.index),
    ...leaves.map((leaf, position) => ({ index: firstIndex + position, leaf })),
  ];
  const datings = dateLeaves(listed);
  const intervals = intervalsOf(listed, datings);
  const own = intervals.slice(before.size);
  const pieces = own.flatMap((interval) => piecesOf(interval, local, period));
  const events = own.flatMap((interval) => eventsOf(interval, local) ?? []);
  const isIn = ({ utc }: { readonly utc: number }) => utc >= period.from && utc < period.to;
  const isBefore = ({ utc }: { readonly utc: number }) => utc < period.from;
  return {
    input,
    local,
    listed,
    dates: datings.map(({ utc }) => utc),
    intervals,
    pieces: pieces.filter(isIn),
    events: events.filter(isIn),
    before: { pieces: pieces.filter(isBefore), events: events.filter(isBefore) },
  };
}
