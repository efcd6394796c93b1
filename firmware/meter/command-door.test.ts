import { describe, expect, test } from "vitest";
import { AlarmBook } from "../../runtime/diagnosis/alarm-book.ts";
import type { AlarmFacts } from "../../runtime/diagnosis/alarm-state.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { CommandDoor } from "./command-door.ts";

const HOT: AlarmFacts = {
  id: "hot",
  source: "heat",
  ne107: "out-of-specification",
  severity: 500,
  priority: "medium",
  latch: false,
  text: "Hot.",
};

const TAKEN: Outcome = { result: "taken", repeated: false, lease: null };

function doorOf(act: (note: string) => Promise<Outcome> = async () => TAKEN) {
  const clock = new FakeClock();
  const done: string[] = [];
  const records: object[] = [];
  const alarms = new AlarmBook({
    clock,
    registers: () => ZERO_REGISTERS,
    onChange: ({ id, event }) => records.push({ kind: "alarm", id, event }),
  });
  alarms.declare(HOT);
  const disk = { durable: async () => undefined };
  const door = new CommandDoor({
    alarms,
    durable: () => disk.durable(),
    commands: {
      instruct: async (jws, contract) => {
        done.push(`instruct ${jws} ${contract?.text ?? "-"}`);
        return { result: "refused", code: "malformed", message: "it is no JWS" };
      },
      cosignature: (note) => {
        done.push(`cosignature ${note}`);
        return act(note);
      },
      lease: () => ({ controller: "c", lease: null, fault: null, taken: 0 }),
    },
    clock,
    record: (kind, { name, detail }) => records.push({ kind, name, ...detail }),
  });
  return { clock, door, done, records, alarms, disk };
}

test("a command is passed on, answered and put on record", async () => {
  const { door, done, records } = doorOf();
  expect(await door.command("cosignature", { note: "n" }, undefined)).toBe(JSON.stringify(TAKEN));
  expect(done).toEqual(["cosignature n"]);
  expect(records).toEqual([{ kind: "command", name: "cosignature", result: "taken" }]);
});

test("a refusal is an answer, and on record with its code", async () => {
  const { door, done, records } = doorOf();
  const contract = { text: "c", jws: "s" };
  const text = await door.command("instruct", { jws: "j", contract }, undefined);
  expect(JSON.parse(text)).toMatchObject({ result: "refused", code: "malformed" });
  expect(done).toEqual(["instruct j c"]);
  expect(records).toMatchObject([{ name: "instruct", result: "refused", code: "malformed" }]);
});

test.each([
  ["a command that is not there", "open-sesame", {}, "unknown"],
  ["no note", "cosignature", {}, "bad-arguments"],
  ["a note that is no text", "cosignature", { note: 5 }, "bad-arguments"],
  ["a note that is too long", "cosignature", { note: "x".repeat(20_000) }, "bad-arguments"],
  ["a contract that is no contract", "instruct", { jws: "j", contract: 5 }, "bad-arguments"],
  ["half a contract", "instruct", { jws: "j", contract: { text: "c" } }, "bad-arguments"],
])("%s is not asked about", async (_, name, args, code) => {
  const { door, done, records } = doorOf();
  await expect(door.command(name, args, undefined)).rejects.toMatchObject({ code });
  expect([done, records]).toEqual([[], []]);
});

test("the same command with the same key is done once", async () => {
  const { door, done } = doorOf();
  const answers = await Promise.all([
    door.command("cosignature", { note: "n" }, "key-1"),
    door.command("cosignature", { note: "n" }, "key-1"),
  ]);
  expect(new Set(answers).size).toBe(1);
  expect(done).toHaveLength(1);
  await expect(door.command("cosignature", { note: "other" }, "key-1")).rejects.toMatchObject({
    code: "bad-arguments",
  });
  for (let other = 0; other < 10; other++)
    await door.command("cosignature", { note: "n" }, `k${other}`);
  expect(done).toHaveLength(11);
});

test("a command that was refused may be asked again with its key", async () => {
  const { door, done } = doorOf();
  for (const jws of ["a", "a", "b"]) await door.command("instruct", { jws }, "key-1");
  expect(done).toEqual(["instruct a -", "instruct a -", "instruct b -"]);
});

test("a command that failed may be asked again with its key", async () => {
  let tries = 0;
  const { door, done } = doorOf(async () => {
    if (tries++ === 0) throw new Error("the disk is full");
    return TAKEN;
  });
  await expect(door.command("cosignature", { note: "n" }, "key-1")).rejects.toThrow("disk");
  await door.command("cosignature", { note: "n" }, "key-1");
  expect(done).toHaveLength(2);
});

test("twenty come at once, then one a second", async () => {
  const { clock, door, done } = doorOf();
  const ask = () => door.command("cosignature", { note: "n" }, undefined);
  for (let asked = 0; asked < 20; asked++) await ask();
  await expect(ask()).rejects.toMatchObject({ code: "too-many" });
  clock.advance(2_500);
  await ask();
  await ask();
  await expect(ask()).rejects.toMatchObject({ code: "too-many" });
  clock.advance(500);
  await ask();
  expect(done).toHaveLength(23);
});

test("commands are judged one after the other, in the order in which they came", async () => {
  const order: string[] = [];
  const { door } = doorOf(async (note) => {
    order.push(`${note} begins`);
    await new Promise<void>((resolve) => setImmediate(resolve));
    order.push(`${note} ends`);
    return TAKEN;
  });
  await Promise.all(["a", "b"].map((note) => door.command("cosignature", { note }, undefined)));
  expect(order).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

describe("an order about an alarm", () => {
  const ask = async (door: CommandDoor, name: string, args: object = {}, key?: string) =>
    JSON.parse(await door.command(`alarm-${name}`, { alarm: "hot", by: "Eva", ...args }, key));

  test("stands on record before what it did", async () => {
    const { door, alarms, records } = doorOf();
    alarms.raise(HOT, 1);
    const outcome = await ask(door, "acknowledge", { comment: "seen" });
    expect(outcome).toMatchObject({
      result: "taken",
      repeated: false,
      alarm: { standing: "acknowledged-active", acknowledged: { by: "Eva", comment: "seen" } },
    });
    const about = { alarm: "hot", by: "Eva", comment: "seen" };
    expect(records.slice(1)).toEqual([
      { kind: "command", name: "alarm-acknowledge", ...about, result: "taken" },
      { kind: "alarm", id: "hot", event: "acknowledged" },
    ]);
  });

  test("is not done twice, with a key or without", async () => {
    const { door, alarms, records } = doorOf();
    alarms.raise(HOT, 1);
    await ask(door, "acknowledge", {}, "key-1");
    await ask(door, "acknowledge", {}, "key-1");
    expect(records).toHaveLength(3);
    expect(await ask(door, "acknowledge")).toMatchObject({ result: "taken", repeated: true });
    expect(records.slice(3)).toMatchObject([{ kind: "command", result: "taken before" }]);
  });

  test("shelves for a bounded time, with a reason, and takes from the shelf", async () => {
    const { clock, door, alarms } = doorOf();
    const order = { because: "the probe is being exchanged", forMs: 8 * 3_600_000 };
    expect(await ask(door, "shelve", order)).toMatchObject({
      result: "taken",
      alarm: { standing: "normal", shelf: { by: "Eva", ...order, from: { mono: clock.mono() } } },
    });
    expect(await ask(door, "unshelve")).toMatchObject({ result: "taken", alarm: null });
    expect(alarms.standing).toEqual([]);
  });

  test.each([
    ["acknowledge", { alarm: "cold" }, "unknown-alarm"],
    ["acknowledge", {}, "not-standing"],
    ["unshelve", {}, "not-shelved"],
    ["shelve", { alarm: "cold", because: "x", forMs: 60_000 }, "unknown-alarm"],
  ])("to %s %j is refused and on record: %s", async (name, args, code) => {
    const { door, records } = doorOf();
    expect(await ask(door, name, args)).toMatchObject({ result: "refused", code });
    expect(records).toMatchObject([{ kind: "command", name: `alarm-${name}`, code }]);
  });

  test.each([
    ["acknowledge", { by: " " }],
    ["acknowledge", { by: undefined }],
    ["acknowledge", { alarm: 5 }],
    ["acknowledge", { comment: "two\nlines" }],
    ["shelve", { because: "x" }],
    ["shelve", { because: "x", forMs: 59_999 }],
    ["shelve", { because: "x", forMs: 7 * 24 * 3_600_000 + 1 }],
    ["shelve", { because: "x".repeat(301), forMs: 60_000 }],
    ["shelve", { forMs: 60_000 }],
  ])("to %s %j is not judged", async (name, args) => {
    const { door, records } = doorOf();
    await expect(ask(door, name, args)).rejects.toMatchObject({ code: "bad-arguments" });
    expect(records).toEqual([]);
  });

  test("is answered when it is on the disk; where that fails it can be asked again", async () => {
    const { door, alarms, disk } = doorOf();
    alarms.raise(HOT, 1);
    disk.durable = () => Promise.reject(new Error("the disk takes nothing"));
    await expect(ask(door, "acknowledge", {}, "key-1")).rejects.toThrow("takes nothing");
    disk.durable = async () => undefined;
    const outcome = await ask(door, "acknowledge", {}, "key-1");
    expect(outcome).toMatchObject({ result: "taken", repeated: true });
  });
});
