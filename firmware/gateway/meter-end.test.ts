// What the gateway reads of how the meter ended.

import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { readMeterEnd } from "./meter-end.ts";

const clock = new FakeClock();
const now = clock.instantAt(clock.mono()).utc!;
const end = (process: string, cause: string, utc: number | null) => ({
  process,
  cause,
  ranMs: 1,
  waitMs: 1_000,
  utc,
});

const cases = [
  { name: "nothing was ever kept", kept: null, shown: null },
  { name: "the file is no list", kept: "{}", shown: null },
  { name: "the file is no JSON", kept: "[{", shown: null },
  { name: "only the gateway ended", kept: [end("gateway", "killed", now)], shown: null },
  { name: "it ended long ago", kept: [end("meter", "killed", now - 3_600_000)], shown: null },
  {
    name: "the latest counts",
    kept: [
      end("meter", "first", now - 2_000),
      end("meter", "second", now - 1_000),
      end("gateway", "killed", now),
    ],
    shown: { cause: "second", utc: now - 1_000 },
  },
  {
    name: "the wall time was not known",
    kept: [end("meter", "no clock", null)],
    shown: { cause: "no clock", utc: null },
  },
];
test.each(cases)("$name", ({ kept, shown }) => {
  using scratch = scratchDirectory();
  const file = scratch.at("restarts.json");
  if (kept !== null) writeFileSync(file, typeof kept === "string" ? kept : JSON.stringify(kept));
  expect(readMeterEnd(file, clock)).toEqual(shown);
});
