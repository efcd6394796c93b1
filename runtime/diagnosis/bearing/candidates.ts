// What speaks for each part of a bearing in the averaged spectra, and what else in them could be
// the reason: the figures on which `judge` decides.

import type { LineEvidence } from "../finding.ts";
import { BANDED, PREWHITENED, RAW, SPECTRA } from "./block-spectra.ts";
import { type Comb, type Combs, companionsOf, familyOf, LINES_SEEN, type Part } from "./combs.ts";
import { noiseLimitDb } from "./noise-limit.ts";
import type { OrderLevels } from "./order-levels.ts";

export interface PartFigures {
  readonly part: Part;
  /** In the pre-whitened spectrum: the mean level of the comb where it fits best. */
  readonly scoreDb: number;
  /** What the best comb in noise alone would not reach. */
  readonly noiseLimitDb: number;
  /** The best fit ÷ the geometry's order − 1. */
  readonly slip: number;
  /** The slip lies inside what a bearing does; at the edge of the search something else fits. */
  readonly slipPlausible: boolean;
  readonly firstLineDb: number;
  /** The stronger of the two lines one turn of the shaft beside the first, the shaft's own too. */
  readonly shaftSideDb: number;
  /** The sidebands one turn of the shaft beside its first two lines, the mean of the four. */
  readonly turnSidesDb: number;
  /** The strongest of its lines. */
  readonly strongestLineDb: number;
  /** At the same slip in the other two spectra. */
  readonly rawDb: number;
  readonly bandDb: number;
  /** At any slip in any of the spectra. */
  readonly highestDb: number;
  /** The lesser of two halves of the record, at the same slip; null where there are none. */
  readonly lesserHalfDb: number | null;
  /** The strongest comb of which this one would be only each second, third… line. */
  readonly divisorDb: number;
  readonly lines: readonly LineEvidence[];
}

export interface Spectra {
  readonly levels: readonly OrderLevels[];
  /** The pre-whitened one with the lines of shaft and mains still in it. */
  readonly whole: OrderLevels;
  readonly halves: readonly OrderLevels[];
  readonly blocks: number;
  readonly shaftHz: number;
}

/** Slip of 1 to 2 %: Randall & Antoni, MSSP 25 (2011), §2. */
const SLIP_MAX = 0.02;
/** Searched beyond it, so that a comb that belongs to something else shows where it peaks. */
const SLIP_SEARCHED = 0.03;
const SLIP_STEP = 0.001;
/** Two spectra agree where their slips do within this. */
const SLIP_AGREEMENT = 0.002;
/** Candidates times spectra. */
const SEARCHES = 12;
/** A comb might be a part of one whose lines are this much closer. */
const DIVISORS = [2, 3, 4, 5] as const;

export function figuresOf(spectra: Spectra, comb: Comb, part: Part): PartFigures {
  const [whitened, raw, banded] = spectra.levels as [OrderLevels, OrderLevels, OrderLevels];
  const best = bestFit(whitened, comb, 0, SLIP_SEARCHED);
  const order = comb.order * (1 + best.slip);
  const steps = (2 * SLIP_SEARCHED * comb.lines * comb.order) / (2 * whitened.axis.step);
  const near = (levels: OrderLevels) => bestFit(levels, comb, best.slip, SLIP_AGREEMENT).db;
  const anywhere = (levels: OrderLevels) => bestFit(levels, comb, 0, SLIP_SEARCHED).db;
  const trials = SEARCHES * (steps + 1) * 2 ** comb.lines;
  return {
    part,
    scoreDb: best.db,
    noiseLimitDb: noiseLimitDb(spectra.blocks, comb.lines, trials),
    slip: best.slip,
    slipPlausible: Math.abs(best.slip) <= SLIP_MAX + SLIP_STEP / 2,
    firstLineDb: whitened.lineDb(order),
    shaftSideDb: Math.max(spectra.whole.lineDb(order - 1), spectra.whole.lineDb(order + 1)),
    turnSidesDb: turnSidesDb(whitened, order),
    strongestLineDb: strongestLine(whitened, order, comb.lines),
    rawDb: near(raw),
    bandDb: near(banded),
    highestDb: Math.max(best.db, anywhere(raw), anywhere(banded)),
    lesserHalfDb: spectra.halves.length > 0 ? Math.min(...spectra.halves.map(near)) : null,
    divisorDb: strongestDivisor(whitened, order),
    lines: linesOf(spectra, comb, order),
  };
}

export interface PartLevel {
  readonly part: Part;
  readonly db: number;
}

/** The combs of the other parts once the best one's lines are taken out, the strongest first. */
export function combsOfRest(
  spectra: Spectra,
  combs: Combs,
  top: PartFigures,
): readonly PartLevel[] {
  const rest = withoutFamily(spectra, combs, top);
  return (Object.entries(combs) as [Part, Comb][])
    .filter(([part]) => part !== top.part)
    .map(([part, comb]) => ({ part, db: bestFit(rest, comb, 0, SLIP_SEARCHED).db }))
    .sort((one, other) => other.db - one.db);
}

/**
 * The highest single line of the pre-whitened spectrum, whosever it is, but for the sidebands of
 * the best comb and the lines of what modulates it: those may be higher than their carrier.
 */
export function highestLine(
  { levels }: Spectra,
  combs: Combs,
  top: PartFigures,
): { readonly order: number; readonly db: number } {
  const order = combs[top.part].order * (1 + top.slip);
  const whitened = levels[PREWHITENED]!;
  const others = whitened.without(companionsOf(top.part, order, combs.cage.order, whitened.axis));
  const highest = others.highestOrder(DECOY_ORDER_MIN);
  return { order: highest, db: others.lineDb(highest) };
}

/**
 * The strongest line that a rolling element carried round by the cage would give, once the cage's
 * own are taken out: where its carrier falls on a line of the shaft, the sidebands are still there.
 */
export function ballTracesDb(spectra: Spectra, combs: Combs, top: PartFigures): number {
  const rest = withoutFamily(spectra, combs, top);
  const turn = combs.cage.order * (1 + top.slip);
  const sides = [-2, -1, 0, 1, 2].map((side) => side * turn);
  let strongest = 0;
  for (let slip = -SLIP_MAX; slip <= SLIP_MAX; slip += SLIP_STEP) {
    const carrier = combs.ball.order * (1 + slip);
    const levels = sides
      .map((side) => rest.lineDb(carrier + side))
      .sort((one, other) => other - one);
    // Two of the five together: a single one is easily noise.
    strongest = Math.max(strongest, (levels[0]! + levels[1]!) / 2);
  }
  return strongest;
}

const LINES_ANYWHERE = 3;

/** The strongest comb in any of the spectra, whosever it is. */
export function strongestAnywhere({ levels }: Spectra): number {
  let strongest = 0;
  for (const which of [PREWHITENED, RAW, BANDED]) {
    const { axis } = levels[which]!;
    for (
      let order = DECOY_ORDER_MIN;
      order < (axis.bins * axis.step) / LINES_SEEN;
      order += axis.step
    ) {
      strongest = Math.max(strongest, levels[which]!.combDb(order, LINES_ANYWHERE));
    }
  }
  return strongest;
}

/** Decoys keep this far from what is searched, as a share. */
const DECOY_DISTANCE = 0.05;
const DECOY_ORDER_MIN = 0.3;

/**
 * The strongest comb that belongs to no part of this bearing. Each order at which this bearing has
 * nothing is a decoy: a machine whose spectrum is full of combs (gears, another bearing, a wrong
 * speed) shows it there, and then a comb that happens to fit this bearing proves nothing.
 */
export function strongestDecoy(
  spectra: Spectra,
  combs: Combs,
  top: PartFigures,
): { readonly order: number; readonly db: number } {
  const rest = withoutFamily(spectra, combs, top);
  const own = [...Object.values(combs).map(({ order }) => order), combs.ball.order / 2];
  const { step, bins } = rest.axis;
  let strongest = { order: 0, db: 0 };
  for (let order = DECOY_ORDER_MIN; order < (bins * step) / LINES_SEEN; order += step) {
    if (own.some((known) => Math.abs(order / known - 1) <= DECOY_DISTANCE)) continue;
    const db = rest.combDb(order, combs[top.part].lines);
    if (db > strongest.db) strongest = { order, db };
  }
  return strongest;
}

function withoutFamily({ levels }: Spectra, combs: Combs, top: PartFigures): OrderLevels {
  const whitened = levels[PREWHITENED]!;
  const order = combs[top.part].order * (1 + top.slip);
  return whitened.without(familyOf(top.part, order, combs.cage.order, whitened.axis));
}

/** The slip at which a comb is highest; the middle of them where several are alike. */
function bestFit(levels: OrderLevels, comb: Comb, around: number, reach: number) {
  let db = Number.NEGATIVE_INFINITY;
  let first = 0;
  let last = 0;
  const steps = Math.round(reach / SLIP_STEP);
  for (let step = -steps; step <= steps; step++) {
    const slip = around + step * SLIP_STEP;
    const found = levels.combDb(comb.order * (1 + slip), comb.lines);
    if (found > db) {
      db = found;
      first = step;
      last = step;
    } else if (found === db && last === step - 1) {
      last = step;
    }
  }
  return { db, slip: around + ((first + last) / 2) * SLIP_STEP };
}

/** The speed may be wrong, which is what makes another part's comb fit. */
const TURN_SHARES = [0.92, 1.08] as const;

function turnSidesDb(levels: OrderLevels, order: number): number {
  let strongest = Number.NEGATIVE_INFINITY;
  for (let turn = TURN_SHARES[0]; turn <= TURN_SHARES[1]; turn += levels.axis.step) {
    let sum = 0;
    for (const carrier of [order, 2 * order]) {
      sum += levels.lineDb(carrier - turn) + levels.lineDb(carrier + turn);
    }
    strongest = Math.max(strongest, sum / 4);
  }
  return strongest;
}

function strongestLine(levels: OrderLevels, order: number, lines: number): number {
  let strongest = 0;
  for (let line = 1; line <= lines; line++)
    strongest = Math.max(strongest, levels.lineDb(line * order));
  return strongest;
}

/** Only the lines between those of the comb count: they are what the denser comb adds. */
function strongestDivisor(levels: OrderLevels, order: number): number {
  let strongest = 0;
  for (const divisor of DIVISORS) {
    let sum = 0;
    let count = 0;
    for (let line = 1; line < 2 * divisor; line++) {
      if (line === divisor) continue;
      sum += levels.lineDb((line * order) / divisor);
      count += 1;
    }
    strongest = Math.max(strongest, sum / count);
  }
  return strongest;
}

function linesOf(spectra: Spectra, comb: Comb, order: number): readonly LineEvidence[] {
  const lines: LineEvidence[] = [];
  const add = (line: string, at: number, expected: number, which: number, thresholdDb: number) => {
    const levels = spectra.levels[which]!;
    lines.push({
      line,
      spectrum: SPECTRA[which]!,
      expectedHz: expected * spectra.shaftHz,
      foundHz: levels.peakOrder(at) * spectra.shaftHz,
      db: levels.lineDb(at),
      thresholdDb,
    });
  };
  for (const which of [PREWHITENED, RAW, BANDED]) {
    for (let line = 1; line <= comb.lines; line++) {
      const name = nameOf(comb.name, line);
      add(
        name,
        line * order,
        line * comb.order,
        which,
        which === PREWHITENED ? SCORE_MIN_DB : AGREEMENT_MIN_DB,
      );
    }
  }
  if (comb.sideband !== null) {
    for (const [sign, side] of [
      ["−", -comb.sideband.order],
      ["+", comb.sideband.order],
    ] as const) {
      const name = `${comb.name}${sign}${comb.sideband.name}`;
      add(name, order + side, comb.order + side, PREWHITENED, AGREEMENT_MIN_DB);
    }
  }
  return lines;
}

function nameOf(name: string, line: number): string {
  if (name.startsWith("2×")) return `${2 * line}×${name.slice(2)}`;
  return line === 1 ? name : `${line}×${name}`;
}

/** The limits that `judge` holds the figures against; they stand here because lines show them. */
export const SCORE_MIN_DB = 6;
export const AGREEMENT_MIN_DB = 2;
