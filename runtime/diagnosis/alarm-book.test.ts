// The states of an alarm after IEC 62682, as timelines of what happens and what people do.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AlarmBody } from "../journal/record.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { AlarmBook, type StandingAlarm } from "./alarm-book.ts";
import type { AlarmFacts } from "./alarm-state.ts";

const HOUR = 3_600_000;

function facts(latch: boolean, change: Partial<AlarmFacts> = {}): AlarmFacts {
  return {
    id: "hot",
    source: "heat",
    ne107: "out-of-specification",
    severity: 500,
    priority: "medium",
    latch,
    text: "Hot.",
    ...change,
  };
}

function bookOn(clock = new FakeClock(), latch = false, declared = true) {
  const records: AlarmBody[] = [];
  let toldAt = 0;
  const book = new AlarmBook({
    clock,
    registers: () => ({ ...ZERO_REGISTERS, working: clock.mono() }),
    onChange: (body, at) => {
      records.push(body);
      toldAt = at;
    },
  });
  if (declared) book.declare(facts(latch));
  /** What the journal would give the next life. */
  const remembered = (): StandingAlarm[] =>
    records
      .slice(-1)
      .map((body) => ({ ...body, since: body.onset?.at ?? clock.instantAt(toldAt) }));
  return { book, records, clock, remembered };
}

/** `r` raised, `c` cleared, `a` acknowledged, `s` shelved, `u` unshelved. */
function play(steps: string, latch: boolean) {
  const { book, records, clock } = bookOn(new FakeClock(), latch);
  for (const step of steps) {
    clock.advance(1_000);
    const at = clock.mono();
    if (step === "r") book.raise(facts(latch), at);
    else if (step === "c") book.clear("hot", at);
    else if (step === "a") book.acknowledge("hot", "Eva", "", at);
    else if (step === "s") book.shelve("hot", { by: "Eva", because: "x", forMs: HOUR }, at);
    else book.unshelve("hot", at);
  }
  return { told: records.map(({ event }) => event), standing: book.standing[0]?.standing };
}

test.each([
  { name: "is normal before anything", steps: "", latch: false, standing: undefined },
  { name: "waits to be seen", steps: "r", latch: false, standing: "unacknowledged-active" },
  { name: "was seen and lasts", steps: "ra", latch: false, standing: "acknowledged-active" },
  { name: "is over once its cause is", steps: "rc", latch: false, standing: undefined },
  { name: "is over when it was seen", steps: "rac", latch: false, standing: undefined },
  {
    name: "that latches waits to be seen",
    steps: "rc",
    latch: true,
    standing: "returned-unacknowledged",
  },
  { name: "that latches is over once it was seen", steps: "rca", latch: true, standing: undefined },
  {
    name: "that latches and was seen ends with its cause",
    steps: "rac",
    latch: true,
    standing: undefined,
  },
  {
    name: "that comes again wants to be seen again",
    steps: "racr",
    latch: true,
    standing: "unacknowledged-active",
  },
  { name: "goes its way on a shelf", steps: "srac", latch: true, standing: "normal" },
  {
    name: "stands as it is after its shelf",
    steps: "rsu",
    latch: false,
    standing: "unacknowledged-active",
  },
])("an alarm $name", ({ steps, latch, standing }) => {
  expect(play(steps, latch).standing).toBe(standing);
});

test("what changes nothing is not put on record", () => {
  expect(play("crraacca", false).told).toEqual(["raised", "acknowledged", "cleared"]);
});

test("it carries the registers and the instant of its onset through its life", () => {
  const { book, records, clock } = bookOn();
  clock.advance(700);
  book.raise(facts(false), 500);
  book.acknowledge("hot", "Eva", "seen", 700);
  expect(records[0]).toMatchObject({ event: "raised", registers: { working: 700 } });
  expect(records[1]).toMatchObject({
    event: "acknowledged",
    onset: { at: { mono: 500 }, registers: { working: 700 } },
    acknowledged: { by: "Eva", comment: "seen", at: { mono: 700 } },
  });
  expect(book.standing).toMatchObject([{ since: { mono: 500 }, registers: { working: 700 } }]);
});

test("what grows graver wants to be seen again; other words alone do not", () => {
  const { book, records } = bookOn();
  book.raise(facts(false), 1);
  book.acknowledge("hot", "Eva", "", 2);
  book.raise(facts(false, { text: "Hotter." }), 3);
  expect(book.standing).toMatchObject([{ standing: "acknowledged-active", text: "Hotter." }]);
  book.raise(facts(false, { severity: 900 }), 4);
  expect(book.standing).toMatchObject([{ standing: "unacknowledged-active", since: { mono: 1 } }]);
  expect(records.map(({ event }) => event)).toEqual([
    "raised",
    "acknowledged",
    "updated",
    "escalated",
  ]);
});

test("one that is not of the machine file is forgotten when it is over", () => {
  const { book } = bookOn(new FakeClock(), false, false);
  expect(book.mayShelve("hot")).toBe("unknown-alarm");
  book.raise(facts(false), 1);
  expect(book.mayShelve("hot")).toBe("does");
  book.clear("hot", 2);
  expect(book.mayShelve("hot")).toBe("unknown-alarm");
});

test.each([
  ["", "not-standing", "does", "not-shelved"],
  ["r", "does", "does", "not-shelved"],
  ["ra", "repeated", "does", "not-shelved"],
  ["s", "not-standing", "does", "does"],
] as const)(
  "after '%s' it may be acknowledged: %s, shelved: %s, unshelved: %s",
  (steps, ...may) => {
    const { book } = bookOn();
    for (const step of steps) {
      if (step === "r") book.raise(facts(false), 1);
      else if (step === "a") book.acknowledge("hot", "Eva", "", 2);
      else book.shelve("hot", { by: "Eva", because: "x", forMs: HOUR }, 1);
    }
    expect([book.mayAcknowledge("hot"), book.mayShelve("hot"), book.mayUnshelve("hot")]).toEqual(
      may,
    );
    expect(book.mayUnshelve("cold")).toBe("unknown-alarm");
  },
);

describe("a shelf", () => {
  const SHELF = { by: "Eva", because: "the probe is being exchanged", forMs: 8 * HOUR };
  const NO_CLOCK = { utcAtZero: null, tq: "U", err: null } as const;

  test("ends by itself, and not before", () => {
    const { book, records, clock } = bookOn();
    book.raise(facts(false), 0);
    book.shelve("hot", SHELF, 0);
    clock.advance(8 * HOUR - 1);
    book.settle(clock.mono());
    expect(book.standing).toMatchObject([{ shelf: SHELF, standing: "unacknowledged-active" }]);
    clock.advance(1);
    book.settle(clock.mono());
    expect(book.standing[0]?.shelf).toBeUndefined();
    expect(records.at(-1)).toMatchObject({ event: "shelf-ended", state: "active" });
  });

  /** A life ends `beforeMs` after the shelf, the next one begins where `restart` says. */
  function restHours(
    beforeMs: number,
    restart: (clock: FakeClock) => void,
    clock = new FakeClock(),
  ): number | null {
    const earlier = bookOn(clock);
    earlier.book.raise(facts(false), clock.mono());
    earlier.book.shelve("hot", SHELF, clock.mono());
    const shelved = earlier.remembered();
    clock.advance(beforeMs);
    restart(clock);
    const later = bookOn(clock);
    expect(later.book.restore(shelved[0]!, true, clock.mono())).toBe(true);
    if (!later.book.standing[0]?.shelf) return null;
    for (let minutes = 1; ; minutes++) {
      clock.advance(60_000);
      later.book.settle(clock.mono());
      if (!later.book.standing[0]?.shelf) return minutes / 60;
    }
  }

  const hoursOff = (hours: number) => (clock: FakeClock) => {
    const { utcAtZero } = clock.wall;
    const utc = utcAtZero! + clock.mono() + hours * HOUR;
    clock.reboot("boot-2");
    clock.wall = { utcAtZero: utc, tq: "S", err: 10 };
  };

  test("goes on exactly where only the process began anew", () => {
    expect(restHours(3 * HOUR, () => undefined)).toBe(5);
  });

  test("goes on by the wall clock where both boots had one", () => {
    expect(restHours(3 * HOUR, hoursOff(2))).toBe(3);
    expect(restHours(3 * HOUR, hoursOff(6))).toBeNull();
  });

  test("is never longer than it was given, whatever the wall clock did", () => {
    expect(restHours(3 * HOUR, hoursOff(-1_000))).toBe(8);
  });

  test("keeps an hour at most where nobody knows how long the power was off", () => {
    const clock = new FakeClock({ wall: NO_CLOCK });
    expect(restHours(3 * HOUR, () => clock.reboot("boot-2"), clock)).toBe(1);
    const blind = (later: FakeClock) => {
      later.reboot("boot-2");
      later.wall = NO_CLOCK;
    };
    expect(restHours(3 * HOUR, blind)).toBe(1);
  });

  test("does not live for ever where power is cut again and again and no clock is there", () => {
    const clock = new FakeClock({ wall: NO_CLOCK });
    let life = bookOn(clock);
    life.book.raise(facts(false), 0);
    life.book.shelve("hot", SHELF, 0);
    let boots = 0;
    for (; life.book.standing[0]?.shelf; boots++) {
      const before = life.remembered();
      clock.reboot(`boot-${boots + 2}`);
      life = bookOn(clock);
      life.book.restore(before[0]!, true, clock.mono());
      expect(boots).toBeLessThan(20);
    }
    expect(life.records.at(-1)).toMatchObject({ event: "shelf-ended", state: "active" });
  });
});

describe("a restart", () => {
  test.each(["r", "ra", "rc", "rs", "s", "rsc", "ras"])("goes on after '%s'", (steps) => {
    const earlier = bookOn(new FakeClock(), true);
    const { book, clock } = earlier;
    for (const step of steps) {
      clock.advance(1_000);
      if (step === "r") book.raise(facts(true), clock.mono());
      else if (step === "a") book.acknowledge("hot", "Eva", "seen", clock.mono());
      else if (step === "c") book.clear("hot", clock.mono());
      else book.shelve("hot", { by: "Eva", because: "x", forMs: HOUR }, clock.mono());
    }
    const later = bookOn(clock, true);
    later.book.restore(earlier.remembered()[0]!, true, clock.mono());
    expect(later.book.standing).toEqual(book.standing);
    expect(later.records).toEqual([]);
  });

  test("a record of version 0.2 knows only that it is active", () => {
    const { book, clock } = bookOn(new FakeClock(), true);
    const since = clock.instantAt(0);
    const { id, source, ne107, severity, text } = facts(false);
    const old = { id, source, ne107, severity, text, state: "active", registers: ZERO_REGISTERS };
    book.restore({ ...(old as AlarmBody), since }, true, 0);
    expect(book.standing).toMatchObject([{ standing: "unacknowledged-active", since }]);
  });

  test("what the controller says of itself again keeps what people did about it", () => {
    const earlier = bookOn(new FakeClock(), false, false);
    earlier.book.raise(facts(false), 0);
    earlier.book.acknowledge("hot", "Eva", "", 1);
    const [before] = earlier.remembered();
    const silent = bookOn(earlier.clock, false, false);
    expect(silent.book.restore(before!, false, 5)).toBe(false);
    const again = bookOn(earlier.clock, false, false);
    again.book.raise(facts(false), 4);
    expect(again.book.restore(before!, false, 5)).toBe(true);
    expect(again.book.standing).toMatchObject([
      { standing: "acknowledged-active", since: { mono: 0 } },
    ]);
    const graver = bookOn(earlier.clock, false, false);
    graver.book.raise(facts(false, { severity: 800 }), 4);
    graver.book.restore(before!, false, 5);
    expect(graver.book.standing).toMatchObject([{ standing: "unacknowledged-active" }]);
  });
});

test("whatever happens, the last record tells the next life the same", () => {
  const steps = fc.array(fc.constantFrom("r", "c", "a", "s", "u", "t"), { maxLength: 30 });
  fc.assert(
    fc.property(steps, fc.boolean(), (list, latch) => {
      const { book, records, clock, remembered } = bookOn(new FakeClock(), latch);
      for (const step of list) {
        clock.advance(60_000);
        const at = clock.mono();
        if (step === "r") book.raise(facts(latch), at);
        else if (step === "c") book.clear("hot", at);
        else if (step === "a") book.acknowledge("hot", "Eva", "", at);
        else if (step === "s") book.shelve("hot", { by: "Eva", because: "x", forMs: 90_000 }, at);
        else if (step === "u") book.unshelve("hot", at);
        book.settle(at);
      }
      const [last] = records.slice(-1);
      const stands = last !== undefined && (last.standing !== "normal" || last.shelf !== undefined);
      expect(book.standing.length).toBe(stands ? 1 : 0);
      if (!stands) return;
      const later = bookOn(clock, latch);
      later.book.restore(remembered()[0]!, true, clock.mono());
      expect(later.book.standing).toEqual(book.standing);
    }),
  );
});
