// Which memory of the registers a new life of the meter goes on with.

import { expect, test } from "vitest";
import { pastLife } from "./past-life.ts";
import type { SavedRegisters } from "./register-slots.ts";
import { type Registers, ZERO_REGISTERS } from "./usage-state.ts";

const registersOf = (registers: Partial<Registers>): Registers => ({
  ...ZERO_REGISTERS,
  ...registers,
});

function slots(registers: Partial<Registers>, boot = "b"): SavedRegisters {
  return { boot, mono: 100, savedAt: 130, registers: registersOf(registers) };
}

function kept(registers: Partial<Registers>) {
  return { boot: "b", mono: 90, registers: registersOf(registers) };
}

const cases = [
  { name: "nobody remembers anything", slots: null, ledger: null, journal: null, from: undefined },
  {
    name: "the slots are newer than the ledger's last leaf",
    slots: slots({ working: 50, off: 50 }),
    ledger: kept({ working: 40, off: 50 }),
    journal: null,
    from: "slots",
  },
  {
    name: "they say the same",
    slots: slots({ working: 50 }),
    ledger: kept({ working: 50 }),
    journal: null,
    from: "slots",
  },
  {
    name: "the slots are of an earlier boot: their file was put back",
    slots: slots({ working: 10 }, "a"),
    ledger: kept({ working: 40 }),
    journal: null,
    from: "ledger",
  },
  {
    name: "the slots observed more and yet take a register back",
    slots: slots({ working: 30, off: 500 }),
    ledger: kept({ working: 40, off: 50 }),
    journal: null,
    from: "ledger",
  },
  {
    name: "the slots are lost",
    slots: null,
    ledger: kept({ working: 40 }),
    journal: kept({ working: 41 }),
    from: "ledger",
  },
  {
    name: "the ledger has not begun yet",
    slots: slots({ working: 5 }),
    ledger: null,
    journal: kept({ working: 3 }),
    from: "slots",
  },
  {
    name: "slots and ledger are lost",
    slots: null,
    ledger: null,
    journal: kept({ working: 3 }),
    from: "journal",
  },
] as const;

test.each(cases)("$name: $from", ({ from, slots: saved, ledger, journal }) => {
  const life = pastLife({ slots: saved, ledger, journal });
  expect(life?.from).toBe(from);
  const chosen = { slots: saved, ledger, journal }[from ?? "slots"];
  expect(life?.registers).toEqual(chosen?.registers);
});

test("a suspend whose leaf was lost: what the slots hold beyond the clock is said", () => {
  const ledger = kept({ working: 90 });
  const saved = slots({ working: 95, unknown: 3_605 });
  const life = pastLife({ slots: saved, ledger, journal: null });
  expect(life).toMatchObject({ from: "slots", addedMs: 3_600 });
});

test("slots that were saved later than now are somebody's invention", () => {
  const now = { boot: "b", mono: 120 };
  const kepts = { slots: slots({ working: 900 }), ledger: kept({ working: 5 }), journal: null };
  expect(pastLife({ now, ...kepts })).toMatchObject({ from: "ledger", registers: { working: 5 } });
  expect(pastLife({ now: { ...now, mono: 130 }, ...kepts })).toMatchObject({ from: "slots" });
  expect(pastLife({ now: { ...now, boot: "c" }, ...kepts })).toMatchObject({ from: "slots" });
});

test("a leaf that was faster than its save: its registers, observed until that save", () => {
  const saved = { ...slots({ working: 80 }), mono: 80, savedAt: 95 };
  const life = pastLife({ slots: saved, ledger: kept({ working: 90 }), journal: null });
  expect(life).toMatchObject({ from: "slots", mono: 90, savedAt: 95, registers: { working: 90 } });
  const long = { boot: "b", mono: 20_000, registers: registersOf({ working: 90 }) };
  expect(pastLife({ slots: saved, ledger: long, journal: null })).toMatchObject({ from: "ledger" });
});

test("of two that say the same, a later start's leaf is newer than an earlier boot's slots", () => {
  const counters = { segment: 1, size: 9, starts: 3, events: 0 };
  const saved = { ...slots({ working: 50 }, "a"), ledger: counters };
  const ledger = kept({ working: 50 });
  const chosen = (starts: number) =>
    pastLife({ slots: saved, ledger: { ...ledger, starts }, journal: null });
  expect(chosen(4)).toMatchObject({ from: "ledger", boot: "b" });
  expect(chosen(3)).toMatchObject({ from: "slots", boot: "a" });
  expect(chosen(2)).toMatchObject({ from: "slots", boot: "a" });
});

test("what stood on record had nothing undecided beside it", () => {
  const life = pastLife({ slots: null, ledger: kept({ working: 1 }), journal: null });
  expect(life).toMatchObject({ mono: 90, savedAt: 90 });
});
