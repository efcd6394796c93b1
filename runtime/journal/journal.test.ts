// The journal over real files and real threads: order, durability, and what a reader gets.

import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Fault } from "../signal/fault.ts";
import { codeOf, GOOD } from "../signal/quality.ts";
import { FakeClock } from "../testing/fake-clock.ts";
import { openJournal, walk } from "../testing/journal-rig.ts";
import { scratchDirectory } from "../testing/scratch-directory.ts";
import { spawnWorkerThread } from "../testing/storage-threads.ts";
import { ZERO_REGISTERS } from "../usage/usage-state.ts";
import { openForWriting } from "./database.ts";
import { JournalCorrupt } from "./journal.ts";
import type { AlarmBody } from "./record.ts";

const ALARM: AlarmBody = {
  id: "dischargeHot",
  source: 'a "quoted" name',
  ne107: "failure",
  severity: 700,
  state: "active",
  text: 'Says "hot"\n– in German: „heiß“ \u2028',
  registers: { ...ZERO_REGISTERS, working: 5 },
};

describe("records", () => {
  test("come back as the words of the stream, whatever their texts hold", async () => {
    using scratch = scratchDirectory();
    const clock = new FakeClock({ mono: 5_000 });
    const journal = await openJournal(scratch.at("journal.sqlite"), { clock });
    journal.sample(0, 4.25, GOOD, 4_000);
    journal.sample(1, 99, codeOf("timeout"), 4_100);
    journal.sample(2, -1e21, GOOD, 4_200);
    journal.record("alarm", ALARM, 4_300);
    journal.record("usage", { state: "IDLE", registers: ZERO_REGISTERS }, 4_400);
    journal.record("boot", { name: "boot", detail: { boot: "b" } }, 4_500);
    await journal.flush();
    const { utcAtZero } = clock.wall;
    const head = (seq: number, mono: number) => {
      return { seq, boot: "boot-1", mono, utc: utcAtZero! + mono, tq: "S", err: 10 };
    };
    expect((await walk(journal)).records).toEqual([
      {
        ...head(1, 4_000),
        class: "value",
        kind: "sample",
        signal: "flow",
        value: 4.25,
        quality: "good",
      },
      {
        ...head(2, 4_100),
        class: "value",
        kind: "sample",
        signal: 'a "quoted" name',
        value: null,
        quality: "bad",
        reason: "timeout",
        last: 99,
      },
      {
        ...head(3, 4_200),
        class: "value",
        kind: "sample",
        signal: "level",
        value: -1e21,
        quality: "good",
      },
      { ...head(4, 4_300), class: "alarm", kind: "alarm", ...ALARM },
      {
        ...head(5, 4_400),
        class: "value",
        kind: "usage",
        state: "IDLE",
        registers: ZERO_REGISTERS,
      },
      { ...head(6, 4_500), class: "event", kind: "boot", name: "boot", detail: { boot: "b" } },
    ]);
    await journal.close();
  });

  test("of a boot without a clock have no date", async () => {
    using scratch = scratchDirectory();
    const clock = new FakeClock({ wall: { utcAtZero: null, tq: "U", err: null } });
    const journal = await openJournal(scratch.at("journal.sqlite"), { clock });
    journal.sample(0, 1, GOOD, 10);
    await journal.flush();
    expect((await walk(journal)).records).toMatchObject([{ utc: null, tq: "U", err: null }]);
    await journal.close();
  });

  test("before and after a step of the wall clock keep their own dates", async () => {
    using scratch = scratchDirectory();
    const clock = new FakeClock({ mono: 1_000, wall: { utcAtZero: 0, tq: "S", err: 1 } });
    const journal = await openJournal(scratch.at("journal.sqlite"), { clock });
    journal.sample(0, 1, GOOD, 1_000);
    const first = journal.flush();
    journal.sample(0, 2, GOOD, 1_000);
    clock.stepWall(3_600_000);
    const second = journal.flush();
    journal.sample(0, 3, GOOD, 1_000);
    await Promise.all([first, second, journal.flush()]);
    const { records } = await walk(journal);
    expect(records.map(({ utc }) => utc)).toEqual([1_000, 1_000, 3_601_000]);
    await journal.close();
  });

  test("without a field or a text are a programmer's error and leave no trace", async () => {
    using scratch = scratchDirectory();
    const journal = await openJournal(scratch.at("journal.sqlite"));
    expect(() => journal.record("boot", {}, 1)).toThrow("at least one field");
    const cyclic: Record<string, unknown> = {};
    cyclic["self"] = cyclic;
    expect(() => journal.record("boot", cyclic, 1)).toThrow("circular");
    journal.sample(0, 1, GOOD, 2);
    await journal.flush();
    expect((await walk(journal)).records).toMatchObject([{ seq: 1, kind: "sample" }]);
    await journal.close();
  });
});

describe("durability", () => {
  test("a reader sees nothing before its commit and everything after it", async () => {
    using scratch = scratchDirectory();
    const clock = new FakeClock();
    const committed: number[] = [];
    const journal = await openJournal(scratch.at("journal.sqlite"), {
      clock,
      timers: clock,
      onCommitted: ({ newest }) => committed.push(newest),
    });
    journal.sample(0, 1, GOOD, 1);
    expect((await walk(journal)).records).toEqual([]);
    expect(journal.pressure.pendingRows).toBe(1);
    clock.advance(1_000);
    await journal.flush();
    expect(committed).toEqual([1]);
    expect((await walk(journal)).records).toHaveLength(1);
    expect(journal.pressure).toEqual({ pendingRows: 0, droppedRows: 0, refusal: null });
    await journal.close();
  });

  test("an event is committed without waiting, with what else its turn recorded", async () => {
    using scratch = scratchDirectory();
    const committed = Promise.withResolvers<number>();
    const journal = await openJournal(scratch.at("journal.sqlite"), {
      onCommitted: ({ newest }) => committed.resolve(newest),
    });
    journal.sample(0, 1, GOOD, 1);
    journal.record("boot", { name: "boot", detail: {} }, 2);
    journal.sample(0, 2, GOOD, 3);
    expect(await committed.promise).toBe(3);
    await journal.close();
  });

  test("closing writes what there is, and another life goes on without a hole", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    for (let life = 0; life < 3; life++) {
      const journal = await openJournal(path, { epoch: `epoch-${life + 1}` });
      expect(journal.epoch).toBe("epoch-1");
      expect(journal.committed).toMatchObject({ oldest: 1, newest: life * 20_000 });
      // More than two batches, so that a queue has to be emptied.
      for (let row = 1; row <= 20_000; row++) journal.sample(row % 3, row, GOOD, row);
      await journal.close();
    }
    const journal = await openJournal(path);
    const { records } = await walk(journal, {}, 20_000);
    expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 60_000 }, (_, i) => i + 1));
    expect(
      records.every((record) => record.kind === "sample" && record.value === record.mono),
    ).toBe(true);
    await journal.close();
  });

  test("a journal reopened with other signals keeps the names of the old ones", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const first = await openJournal(path, { signals: ["old", "both"] });
    first.sample(0, 1, GOOD, 1);
    await first.close();
    const second = await openJournal(path, { signals: ["both", "new"] });
    second.sample(0, 2, GOOD, 2);
    second.sample(1, 3, GOOD, 3);
    await second.flush();
    const names = (await walk(second)).records.map(
      (record) => record.kind === "sample" && record.signal,
    );
    expect(names).toEqual(["old", "both", "new"]);
    await second.close();
  });

  test("a consumer's cursor survives, and never goes back", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const first = await openJournal(path);
    await first.acknowledge("platform", 7);
    await first.acknowledge("platform", 3);
    await first.acknowledge('an "odd" one', 1);
    await first.close();
    const second = await openJournal(path);
    expect(await second.acknowledged()).toEqual({ platform: 7, 'an "odd" one': 1 });
    await second.close();
  });
});

describe("trouble", () => {
  test("a file that is no journal any more is said to be corrupt", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    writeFileSync(path, "not a database, but long enough to be taken for one".repeat(100));
    const failures: Error[] = [];
    const opening = openJournal(path, { onFailure: (error) => failures.push(error) });
    await expect(opening).rejects.toBeInstanceOf(JournalCorrupt);
    expect(failures).toEqual([]);
  });

  test("a database that is no journal is said to be corrupt", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const database = openForWriting(path, "epoch-1");
    database.exec("DROP TABLE about");
    database.close();
    await expect(openJournal(path)).rejects.toBeInstanceOf(JournalCorrupt);
  });

  test("a directory in its place is a fault that says so", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    mkdirSync(path);
    const opening = openJournal(path);
    await expect(opening).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
    await expect(opening).rejects.toThrow("is a directory");
  });

  test("a table that goes away while it runs is a failure of the journal", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const failure = Promise.withResolvers<Error>();
    const clock = new FakeClock();
    const onFailure = failure.resolve;
    const journal = await openJournal(path, { clock, timers: clock, onFailure });
    const other = openForWriting(path, "epoch-1");
    other.exec("DROP TABLE records");
    other.close();
    journal.record("boot", { name: "boot", detail: {} }, 1);
    expect(await failure.promise).toBeInstanceOf(JournalCorrupt);
    const closed = journal.close();
    await clock.advanceAsync(10_000);
    await closed;
  });

  test("a journal of another format is refused, not overwritten", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const database = openForWriting(path, "epoch-1");
    database.pragma("user_version = 99");
    database.close();
    await expect(openJournal(path)).rejects.toMatchObject({ code: "JOURNAL_UNUSABLE" });
    await expect(openJournal(path)).rejects.toThrow("format 99");
  });

  test("a directory that is not there is a fault with a remedy", async () => {
    using scratch = scratchDirectory();
    const opening = openJournal(scratch.at("missing", "journal.sqlite"));
    const fault = await opening.catch((error: unknown) => error);
    expect(fault).toBeInstanceOf(Fault);
    expect(fault).toMatchObject({ code: "JOURNAL_UNUSABLE" });
  });

  test("a thread that dies is a failure of the journal, and no question stays open", async () => {
    using scratch = scratchDirectory();
    const failure = Promise.withResolvers<Error>();
    let reader: ReturnType<typeof spawnWorkerThread> | undefined;
    const journal = await openJournal(scratch.at("journal.sqlite"), {
      onFailure: failure.resolve,
      spawn: (name, data) => {
        const thread = spawnWorkerThread(name, data);
        if (name === "reader-thread") reader = thread;
        return thread;
      },
    });
    const asked = journal.page(0, 10, {});
    const answered = asked.then(
      () => "answered",
      (error: Error) => error.message,
    );
    await reader!.end(0);
    expect((await failure.promise).message).toContain("the reading thread ended");
    expect(await answered).toMatch(/answered|reading thread ended/);
    await journal.close();
  });

  test("a closed journal answers no more", async () => {
    using scratch = scratchDirectory();
    const journal = await openJournal(scratch.at("journal.sqlite"));
    await journal.close();
    await expect(journal.page(0, 1, {})).rejects.toThrow("it was closed");
  });
});

describe("what a status page asks", () => {
  test("what the next life has to know: the last usage, and alarms that are active", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const journal = await openJournal(path, { clock: new FakeClock({ mono: 9_000 }) });
    expect(await journal.remembered()).toEqual({ usage: null, alarms: [] });
    const registers = { ...ZERO_REGISTERS, working: 5 };
    journal.record("usage", { state: "IDLE", registers: ZERO_REGISTERS }, 1_000);
    journal.record("usage", { state: "WORKING", registers }, 2_000);
    for (const [id, state, at] of [
      ["hot", "active", 3_000],
      ["loud", "active", 3_500],
      ["hot", "cleared", 4_000],
      ["loud", "cleared", 4_500],
      ["loud", "active", 5_000],
    ] as const) {
      journal.record("alarm", { ...ALARM, id, state }, at);
    }
    await journal.flush();
    expect(await journal.remembered()).toMatchObject({
      usage: { boot: "boot-1", mono: 2_000, registers },
      alarms: [{ id: "loud", state: "active", since: { boot: "boot-1", mono: 5_000 } }],
    });
    await journal.close();
  });

  test("an alarm that waits to be seen, or on a shelf, is remembered since its onset", async () => {
    using scratch = scratchDirectory();
    const clock = new FakeClock({ mono: 9_000 });
    const journal = await openJournal(scratch.at("journal.sqlite"), { clock });
    const onset = { at: clock.instantAt(700), registers: ZERO_REGISTERS };
    const shelf = { by: "Eva", because: "x", from: clock.instantAt(900), forMs: 60_000 };
    const over = { ...ALARM, state: "cleared" };
    for (const [body, at] of [
      [{ ...ALARM, id: "waits", standing: "unacknowledged-active" }, 700],
      [{ ...over, id: "waits", standing: "returned-unacknowledged", onset }, 800],
      [{ ...over, id: "shelved", standing: "normal", shelf }, 900],
      [{ ...over, id: "done", standing: "normal", onset }, 950],
      // A version before this one knew no standing.
      [{ ...ALARM, id: "old" }, 960],
      [{ ...over, id: "oldDone" }, 970],
    ] as const) {
      journal.record("alarm", body, at);
    }
    await journal.flush();
    const { alarms } = await journal.remembered();
    expect(alarms.map(({ id, since }) => [id, since.mono]).sort()).toEqual([
      ["old", 960],
      ["shelved", 900],
      ["waits", 700],
    ]);
    await journal.close();
  });

  test("registers at the end of each day, oldest first, simulated ones marked", async () => {
    using scratch = scratchDirectory();
    const path = scratch.at("journal.sqlite");
    const dayMs = 86_400_000;
    const working = (hours: number) => ({ ...ZERO_REGISTERS, working: hours * 3_600_000 });
    const wall = { utcAtZero: Date.UTC(2026, 2, 28), tq: "S", err: 1 } as const;
    const past = await openJournal(path, { clock: new FakeClock({ boot: "simulated-1", wall }) });
    for (const [day, hours] of [
      [0, 4],
      [0.9, 8],
      [1, 9],
    ] as const) {
      past.record("usage", { state: "OFF", registers: working(hours) }, day * dayMs);
    }
    await past.close();
    const now = await openJournal(path, { clock: new FakeClock({ boot: "real", wall }) });
    now.record("usage", { state: "OFF", registers: working(10) }, 1.5 * dayMs);
    now.record("usage", { state: "OFF", registers: working(11) }, 3 * dayMs);
    await now.flush();
    expect(await now.usageDays(10)).toEqual([
      { day: "2026-03-28", registers: working(8), simulated: true },
      // Half of it was simulated: it must not pass for a day that was metered.
      { day: "2026-03-29", registers: working(10), simulated: true },
      { day: "2026-03-31", registers: working(11), simulated: false },
    ]);
    expect((await now.usageDays(1)).map(({ day }) => day)).toEqual(["2026-03-31"]);
    await now.close();
  });
});
