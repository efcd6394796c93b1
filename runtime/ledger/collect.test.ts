// What is collected from a ledger is a statement that a stranger's verifier accepts, and the
// statements of two periods say together what one of both says.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Life } from "../testing/ledger-life.ts";
import { lifeReader } from "../testing/life-reader.ts";
import { USAGE_STATES } from "../usage/usage-state.ts";
import { utf8 } from "./bytes.ts";
import { canonicalJson } from "./canonical-json.ts";
import { collectEvidence } from "./collect.ts";
import type { Contract } from "./contract.ts";
import { makeStatement } from "./figures.ts";
import type { Statement } from "./statement.ts";
import { verifyStatement } from "./verify.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Monday, 2 March 2026, 00:00 in Berlin. */
const MONDAY = Date.UTC(2026, 2, 1, 23);

async function statementOf(life: Life, from: number, to: number): Promise<Statement> {
  const { contract, contractText: text, contractJws: jws } = life;
  const reader = lifeReader(life);
  return makeStatement(await collectEvidence({ reader, contract, text, jws, from, to }), contract);
}

function workdays(life: Life, days: number): void {
  for (let day = 0; day < days; day++) {
    life
      .run("OFF", 6 * HOUR)
      .run("WORKING", 11 * HOUR)
      .run("IDLE", HOUR)
      .run("OFF", 6 * HOUR);
  }
}

describe("a statement of a week in the middle of a hire", () => {
  const life = new Life({ startUtc: MONDAY - 3 * DAY, cosignEveryMs: DAY });
  life.boot().hire();
  workdays(life, 6);
  life.run("WORKING", 40_000).cut({ lostMs: 4_000, downMs: 3 * HOUR, clock: null });
  life.run("WORKING", 2 * HOUR).cut({ downMs: HOUR, clock: { offsetMs: 0, tq: "S", err: 20 } });
  workdays(life, 6);
  life.cosign();

  test("is valid in every check", async () => {
    const statement = await statementOf(life, MONDAY, MONDAY + 7 * DAY);
    const checked = verifyStatement(utf8(`${canonicalJson(statement)}\n`), { now: life.utc });
    expect(checked.answers.filter(({ verdict }) => verdict === "failed")).toEqual([]);
    expect(checked.valid).toBe(true);
    expect(statement.figures.notes).toEqual([]);
    expect(statement.figures.total.amountMinor).toBeGreaterThan(0);
  });

  test("has both witnesses on the tree heads at its ends", async () => {
    const { opening, closing } = await statementOf(life, MONDAY, MONDAY + 7 * DAY);
    for (const { checkpoint } of [opening, closing]) {
      for (const { name } of life.witnesses) expect(checkpoint).toContain(`— ${name} `);
    }
  });

  test("says what is wrong with a period that the ledger does not hold", async () => {
    const before = statementOf(life, MONDAY - 90 * DAY, MONDAY - 60 * DAY);
    await expect(before).rejects.toThrow(/^The ledger begins at .*, after the period ends/);
    const after = statementOf(life, MONDAY + 60 * DAY, MONDAY + 90 * DAY);
    await expect(after).rejects.toThrow(/^The ledger ends at .*, before the period begins/);
  });
});

test("an assent that came after the period's leaves is brought along", async () => {
  const life = new Life({ startUtc: MONDAY - HOUR });
  life
    .boot()
    .hire()
    .run("WORKING", 5 * HOUR)
    .timeStep(20 * 60_000)
    .run("OFF", 19 * HOUR)
    .cosign();
  const step = life.segment.leaves.findIndex(({ typ }) => typ === "TIME_STEP");
  life.run("OFF", DAY);
  const before = await statementOf(life, MONDAY, MONDAY + 20 * HOUR);
  expect(before.figures.notes.join()).toContain(`At leaf ${step} the wall clock moved`);
  life.lease("assent-time-step", { leaf: step }).cosign();
  const after = await statementOf(life, MONDAY, MONDAY + 20 * HOUR);
  expect(after.assents).toHaveLength(1);
  expect(after.figures.notes.join()).not.toContain("wall clock moved");
});

test("a ledger that no clock dates gives no statement, and says what would help", async () => {
  const life = new Life({ startUtc: MONDAY, cosignEveryMs: 0 });
  life.boot();
  const { leaves, texts } = life.segment;
  for (const [index, leaf] of leaves.entries()) {
    const { utc: _utc, err: _err, ...rest } = leaf;
    texts[index] = canonicalJson({ ...rest, tq: "U" });
  }
  await expect(statementOf(life, MONDAY, MONDAY + DAY)).rejects.toThrow(
    "No clock dates this ledger",
  );
});

test("hours before the period that are left out are said, and count as not worked", async () => {
  const billing = { ...new Life().contract.billing, included: { perWeekMs: 30 * HOUR } };
  const life = new Life({ startUtc: MONDAY - DAY, contract: { billing }, cosignEveryMs: 0 });
  life
    .boot()
    .hire()
    .run("OFF", DAY)
    .run("WORKING", 25 * HOUR)
    .run("OFF", 10 * HOUR);
  life
    .run("WORKING", 20 * HOUR)
    .run("OFF", DAY)
    .cosign();
  const { contract, contractText: text, contractJws: jws } = life;
  const period = { from: MONDAY + 30 * HOUR, to: MONDAY + 4 * DAY };
  const reader = lifeReader(life);
  const evidence = await collectEvidence({ reader, contract, text, jws, ...period });
  const includedIn = (statement: Statement) => {
    const line = statement.figures.lines.find(({ id }) => id === "included");
    return [(line?.quantity ?? 0) / HOUR, statement.figures.notes.join()] as const;
  };
  // 25 of the 30 h of the week were used on Monday and Tuesday night.
  const whole = makeStatement(evidence, contract);
  expect(includedIn(whole)).toEqual([5, expect.not.stringContaining("not all in this")]);
  const earlier = evidence.earlier.filter(({ leaf }) => leaf.includes('"LEASE"'));
  expect(earlier.length).toBeLessThan(evidence.earlier.length);
  const lacking = makeStatement({ ...evidence, earlier }, contract);
  expect(includedIn(lacking)).toEqual([20, expect.stringContaining("not all in this statement")]);
});

test("a machine that ran before its hire lacks no hours of before the period", async () => {
  const billing = { ...new Life().contract.billing, included: { per28DaysMs: 30 * HOUR } };
  const life = new Life({ startUtc: MONDAY - DAY, contract: { billing }, cosignEveryMs: 0 });
  life
    .boot()
    // Without a sure leaf the boot's own is in the statement, from the day before the hire.
    .timeStep(0, "R")
    .run("OFF", 20 * HOUR)
    .run("IDLE", 14 * HOUR)
    .hire()
    .run("WORKING", 25 * HOUR)
    .run("OFF", DAY)
    .run("WORKING", 20 * HOUR)
    .cosign();
  const { figures } = await statementOf(life, MONDAY + 2 * DAY, MONDAY + 4 * DAY);
  expect(figures.lines.find(({ id }) => id === "included")?.quantity).toBe(5 * HOUR);
  expect(figures.notes.join()).not.toContain("not all in this statement");
});

/** Signs no heads while it lives: that would be most of the time. */
class QuickLife extends Life {
  #isOver = false;

  override checkpoint(): this {
    return this.#isOver || this.segment.leaves.length < 4 ? super.checkpoint() : this;
  }

  end(): this {
    this.#isOver = true;
    return this.checkpoint();
  }
}

test("two statements have the quantities of one, whatever was included in between", async () => {
  const millis = fc.integer({ min: 1, max: 30 * HOUR });
  const hours = (most: number) => fc.integer({ min: 1, max: most }).map((count) => count * HOUR);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          state: fc.constantFrom(...USAGE_STATES),
          ms: millis,
          // Two readings of a disciplined clock differ by a little, forth and back.
          slewMs: fc.integer({ min: -600, max: 600 }),
        }),
        { minLength: 10, maxLength: 30 },
      ),
      fc.record(
        {
          perDayMs: hours(10),
          perWeekMs: hours(40),
          per28DaysMs: hours(90),
          perRentalMs: hours(200),
        },
        { requiredKeys: [] },
      ),
      fc.boolean(),
      fc.tuple(fc.nat(), fc.nat()),
      fc.integer({ min: -700, max: 700 }),
      // Clocks are set in Berlin on 29 March and 25 October.
      fc.constantFrom(Date.UTC(2026, 2, 10, 13), Date.UTC(2026, 9, 8, 7)),
      async (steps, included, hasShiftWork, [first, second], besideMs, startUtc) => {
        const shiftWork = {
          doubleAboveMs: 25 * HOUR,
          doubleThousandths: 1_500,
          tripleAboveMs: 50 * HOUR,
          tripleThousandths: 2_000,
        };
        const billing: Contract["billing"] = {
          ...new Life().contract.billing,
          included,
          registers: ["working", "idle"],
          ...(hasShiftWork && { shiftWork }),
        };
        const rounding = { stepMs: 1, way: "down" } as const;
        const life = new QuickLife({
          startUtc,
          contract: { billing, rounding },
          cosignEveryMs: 0,
        });
        life.boot().run("OFF", HOUR).hire();
        for (const { state, ms, slewMs } of steps) life.run(state, ms).timeStep(slewMs);
        life.end();
        // Periods that end where clocks were set, or near it, are the difficult ones.
        const { leaves } = life.segment;
        const end = life.utc + DAY;
        const near = (choice: number) => leaves[4 + (choice % (leaves.length - 4))]!.utc!;
        const from = startUtc - DAY;
        const middle = Math.min(near(first), near(second)) + besideMs;
        const next = Math.max(near(first), near(second), middle + 1);
        const [whole, ...parts] = await Promise.all([
          statementOf(life, from, end),
          statementOf(life, from, middle),
          statementOf(life, middle, next),
          statementOf(life, next, end),
        ]);
        const quantities = new Map<string, number>();
        for (const { figures } of parts) {
          expect(figures.notes.join()).not.toMatch(/not all in|does not show/);
          for (const { id, quantity } of figures.lines) {
            quantities.set(id, (quantities.get(id) ?? 0) + quantity);
          }
        }
        const expected = whole!.figures.lines.map(({ id, quantity }) => [id, quantity] as const);
        expect(Object.fromEntries(quantities)).toEqual(Object.fromEntries(expected));
      },
    ),
    { numRuns: 10 },
  );
});
