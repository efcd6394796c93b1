// From figures to a verdict. A fault is named only if its comb stands above everything else that
// the record offers as a reason; `none` only on positive grounds; everything else cannot be told.
// Which constant was chosen on which recordings: docs/decisions/bearing-decision.md.

import { AGREEMENT_MIN_DB, type PartFigures, type PartLevel, SCORE_MIN_DB } from "./candidates.ts";
import type { Part } from "./combs.ts";
import type { BearingDecision, BearingVerdict, CandidateEvidence } from "./decision.ts";

export interface Grounds {
  readonly parts: readonly PartFigures[];
  /** The other parts, the strongest first. */
  readonly rest: readonly PartLevel[];
  readonly ballTracesDb: number;
  readonly decoy: { readonly order: number; readonly db: number };
  readonly highestLine: { readonly order: number; readonly db: number };
  /** The strongest comb at any order in any of the spectra. */
  readonly anywhereDb: number;
  readonly blocks: number;
  readonly seconds: number;
  readonly kurtosis: number;
  readonly shaftHz: number;
  /** Of the best fitting order of each part, in Hz. */
  readonly fundamentalsHz: Readonly<Record<Part, number>>;
}

export interface Limits {
  /** The mean level of a comb in the pre-whitened spectrum, whatever the noise permits. */
  readonly scoreMinDb: number;
}

/** A factor of four in power above the surroundings, in the mean of a comb. */
export const LIMITS: Limits = { scoreMinDb: SCORE_MIN_DB };

/**
 * A cage turns so slowly that its comb lies where everything slow lies (load, belts, process), and
 * what a damaged rolling element modulates is heard there too: a factor of twenty, and the rolling
 * elements silent.
 */
const CAGE_SCORE_MIN_DB = 13;
const CAGE_BALL_MAX_DB = 6;
/** Another explanation is ruled out when it is a factor of two weaker. */
const MARGIN_DB = 3;
/**
 * What is in the bearing is in both halves: above the limit, or at most this much weaker in one.
 */
const HALF_LOSS_MAX_DB = 5;
const HALF_MIN_DB = 3;
/**
 * The strongest line of a damaged bearing's pre-whitened spectrum is one of its comb's, but for
 * what falls between two bins.
 */
const DOMINANCE_LOSS_MAX_DB = 2;
/**
 * A rolling element passes the loaded zone with the cage, an inner ring with the shaft (Randall &
 * Antoni, MSSP 25 (2011), §2): a comb with sidebands of the shaft's turn is an inner ring's, of a
 * bearing or a speed that is not the given one. Those of MFPT's inner rings have 7 dB and more.
 */
const BALL_TURN_SIDES_MAX_DB = 4;
/** A fault without its fundamental is somebody else's comb. */
const FIRST_LINE_MIN_DB = 4;

/** `none` wants a record long enough for a weak comb to show, */
const BLOCKS_FOR_NONE = 8;
/** no comb in any spectrum that nears the limit, */
const QUIET_MAX_DB = 5.5;
/** and nothing that comes in bursts or steadily: Gaussian noise has 3, a lone sine 1.5. */
const KURTOSIS_RANGE = [2, 3.6] as const;

/** What each part is called in a sentence. */
const WORDS: Readonly<Record<Part, string>> = {
  outer: "outer race",
  inner: "inner race",
  ball: "rolling element",
  cage: "cage",
};

/** Decibels by which something passed, and what it says where it did not. */
interface Hurdle {
  readonly passedByDb: number;
  readonly otherwise: string;
}

export function judge(grounds: Grounds, limits: Limits = LIMITS): BearingDecision {
  const top = strongest(grounds.parts);
  const candidates = grounds.parts.map((figures) => evidenceOf(figures, grounds, limits));
  const answer = (verdict: BearingVerdict, confidence: number, reason: string) => ({
    verdict,
    confidence,
    reason,
    seconds: grounds.seconds,
    candidates,
  });
  const limit = thresholdDb(top, limits);
  if (top.scoreDb < limit) {
    const quiet = quietBecause(grounds);
    if (quiet.passedByDb >= 0) {
      const reason = `No part of the bearing is heard, and nothing comes in bursts: ${figure(
        grounds.seconds,
      )} s, kurtosis ${figure(grounds.kurtosis)}.`;
      return answer("none", confidenceOf(quiet.passedByDb), reason);
    }
    const weak = `What fits best, the lines of the ${WORDS[top.part]}, stands ${figure(
      top.scoreDb,
    )} dB above its surroundings and had to reach ${figure(limit)} dB`;
    return answer("cannot-tell", 0, `${weak}; ${quiet.otherwise}.`);
  }
  const hurdles = hurdlesOf(top, grounds, limit);
  const failed = hurdles.find(({ passedByDb }) => !(passedByDb >= 0));
  if (failed !== undefined) return answer("cannot-tell", 0, failed.otherwise);
  const margin = Math.min(...hurdles.map(({ passedByDb }) => passedByDb));
  const hz = figure(grounds.fundamentalsHz[top.part]);
  const left = figure(Math.max(grounds.rest[0]!.db, grounds.decoy.db));
  const stands = `stand ${figure(top.scoreDb)} dB above their surroundings`;
  const reason =
    `The lines of the ${WORDS[top.part]}, at ${hz} Hz and its multiples, ${stands} ` +
    `(needed: ${figure(limit)} dB); without them, what fits best has ${left} dB.`;
  return answer(top.part, confidenceOf(margin), reason);
}

const CHECK = "check the speed, the bearing, and what else turns";

function perTurn({ order, db }: { readonly order: number; readonly db: number }): string {
  return `something else repeats ${order.toFixed(2)} times per turn (${figure(db)} dB)`;
}

function hurdlesOf(top: PartFigures, grounds: Grounds, limit: number): readonly Hurdle[] {
  const { decoy, highestLine, ballTracesDb } = grounds;
  const rest = grounds.rest[0]!;
  const half = top.lesserHalfDb ?? top.scoreDb;
  const comb = `A row of lines that fits the ${WORDS[top.part]}`;
  return [
    { passedByDb: top.scoreDb - limit, otherwise: "" },
    {
      passedByDb: passed(top.slipPlausible),
      otherwise: `${comb} is ${figure(top.slip * 100)} % beside its place: ${CHECK}.`,
    },
    {
      passedByDb: passed(top.strongestLineDb >= highestLine.db - DOMINANCE_LOSS_MAX_DB),
      otherwise: `${comb} is not what is heard most; ${perTurn(highestLine)}: ${CHECK}.`,
    },
    {
      passedByDb: top.scoreDb - rest.db - MARGIN_DB,
      otherwise: `${comb} is not clearly above the ${WORDS[rest.part]}'s of ${figure(rest.db)} dB.`,
    },
    {
      passedByDb: top.scoreDb - decoy.db - MARGIN_DB,
      otherwise: `${comb} is not alone; ${perTurn(decoy)}: ${CHECK}.`,
    },
    {
      passedByDb: top.scoreDb - top.divisorDb - MARGIN_DB,
      otherwise: `${comb} is part of a denser one (${figure(top.divisorDb)} dB between its lines).`,
    },
    {
      passedByDb: passed(top.part !== "cage" || ballTracesDb <= CAGE_BALL_MAX_DB),
      otherwise: `${comb} comes with a ${WORDS.ball}'s lines of ${figure(ballTracesDb)} dB.`,
    },
    {
      passedByDb: passed(top.part !== "ball" || top.shaftSideDb <= top.firstLineDb - MARGIN_DB),
      otherwise: `${comb} could be a sideband of another line, one turn of the shaft beside it.`,
    },
    {
      passedByDb: passed(top.part !== "ball" || top.turnSidesDb <= BALL_TURN_SIDES_MAX_DB),
      otherwise: `${comb} has the sidebands of an inner ring: check the bearing and the speed.`,
    },
    {
      passedByDb: half - Math.max(HALF_MIN_DB, Math.min(limit, top.scoreDb - HALF_LOSS_MAX_DB)),
      otherwise: `${comb} is hardly heard in one half of the record (${figure(half)} dB).`,
    },
    {
      passedByDb: Math.min(top.rawDb, top.bandDb) - AGREEMENT_MIN_DB,
      otherwise: `${comb} is seen in the pre-whitened signal alone.`,
    },
    {
      passedByDb: top.part === "cage" ? top.scoreDb : top.firstLineDb - FIRST_LINE_MIN_DB,
      otherwise: `${comb} lacks its fundamental.`,
    },
  ];
}

/** What has no margin: it holds or it does not. */
function passed(holds: boolean): number {
  return holds ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function quietBecause({ parts, anywhereDb, blocks, kurtosis }: Grounds): Hurdle {
  const highest = Math.max(anywhereDb, ...parts.map(({ highestDb }) => highestDb));
  const [low, high] = KURTOSIS_RANGE;
  if (highest >= QUIET_MAX_DB) {
    return {
      passedByDb: -1,
      otherwise: `yet a row of lines of ${figure(highest)} dB is unexplained`,
    };
  }
  if (!(kurtosis >= low && kurtosis <= high)) {
    return {
      passedByDb: -1,
      otherwise: `yet the signal is not noise: kurtosis ${figure(kurtosis)}`,
    };
  }
  if (blocks < BLOCKS_FOR_NONE) {
    return { passedByDb: -1, otherwise: "and the record is too short to rule a weak fault out" };
  }
  return { passedByDb: QUIET_MAX_DB - highest, otherwise: "" };
}

function evidenceOf(figures: PartFigures, grounds: Grounds, limits: Limits): CandidateEvidence {
  return {
    candidate: figures.part,
    scoreDb: figures.scoreDb,
    thresholdDb: thresholdDb(figures, limits),
    fundamentalHz: grounds.fundamentalsHz[figures.part],
    lines: figures.lines,
  };
}

function thresholdDb({ part, noiseLimitDb }: PartFigures, { scoreMinDb }: Limits): number {
  return Math.max(noiseLimitDb, part === "cage" ? CAGE_SCORE_MIN_DB : scoreMinDb);
}

function strongest(parts: readonly PartFigures[]): PartFigures {
  return parts.reduce((best, figures) => (figures.scoreDb > best.scoreDb ? figures : best));
}

/** The margin at which nine of ten doubts are gone. */
const DOUBT_TENTH_DB = 6;

/**
 * One half where a verdict just passes its nearest hurdle, 0.95 at 6 dB, 0.995 at 12 dB. It orders
 * verdicts; a frequency of being right it is not, because no recording gave a wrong one to count.
 */
function confidenceOf(marginDb: number): number {
  return 1 - 0.5 * 10 ** (-marginDb / DOUBT_TENTH_DB);
}

function figure(value: number): string {
  return value.toFixed(1).replace("-", "−");
}
