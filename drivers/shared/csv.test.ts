import { describe, expect, test } from "vitest";
import { formatCsv, parseCsv } from "./csv.ts";

const fault = (message: RegExp) =>
  expect.objectContaining({ code: "SETTING_INVALID", message: expect.stringMatching(message) });

const thrownBy = (text: string) => {
  try {
    return parseCsv(text, "run.csv");
  } catch (error) {
    return error;
  }
};

describe("reading", () => {
  test.each([
    ["commas", 'time,"oil, hot"\n0,61\n1, 62 \n'],
    ["semicolons", '\u{feff}time;"oil, hot"\r\n0;61\r\n\r\n1;62'],
    ["tabs", "time\toil, hot\n0\t61\n1\t62\n"],
  ])("a table with %s", (_, text) => {
    const { columns, rows } = parseCsv(text, "run.csv");
    expect(columns).toEqual(["time", "oil, hot"]);
    expect(rows.map(({ cells }) => cells)).toEqual([
      { time: "0", "oil, hot": "61" },
      { time: "1", "oil, hot": "62" },
    ]);
  });

  test("each row knows its line, past empty lines and line ends in quotes", () => {
    const { rows } = parseCsv('a,b\n1,2\n\n"3\n",4\n5,6\n', "run.csv");
    expect(rows.map(({ line }) => line)).toEqual([2, 5, 6]);
  });

  test("a row that ends early has empty cells there, as Excel leaves them out", () => {
    const { rows } = parseCsv("a,b,c\n1\n2,3\n", "run.csv");
    expect(rows.map(({ cells }) => Object.values(cells))).toEqual([
      ["1", "", ""],
      ["2", "3", ""],
    ]);
  });

  test.each([
    ["", /^run\.csv: line 1 is empty/],
    ["a,a\n1,2\n", /line 1 has two columns "a"/],
    ["a,b\n1,2\n3,4,5\n", /line 3 is no row of this table \(it has more cells than the first/],
    ['a,b\n1,"2\n', /line \d is no row of this table/],
    [`a,b\n${"x".repeat(70_000)},1\n`, /line \d is no row of this table/],
  ])("%j is refused with its line", (text, message) => {
    expect(thrownBy(text)).toEqual(fault(message));
  });
});

test("what is written reads back the same", () => {
  const rows = [
    { name: "oil", note: 'says "hot", often', scale: "-0.1" },
    { name: "fuel", note: "two\nlines", scale: "" },
  ];
  const columns = ["name", "note", "scale"];
  const text = formatCsv(columns, [rows[0]!, { name: "fuel", note: "two\nlines" }]);
  expect(parseCsv(text, "tags.csv").rows.map(({ cells }) => cells)).toEqual(rows);
  expect(text.split("\n")[0]).toBe("name,note,scale");
});
