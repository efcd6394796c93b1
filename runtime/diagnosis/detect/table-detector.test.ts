import { describe, expect, test } from "vitest";
import { inverse, studentQuantile, wanderShare } from "./statistics.ts";
import { defaultLearnRows, TableDetector } from "./table-detector.ts";

const MINUTE_MS = 60_000;

/** Gaussian noise from a seed, so that a failure comes again (mulberry32, Box and Muller). */
function noise(seed: number): () => number {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

interface Run {
  readonly alarms: readonly number[];
  readonly columns: ReadonlySet<number>;
  readonly scores: readonly number[];
}

function run(
  columns: number,
  rows: number,
  valuesAt: (row: number) => readonly number[],
  { learnRows = defaultLearnRows(columns), stepMs = 5 * MINUTE_MS } = {},
): Run {
  const detector = new TableDetector({ columns, learnRows });
  const alarms: number[] = [];
  const spoke = new Set<number>();
  const scores: number[] = [];
  for (let row = 0; row < rows; row++) {
    const judged = detector.row(row * stepMs, Float64Array.from(valuesAt(row)));
    scores.push(judged.score);
    if (!judged.isAlarm) continue;
    alarms.push(row);
    spoke.add(judged.column);
  }
  return { alarms, columns: spoke, scores };
}

describe("one value", () => {
  test("nothing is said while it learns, whatever comes", () => {
    const next = noise(1);
    const { scores } = run(1, 150, (row) => [row === 70 ? 1_000 : row === 120 ? -50 : next()]);
    expect(scores.every((score) => score === 0)).toBe(true);
  });

  test.each([1, 2, 3, 4, 5])(
    "noise that stays as it is is news in one row of 600 or less, seed %i",
    (seed) => {
      const next = noise(seed);
      expect(run(1, 4_000, () => [next()]).alarms.length).toBeLessThanOrEqual(6);
    },
  );

  test("a spike is news, and is told once", () => {
    const next = noise(7);
    const at = (row: number) => [row >= 900 && row < 905 ? 25 : next()];
    const { alarms } = run(1, 1_200, at);
    expect(alarms).toContain(900);
    expect(alarms.filter((row) => row >= 900)).toEqual([900]);
  });

  test("a step is told where it begins, and becomes normal", () => {
    const next = noise(8);
    const { alarms } = run(1, 3_000, (row) => [next() + (row >= 1_000 ? 15 : 0)]);
    expect(alarms.filter((row) => row >= 1_000 && row < 1_010)).not.toEqual([]);
    expect(alarms.filter((row) => row >= 1_010).length).toBeLessThanOrEqual(2);
  });

  test("two levels are normal, and a value between them is news", () => {
    const next = noise(9);
    const at = (row: number) => [row === 1_500 ? 50 : (row % 40 < 20 ? 0 : 100) + next()];
    expect(run(1, 2_000, at).alarms).toContain(1_500);
  });

  test("a larger variance is news by the first values out of the range", () => {
    const next = noise(10);
    const { alarms } = run(1, 1_500, (row) => [next() * (row >= 1_000 ? 12 : 1)]);
    expect(alarms.some((row) => row >= 1_000 && row < 1_010)).toBe(true);
  });

  test("a day on which the daily peak fails is news, the peaks of other days are not", () => {
    const next = noise(11);
    const day = 288;
    const failed = 9 * day;
    const { alarms } = run(1, 10 * day, (row) => {
      const isPeak = row % day >= 100 && row % day < 200 && row < failed;
      return [(isPeak ? 80 : 20) + next()];
    });
    expect(alarms.some((row) => row >= failed + 100 && row < failed + 125)).toBe(true);
    expect(alarms.filter((row) => row < failed).length).toBeLessThanOrEqual(2);
  });

  test("a Monday like a Sunday is news where weeks were seen", () => {
    const next = noise(12);
    const day = 48;
    const holiday = 32 * day;
    const valuesAt = (row: number) => {
      const isFree = Math.floor(row / day) % 7 >= 5 || (row >= holiday && row < holiday + day);
      const hour = (row % day) / 2;
      return [
        100 + (isFree ? 20 : 80) * Math.max(0, Math.sin(((hour - 6) / 14) * Math.PI)) + next(),
      ];
    };
    const { alarms } = run(1, 35 * day, valuesAt, { stepMs: 30 * MINUTE_MS });
    expect(alarms.some((row) => row >= holiday && row < holiday + day)).toBe(true);
  });

  test.each([
    ["a constant", () => 5],
    ["zero", () => 0],
    ["a constant with holes", (row: number) => (row % 3 === 0 ? Number.NaN : 5)],
    ["nothing at all", () => Number.NaN],
    ["infinity", (row: number) => (row % 2 === 0 ? 5 : Number.POSITIVE_INFINITY)],
    ["absurd numbers", (row: number) => (row % 50 === 0 ? 1e300 : 5)],
  ])("%s raises nothing", (_, value) => {
    const { alarms, scores } = run(1, 1_000, (row) => [value(row)]);
    expect(alarms).toEqual([]);
    expect(scores.every((score) => score >= 0 && score < 0.5)).toBe(true);
  });

  test("a constant that changes is news", () => {
    expect(run(1, 500, (row) => [row < 300 ? 0 : 1]).alarms[0]).toBe(300);
  });

  test("an unknown or irregular time is no obstacle", () => {
    const next = noise(13);
    const detector = new TableDetector({ columns: 1 });
    for (let row = 0; row < 2_000; row++) {
      const at = row % 7 === 0 ? Number.NaN : (row + (row % 5)) * 40 * MINUTE_MS - 1e12;
      const { score } = detector.row(at, Float64Array.of(next()));
      expect(score >= 0 && score <= 1).toBe(true);
    }
  });
});

describe("several values", () => {
  /** Current and flow follow the same load, a temperature wanders, a voltage is noise. */
  function plant(seed: number): (fault: { flow?: number; current?: number }) => number[] {
    const next = noise(seed);
    let load = 0;
    let temperature = 40;
    return ({ flow = 0, current = 0 }) => {
      load = 0.9 * load + 0.4 * next();
      temperature += 0.05 * next();
      return [
        10 + load + 0.2 * next() + current,
        30 + 2 * load + 0.4 * next() + flow,
        temperature + 0.02 * next(),
        230 + 3 * next(),
      ];
    };
  }
  const learnRows = 400;

  test("nothing is said while it learns", () => {
    const make = plant(1);
    const { scores } = run(4, 400, (row) => make({ flow: row > 200 ? 50 : 0 }), { learnRows });
    expect(scores.every((score) => score === 0)).toBe(true);
  });

  test("of thirty plants in order at most one alarms on more than a row in a hundred", () => {
    const seeds = Array.from({ length: 30 }, (_, at) => at + 1);
    const restless = seeds.filter((seed) => {
      const make = plant(seed);
      return run(4, 5_000, () => make({}), { learnRows }).alarms.length > 50;
    });
    expect(restless.length, `seeds ${restless}`).toBeLessThanOrEqual(1);
  });

  test("a daily rhythm of both raises nothing", () => {
    const next = noise(27);
    const { alarms } = run(2, 6_000, (row) => {
      const rhythm = 10 * Math.sin((2 * Math.PI * row) / 288);
      return [50 + rhythm + next(), 20 + rhythm / 2 + next()];
    });
    expect(alarms).toEqual([]);
  });

  test("a level that falls is alarmed on while it lasts, by its column", () => {
    const make = plant(21);
    const at = (row: number) => make({ flow: row >= 700 && row < 1_000 ? -12 : 0 });
    const { alarms, columns } = run(4, 1_400, at, { learnRows });
    const during = alarms.filter((row) => row >= 700 && row < 1_000).length;
    expect(during).toBeGreaterThan(280);
    expect(alarms.filter((row) => row >= 1_030)).toEqual([]);
    expect(columns.has(1)).toBe(true);
    expect(columns.has(2) || columns.has(3)).toBe(false);
  });

  test("a broken relation is alarmed on where each value alone is still usual", () => {
    const make = plant(22);
    const broken = (row: number) => make({ current: row >= 700 ? 1.2 : 0 });
    const relation = run(4, 1_000, broken, { learnRows }).alarms;
    expect(relation.filter((row) => row >= 700).length).toBeGreaterThan(150);
    const alone = plant(22);
    const single = run(
      2,
      1_000,
      (row) => {
        const [current, , , voltage] = alone({ current: row >= 700 ? 1.2 : 0 });
        return [current!, voltage!];
      },
      { learnRows },
    ).alarms;
    expect(single).toEqual([]);
  });

  test("a value that grows restless is alarmed on, though its mean stays", () => {
    const next = noise(26);
    const at = (row: number) => [next(), next() * (row >= 700 ? 5 : 1)];
    const { alarms, columns } = run(2, 1_000, at, { learnRows });
    expect(alarms.filter((row) => row < 700)).toEqual([]);
    expect(alarms.length).toBeGreaterThan(150);
    expect([...columns]).toEqual([1]);
  });

  test("missing cells and whole missing columns silence what needs them, nothing else", () => {
    const make = plant(23);
    const at = (row: number) => {
      const values = make({ flow: row >= 700 ? -12 : 0 });
      values[0] = Number.NaN;
      if (row % 3 === 0) values[1] = Number.NaN;
      if (row % 50 === 0) values.fill(Number.NaN);
      return values;
    };
    const { alarms, scores } = run(4, 1_000, at, { learnRows });
    expect(alarms.filter((row) => row < 700)).toEqual([]);
    // Two of three rows have the cell.
    expect(alarms.length).toBeGreaterThan(180);
    expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true);
  });

  test("constants raise nothing, and one that changes does", () => {
    const next = noise(24);
    const constant = (row: number) => [7, 0, next(), row < 900 ? 5 : 6];
    const { alarms, columns } = run(4, 1_000, constant, { learnRows });
    expect(alarms[0]).toBe(900);
    expect([...columns]).toEqual([3]);
  });

  test("only missing cells are no fault of ours", () => {
    const { alarms } = run(3, 500, () => [Number.NaN, Number.NaN, Number.NaN]);
    expect(alarms).toEqual([]);
  });

  test("two columns that tell the same raise nothing", () => {
    const next = noise(25);
    const { alarms } = run(3, 2_000, () => {
      const value = next();
      return [value, value, 2 * value + 1];
    });
    expect(alarms.length).toBeLessThanOrEqual(5);
  });
});

test("the same rows give the same answers", () => {
  const play = () => {
    const next = noise(30);
    return run(1, 800, (row) => [next() + (row > 500 ? 4 : 0)]).scores;
  };
  expect(play()).toEqual(play());
});

test.each([0, 65, Number.NaN])("%d columns are refused", (columns) => {
  expect(() => new TableDetector({ columns })).toThrow(RangeError);
});

describe("statistics", () => {
  // scipy.stats.t.ppf(1 - 5e-5, n)
  test.each([
    [2, 99.9925],
    [2.5, 46.0242],
    [3, 28.0001],
    [5, 11.1777],
    [10, 6.2111],
    [39, 4.3328],
    [100, 4.0533],
  ])("Student's quantile at %d degrees of freedom is SciPy's", (freedom, quantile) => {
    expect(studentQuantile(freedom) / quantile).toBeCloseTo(1, 4);
  });

  test("a matrix times its inverse is one", () => {
    const inverted = inverse(Float64Array.of(0, 2, 1, 1, 1, 0, 3, 0, 1), 3);
    // By hand: the determinant is -5.
    const expected = [-0.2, 0.4, 0.2, 0.2, 0.6, -0.2, 0.6, -1.2, 0.4];
    for (const [at, value] of expected.entries()) expect(inverted[at]).toBeCloseTo(value, 12);
  });

  test("a ramp wanders, an alternation does not", () => {
    expect(wanderShare(Float64Array.from({ length: 400 }, (_, row) => row))).toBeGreaterThan(0.9);
    expect(wanderShare(Float64Array.from({ length: 400 }, (_, row) => row % 2))).toBeLessThan(0.01);
  });
});
