// Rental and trip, told as leaves.

import { expect, test } from "vitest";
import type { Leaf, LeaseState } from "../../runtime/ledger/leaf.ts";
import {
  type Registers,
  type UsageState,
  ZERO_REGISTERS,
} from "../../runtime/usage/usage-state.ts";
import { PeriodCounters } from "./period-counters.ts";

const at = (working: number): Registers => ({ ...ZERO_REGISTERS, working, starts: 2 });

function lease(state: LeaseState, working: number): Leaf {
  return { typ: "LEASE", lease: { id: "a", state }, regs: at(working) } as unknown as Leaf;
}

function change(from: UsageState, st: UsageState, working: number): Leaf {
  return { typ: "STATE", d: { from }, st, regs: at(working) } as unknown as Leaf;
}

function after(...leaves: readonly Leaf[]) {
  const counters = new PeriodCounters();
  for (const leaf of leaves) counters.follow(leaf);
  const { rental, trip } = counters.periods(at(1_000));
  return { rental: rental?.working, trip: trip?.working };
}

test("a rental counts from the leaf that put the machine on hire, over standby calls", () => {
  expect(after(lease("accepted", 100))).toEqual({});
  const onHire = [lease("accepted", 100), lease("on-hire", 200)];
  expect(after(...onHire)).toEqual({ rental: 800 });
  expect(after(...onHire, lease("standby", 300), lease("on-hire", 400))).toEqual({ rental: 800 });
  expect(after(...onHire, lease("off-hire", 500))).toEqual({});
  expect(after(...onHire, lease("off-hire", 500), lease("on-hire", 600))).toEqual({ rental: 400 });
});

test("a trip counts from the last start, not from a load and not from a known state again", () => {
  const started = change("OFF", "IDLE", 200);
  expect(after(started)).toEqual({ trip: 800 });
  expect(after(started, change("IDLE", "WORKING", 300))).toEqual({ trip: 800 });
  expect(after(started, change("UNKNOWN", "WORKING", 400))).toEqual({ trip: 800 });
  expect(after(started, change("STANDBY", "WORKING", 700))).toEqual({ trip: 300 });
});
