// What the stream answers of the ledger, and what it refuses.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Unanswerable } from "../../protocols/stream/source.ts";
import { LEAF_TYPES } from "../../runtime/ledger/leaf.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { ZERO_REGISTERS } from "../../runtime/usage/usage-state.ts";
import { ledgerAnswer } from "./ledger-answers.ts";
import { ledgerInMemory } from "./test-rig.ts";

async function filled(leaves: number): Promise<LedgerReader> {
  const clock = new FakeClock();
  const ledger = ledgerInMemory(clock, clock);
  const { keeper } = ledger;
  for (let at = 0; keeper.size < leaves; at++) {
    const state = { state: "IDLE", mode: "None", overload: false } as const;
    const moment = { at, ...state, registers: { ...ZERO_REGISTERS, idle: at } };
    if (at === 0) keeper.add("GENESIS", ledger.genesis!, moment);
    else keeper.add("TICK", {}, moment);
  }
  await ledger.store.flush();
  return ledger.reader();
}

describe("the ledger answers over the stream", () => {
  test("as it does in the process", async () => {
    const ledger = await filled(20);
    const note = await ledger.freshCheckpoint();
    const utc = 1_767_225_600_005;
    const asked: readonly (readonly [object, unknown])[] = [
      [{ ask: "facts" }, await ledger.facts()],
      [{ ask: "leaves", from: 3, limit: 4 }, await ledger.leaves(3, 4)],
      [{ ask: "index-at", utc }, 5],
      [
        { ask: "newest-of", types: ["TICK"], before: 9, limit: 2 },
        await ledger.newestOf(["TICK"], 9, 2),
      ],
      [{ ask: "inclusion", index: 3, size: 11 }, await ledger.inclusion(3, 11)],
      [{ ask: "consistency", first: 7, second: 20 }, await ledger.consistency(7, 20)],
      [{ ask: "frontier", size: 19 }, await ledger.frontier(19)],
      [{ ask: "checkpoints", sizeMin: 0, sizeMax: 99, limit: 5 }, [note]],
      [{ ask: "fresh-checkpoint" }, note],
    ];
    for (const [args, answer] of asked) {
      const text = await ledgerAnswer(ledger, args as Record<string, unknown>);
      expect(JSON.parse(text)).toEqual(answer);
    }
  });

  test.each<Readonly<Record<string, unknown>>>([
    {},
    { ask: "everything" },
    { ask: "__proto__" },
    { ask: ["facts"] },
    { ask: "leaves" },
    { ask: "leaves", from: -1, limit: 1 },
    { ask: "leaves", from: 0, limit: 501 },
    { ask: "leaves", from: 0.5, limit: 1 },
    { ask: "leaves", from: "0", limit: 1 },
    { ask: "index-at", utc: 2 ** 60 },
    { ask: "newest-of", types: [], before: 1, limit: 1 },
    { ask: "newest-of", types: ["toString"], before: 1, limit: 1 },
    { ask: "newest-of", types: "TICK", before: 1, limit: 1 },
    { ask: "newest-of", types: Array(18).fill("TICK"), before: 1, limit: 1 },
    { ask: "inclusion", index: 5, size: 5 },
    { ask: "inclusion", index: 0, size: 6 },
    { ask: "inclusion", index: 0, size: 0 },
    { ask: "consistency", first: 4, second: 3 },
    { ask: "consistency", first: 1, second: 6 },
    { ask: "frontier", size: 6 },
    { ask: "checkpoints", sizeMin: 0, sizeMax: 5, limit: 0 },
  ])("and refuses %j", async (args) => {
    const refused = ledgerAnswer(await filled(5), args);
    await expect(refused).rejects.toBeInstanceOf(Unanswerable);
    await expect(refused).rejects.toMatchObject({ code: "bad-arguments" });
  });

  test("and no arguments make it fail in another way", async () => {
    const ledger = await filled(5);
    const names = ["from", "limit", "utc", "types", "before", "index", "size", "first", "second"];
    const asks = ["leaves", "index-at", "newest-of", "inclusion", "consistency", "frontier"];
    const value = fc.oneof(
      fc.integer({ min: -2, max: 8 }),
      fc.constantFrom(...LEAF_TYPES).map((type) => [type]),
      fc.anything(),
    );
    const args = fc.tuple(
      fc.constantFrom(...asks),
      fc.dictionary(fc.constantFrom(...names), value, { noNullPrototype: true }),
    );
    await fc.assert(
      fc.asyncProperty(args, async ([ask, rest]) => {
        try {
          JSON.parse(await ledgerAnswer(ledger, { ...rest, ask }));
        } catch (error) {
          expect(error).toBeInstanceOf(Unanswerable);
        }
      }),
    );
  });

  test("and of a ledger without leaves only what there is", async () => {
    const ledger = await filled(0);
    expect(await ledgerAnswer(ledger, { ask: "leaves", from: 0, limit: 9 })).toBe("[]");
    expect(await ledgerAnswer(ledger, { ask: "frontier", size: 0 })).toBe("[]");
    await expect(ledgerAnswer(ledger, { ask: "inclusion", index: 0, size: 1 })).rejects.toThrow(
      "this ledger has none yet",
    );
  });
});
