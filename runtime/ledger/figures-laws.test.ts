// What holds for every statement, whatever life, contract and period chance makes up: no
// millisecond is lost or counted twice by day, shift, clock or the ends of periods, and no line is
// forgotten.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Life } from "../testing/ledger-life.ts";
import { REGISTER_NAMES, type RegisterName, USAGE_STATES } from "../usage/usage-state.ts";
import type { FiguresInput } from "./account.ts";
import { offsetsOf } from "./calendar.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Contract } from "./contract.ts";
import { contractHash } from "./contract-file.ts";
import { figuresOf } from "./figures.ts";
import type { Leaf } from "./leaf.ts";
import type { Hours, StatementFigures } from "./statement.ts";

const HOUR = 3_600_000;
const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];

type Step = (life: Life) => unknown;

const millis = fc.integer({ min: 2, max: 9 * HOUR });
const clock = fc.constantFrom(
  null,
  { offsetMs: 0, tq: "S" as const, err: 20 },
  { offsetMs: -50_000_000, tq: "I" as const },
  { offsetMs: 40_000, tq: "I" as const, err: 60_000 },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .record({
        state: fc.constantFrom(...USAGE_STATES),
        ms: millis,
        mode: fc.constantFrom("None" as const, "Maintenance" as const, "Setup" as const),
        overload: fc.boolean(),
        cycles: fc.nat(5),
      })
      .map(
        ({ state, ms, ...more }): Step =>
          (life) =>
            life.run(state, ms, more),
      ),
  },
  fc.record({ lostMs: fc.nat(900), undecidedMs: fc.nat(700), downMs: millis, clock }).map(
    (cut): Step =>
      (life) =>
        life.run("WORKING", 2_000).cut(cut),
  ),
  millis.map(
    (ms): Step =>
      (life) =>
        life.gap(ms),
  ),
  fc.constant<Step>((life) => life.restart({ gapMs: 1_500 })),
  fc.constant<Step>((life) => life.anchor()),
  fc.integer({ min: -4_000_000, max: 4_000_000 }).map(
    (byMs): Step =>
      (life) =>
        life.timeStep(byMs),
  ),
);

interface Case {
  readonly steps: readonly Step[];
  readonly zone: string;
  readonly startUtc: number;
  /** Where the period begins, is divided and ends, in thousandths of the life. */
  readonly marks: readonly number[];
  readonly billing: Partial<Contract["billing"]>;
  readonly badlyTimed: Contract["badlyTimed"];
}

const cases: fc.Arbitrary<Case> = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 14 }),
  zone: fc.constantFrom(...ZONES),
  // Near the days on which clocks are set, and anywhere.
  startUtc: fc.constantFrom(
    Date.UTC(2026, 2, 28, 12),
    Date.UTC(2026, 9, 24, 12),
    Date.UTC(2026, 3, 4),
    Date.UTC(2026, 9, 31, 12),
    Date.UTC(2026, 6, 1),
  ),
  marks: fc.uniqueArray(fc.integer({ min: -50, max: 1_050 }), { minLength: 3, maxLength: 3 }),
  billing: fc.record(
    {
      included: fc.record(
        {
          perDayMs: fc.nat(8 * HOUR),
          perWeekMs: fc.nat(30 * HOUR),
          perRentalMs: fc.nat(40 * HOUR),
        },
        { requiredKeys: [] },
      ),
      registers: fc.constantFrom(["working" as const], ["working" as const, "idle" as const]),
      shiftWork: fc.constant({
        doubleAboveMs: 20 * HOUR,
        doubleThousandths: 1_333,
        tripleAboveMs: 40 * HOUR,
        tripleThousandths: 2_001,
      }),
      minimum: fc.constant({ hoursMs: 10 * HOUR, amountMinor: 99_999 }),
      standbyPerHourMinor: fc.constant(777),
      overloadPerHourMinor: fc.constant(1_234),
      faultCreditPerHourMinor: fc.constant(1_001),
    },
    { requiredKeys: [] },
  ),
  badlyTimed: fc.constantFrom("cheapest", "as-dated"),
});

/** Signed tree heads are no part of what figures are made from, and cost most of a life's time. */
class LifeWithoutCheckpoints extends Life {
  override checkpoint(): this {
    return this;
  }
}

function play({ steps, zone, startUtc, marks, billing, badlyTimed }: Case) {
  // Which rate holds does not matter to any law here; that there are some with shifts does.
  const defaults = new Life().contract.billing;
  const contract = { zone, badlyTimed, billing: { ...defaults, ...billing } };
  const life = new LifeWithoutCheckpoints({ startUtc, contract, cosignEveryMs: 0 });
  life.boot().lease("on-hire");
  for (const one of steps) one(life);
  life.tick();
  const lived = life.utc - startUtc;
  const [from, middle, to] = [...marks]
    .sort((one, other) => one - other)
    .map((mark) => startUtc + Math.floor((lived * mark) / 1_000)) as [number, number, number];
  return { life, from, middle: Math.max(middle, from + 1), to: Math.max(to, from + 2) };
}

function inputOf(life: Life, from: number, to: number, leaves?: readonly Leaf[]): FiguresInput {
  return {
    leaves: leaves ?? life.segment.leaves,
    firstIndex: 0,
    earlier: [],
    contract: life.contract,
    contractSha256: contractHash(life.contractText),
    period: { from, to, offsets: offsetsOf(life.contract.zone, Math.min(from, to), to) },
    assents: [],
  };
}

function sumOf(...all: readonly Hours[]): Hours {
  const sums: Partial<Record<RegisterName, number>> = {};
  for (const hours of all) {
    for (const [name, value] of Object.entries(hours) as [RegisterName, number][]) {
      sums[name] = (sums[name] ?? 0) + value;
    }
  }
  return sums;
}

const tableOf = ({ days }: StatementFigures) =>
  sumOf(...days.flatMap(({ shifts }) => Object.values(shifts)));

const RUNS = { numRuns: 30 };

describe("for any life of a machine", () => {
  test("days and shifts sum to the registers' differences, and lines to the total", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { life, from, to } = play(given);
        const figures = figuresOf(inputOf(life, from, to));
        const { registers, lines, total } = figures;
        expect(tableOf(figures)).toEqual(registers.difference);
        for (const name of REGISTER_NAMES) {
          const moved = (registers.closing[name] ?? 0) - (registers.opening[name] ?? 0);
          expect(moved).toBe(registers.difference[name] ?? 0);
        }
        const { S, R, I, U } = figures.quality.byTime;
        expect(S + R + I + U).toBe(figures.quality.observedMs);
        const sum = lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
        expect(total.amountMinor).toBe(sum);
        const text = canonicalJson(figures);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(canonicalJson(figuresOf(inputOf(life, from, to)))).toBe(text);
      }),
      RUNS,
    );
  });

  test("a period that holds everything has what the last leaf's registers say", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { life } = play(given);
        const day = 24 * HOUR;
        const { difference } = figuresOf(
          inputOf(life, life.utc - 300 * day, life.utc + 90 * day),
        ).registers;
        const last = life.segment.leaves.at(-1)!.regs;
        const moved = Object.entries(last).filter(([, value]) => value > 0);
        expect(difference).toEqual(Object.fromEntries(moved));
      }),
      RUNS,
    );
  });

  test("two halves of a period have the hours of the whole", () => {
    fc.assert(
      fc.property(cases, (given) => {
        const { life, from, middle, to } = play(given);
        const [whole, first, second] = [
          [from, to],
          [from, middle],
          [middle, to],
        ].map(([begin, end]) => figuresOf(inputOf(life, begin!, end!)));
        expect(sumOf(tableOf(first!), tableOf(second!))).toEqual(tableOf(whole!));
        expect(sumOf(first!.hours, second!.hours)).toEqual(whole!.hours);
      }),
      RUNS,
    );
  });

  test("a tick more changes no figure", () => {
    fc.assert(
      fc.property(cases, fc.nat(), fc.nat(), (given, where, share) => {
        const { life, from, to } = play(given);
        const { leaves } = life.segment;
        const more = withTick(leaves, where % (leaves.length - 1), share);
        if (more === null) return;
        const before = figuresOf(inputOf(life, from, to));
        const after = figuresOf(inputOf(life, from, to, more));
        // A doubtful step is named by its leaf, whose index is another one now.
        const notes = (figures: StatementFigures) => ({
          ...figures,
          notes: figures.notes.map((note) => note.replace(/leaf \d+/g, "leaf")),
        });
        expect(notes(after)).toEqual(notes(before));
      }),
      RUNS,
    );
  });
});

/** A tick between two leaves of one boot whose time is all in one state; null elsewhere. */
function withTick(leaves: readonly Leaf[], at: number, share: number): readonly Leaf[] | null {
  const one = leaves[at]!;
  const next = leaves[at + 1]!;
  const length = next.mono - one.mono;
  const isPlain = next.typ === "TICK" || next.typ === "STATE";
  if (!isPlain || one.boot !== next.boot || length < 2) return null;
  const after = 1 + (share % (length - 1));
  const regs = { ...one.regs };
  for (const name of ["off", "standby", "idle", "working", "fault", "unknown"] as const) {
    if (next.regs[name] > one.regs[name]) regs[name] = one.regs[name] + after;
  }
  if (next.regs.overload > one.regs.overload) regs.overload += after;
  if (next.regs.maintenance > one.regs.maintenance) regs.maintenance += after;
  // A clock that nobody vouches for is no part of what a tick proves.
  const { utc, ...rest } = one;
  const dated = utc === undefined ? rest : { ...rest, utc: utc + after };
  const tick = { ...dated, typ: "TICK", d: {}, mono: one.mono + after, regs } as unknown as Leaf;
  return [...leaves.slice(0, at + 1), tick, ...leaves.slice(at + 1)];
}
