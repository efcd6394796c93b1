import { expect, test } from "vitest";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { CommandDoor } from "./command-door.ts";

const TAKEN: Outcome = { result: "taken", repeated: false, lease: null };

function doorOf(act: (note: string) => Promise<Outcome> = async () => TAKEN) {
  const clock = new FakeClock();
  const done: string[] = [];
  const records: object[] = [];
  const door = new CommandDoor({
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
  return { clock, door, done, records };
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
