import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  boundText,
  CHART_DAYS_MAX,
  chartLegend,
  decimalText,
  exactText,
  hoursCell,
  hoursChart,
  hoursText,
  html,
  momentText,
  moneyText,
} from "./page-parts.ts";

const HOUR_MS = 3_600_000;
/** The thin space between groups of digits, as a person types it. */
const plain = (text: string) => text.replaceAll("\u202f", " ").replaceAll("\u2212", "-");

describe("hours", () => {
  test.each([
    [0, "0.00"],
    [35_999, "0.00"],
    [36_000, "0.01"],
    [HOUR_MS - 1, "0.99"],
    [HOUR_MS, "1.00"],
    [1_234.56 * HOUR_MS, "1 234.56"],
    [1_234_567 * HOUR_MS + 35_999, "1 234 567.00"],
    [-HOUR_MS - 1, "-1.00"],
    [-1, "0.00"],
  ])("%i ms are %s h", (milliseconds, text) => {
    expect(plain(hoursText(milliseconds))).toBe(text);
  });

  test("are never shown larger than they are", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (milliseconds) => {
        const hundredths = BigInt(plain(hoursText(milliseconds)).replace(/[ .]/g, ""));
        const shown = hundredths * 36_000n;
        expect(shown <= BigInt(milliseconds)).toBe(true);
        expect(BigInt(milliseconds) - shown < 36_000n).toBe(true);
      }),
    );
  });

  test("have their exact milliseconds beside them", () => {
    expect(plain(exactText(28_512_345))).toBe("28 512 345 ms");
    expect(plain(hoursCell(28_512_345).text)).toContain('title="28 512 345 ms"');
    expect(hoursCell(0).text).toContain("–");
  });
});

describe("money", () => {
  test.each([
    [123_456, 2, "1 234.56"],
    [5, 2, "0.05"],
    [-5, 2, "-0.05"],
    [-123_456_789, 2, "-1 234 567.89"],
    [1_500, 0, "1 500"],
    [1_234, 3, "1.234"],
    [Number.MAX_SAFE_INTEGER, 2, "90 071 992 547 409.91"],
  ])("%i with %i decimals is %s", (minor, decimals, text) => {
    expect(plain(moneyText(minor, decimals))).toBe(text);
  });
});

test("a moment has its distance from UTC", () => {
  const offsets = [
    { from: 0, seconds: 3_600 },
    { from: Date.UTC(2026, 2, 29, 1), seconds: 7_200 },
  ];
  expect(momentText(Date.UTC(2026, 2, 29, 0, 59), offsets)).toBe("2026-03-29 01:59 UTC+01:00");
  expect(momentText(Date.UTC(2026, 2, 29, 1), offsets)).toBe("2026-03-29 03:00 UTC+02:00");
  const behind = [{ from: 0, seconds: -12_600 }];
  expect(plain(momentText(Date.UTC(2026, 0, 1, 3), behind))).toBe("2025-12-31 23:30 UTC-03:30");
});

test.each([
  [10_500, "10.5 s"],
  [10_501, "10.6 s"],
  [0, "0 s"],
  [119_999, "120 s"],
  [120_000, "2 min"],
  [3_600_001, "60.1 min"],
  [7_200_001, "2.1 h"],
])("a bound of %i ms is %s, rounded up", (milliseconds, text) => {
  expect(boundText(milliseconds)).toBe(text);
});

test("money for programs is a decimal number", () => {
  expect(decimalText(-123_456_789, 2)).toBe("-1234567.89");
  expect(decimalText(1_500, 0)).toBe("1500");
});

describe("markup", () => {
  test("escapes what is put in, and not what it made itself", () => {
    const inner = html`<b>${`<i a="b" c='d'>&`}</b>`;
    expect(html`<p>${inner}${[inner, null, false, undefined, 3]}</p>`.text).toBe(
      `<p>${inner.text}${inner.text}3</p>`,
    );
    expect(inner.text).toBe("<b>&lt;i a=&quot;b&quot; c=&#39;d&#39;&gt;&amp;</b>");
  });

  test("shows neither control characters nor what turns the direction of a text", () => {
    expect(html`${"a\u0000b\u202ec\u2066d\u001b[31m"}`.text).toBe(
      "a\uFFFDb\uFFFDc\uFFFDd\uFFFD[31m",
    );
  });
});

describe("the chart of the hours", () => {
  const day = (index: number, working: number) => ({
    day: new Date(Date.UTC(2026, 0, 1 + index)).toISOString().slice(0, 10),
    hours: { working, off: 24 * HOUR_MS - working },
  });

  test("has one bar a day and one piece a state", () => {
    const chart = hoursChart([day(0, 8 * HOUR_MS), day(1, 0)]).text;
    expect(chart.match(/<g>/g)).toHaveLength(2);
    expect(chart.match(/class="fill-working"/g)).toHaveLength(1);
    expect(chart.match(/class="fill-off"/g)).toHaveLength(2);
    expect(chart).toContain("2026-01-01: WORKING 8.00 h, OFF 16.00 h");
  });

  test("gives a third of the height to 8 h of 24", () => {
    const heights = [...hoursChart([day(0, 8 * HOUR_MS)]).text.matchAll(/height="([\d.]+)"/g)];
    const [working, off] = heights.map(([, height]) => Number(height));
    expect(off! / working!).toBeCloseTo(2, 1);
  });

  test("draws a day of 25 h whole", () => {
    const chart = hoursChart([{ day: "2026-10-25", hours: { working: 25 * HOUR_MS } }]).text;
    const [, top] = /<rect [^>]* y="([\d.]+)"/.exec(chart)!;
    expect(Number(top)).toBeGreaterThan(0);
    expect(chart).toContain(">30 h<");
  });

  test("draws no more days than its width can show", () => {
    const days = Array.from({ length: CHART_DAYS_MAX + 5 }, (_, index) => day(index, HOUR_MS));
    const chart = hoursChart(days).text;
    expect(chart.match(/<g>/g)).toHaveLength(CHART_DAYS_MAX);
    expect(chart).toContain(days.at(-1)!.day);
    expect(chart).not.toContain(days[0]!.day);
  });

  test("without a day is empty and says so", () => {
    expect(hoursChart([]).text).toContain("there is no day");
    expect(chartLegend([]).text).toBe('<p class="legend"></p>');
  });
});
