// Counters of a rental and of a trip, beside registers that never reset.

import { expect, test } from "vitest";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { periodCounters } from "./period-counters.ts";

const NOW = { ...ZERO_REGISTERS, working: 9_000, idle: 500, starts: 7 };

test("each counts from its own mark", () => {
  const rental = { ...ZERO_REGISTERS, working: 4_000, starts: 3 };
  const trip = { ...ZERO_REGISTERS, working: 8_500, idle: 500, starts: 6 };
  expect(periodCounters(NOW, { rental, trip, lifetime: ZERO_REGISTERS })).toEqual({
    rental: { ...ZERO_REGISTERS, working: 5_000, idle: 500, starts: 4 },
    trip: { ...ZERO_REGISTERS, working: 500, starts: 1 },
    lifetime: NOW,
  });
});

test("a mark of another meter is refused, not counted backwards", () => {
  const mark = { ...ZERO_REGISTERS, idle: 501 };
  expect(() => periodCounters(NOW, { rental: mark })).toThrow(
    "idle is less than when rental began",
  );
});
