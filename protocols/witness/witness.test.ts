import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import { softwareSigner } from "../../runtime/ledger/keys.ts";
import { addSignature } from "../../runtime/ledger/note.ts";
import {
  DEVICE,
  DEVICE_NAME,
  MemoryWitnessStore,
  NOW_SECONDS,
  TestLog,
  WITNESS_KEY,
  witnessOf,
} from "./test-rig.ts";
import { parseRequest, requestText } from "./witness-request.ts";

function rig() {
  const store = new MemoryWitnessStore();
  const witness = witnessOf(store);
  const keptSize = (origin = DEVICE_NAME) => {
    const note = store.kept.get(origin);
    const checkpoint = note === undefined ? null : parseCheckpoint(note);
    return typeof checkpoint === "object" ? (checkpoint?.size ?? 0) : Number.NaN;
  };
  return { store, witness, keptSize };
}

describe("what is cosigned", () => {
  test("the first checkpoint, and each that continues it", () => {
    const { store, witness, keptSize } = rig();
    const log = new TestLog().append(7);
    let old = 0;
    for (const more of [0, 1, 6, 100]) {
      log.append(more);
      const answer = witness.addCheckpoint(log.request(old));
      if (answer.status !== 200) throw new Error(JSON.stringify(answer));
      const note = addSignature(log.checkpoint(), answer.cosignature.trimEnd());
      expect(verifyCosignature(note, WITNESS_KEY)).toEqual({ time: NOW_SECONDS });
      expect(keptSize()).toBe(log.size);
      expect(store.kept.get(DEVICE_NAME)).toBe(note);
      old = log.size;
    }
    expect(store.evidence).toEqual([]);
  });

  test("the same checkpoint again, with a newer time", () => {
    const store = new MemoryWitnessStore();
    let now = NOW_SECONDS;
    const witness = witnessOf(store, () => now);
    const log = new TestLog().append(3);
    witness.addCheckpoint(log.request(0));
    now += 900;
    expect(witness.addCheckpoint(log.request(3))).toMatchObject({ status: 200 });
    expect(verifyCosignature(store.kept.get(DEVICE_NAME)!, WITNESS_KEY)?.time).toBe(now);
  });

  test("a later segment under the same key, from its own beginning", () => {
    const { witness, keptSize } = rig();
    const first = new TestLog().append(9);
    const second = new TestLog([], `${DEVICE_NAME}/2`).append(2);
    expect(witness.addCheckpoint(first.request(0)).status).toBe(200);
    expect(witness.addCheckpoint(second.request(0)).status).toBe(200);
    expect([keptSize(), keptSize(`${DEVICE_NAME}/2`)]).toEqual([9, 2]);
  });

  test("an empty log", () => {
    const { witness } = rig();
    expect(witness.addCheckpoint(new TestLog().request(0)).status).toBe(200);
    expect(witness.addCheckpoint(new TestLog().append(4).request(0)).status).toBe(200);
  });

  test("signatures of others on the checkpoint are neither judged nor kept", () => {
    const { store, witness } = rig();
    const log = new TestLog().append(3);
    const stranger = `— stranger.example ${btoa("0123456789")}`;
    const checkpoint = addSignature(log.checkpoint(), stranger);
    expect(witness.addCheckpoint(requestText({ old: 0, proof: [], checkpoint })).status).toBe(200);
    expect(store.kept.get(DEVICE_NAME)).not.toContain("stranger");
  });
});

describe("what is refused", () => {
  test("a wrong old size, with the right one", () => {
    const { witness } = rig();
    const log = new TestLog().append(5);
    expect(witness.addCheckpoint(log.request(0)).status).toBe(200);
    log.append(3);
    for (const old of [0, 4, 6]) {
      expect(witness.addCheckpoint(log.request(old))).toEqual({ status: 409, size: 5 });
    }
  });

  test("a rollback: an older checkpoint, and what grows from it", () => {
    const { store, witness, keptSize } = rig();
    const log = new TestLog().append(20);
    witness.addCheckpoint(log.request(0));
    const old = log.fork(12);
    expect(witness.addCheckpoint(old.request(12))).toEqual({ status: 409, size: 20 });
    expect(witness.addCheckpoint(old.request(0))).toEqual({ status: 409, size: 20 });
    const request = { old: 20, proof: [], checkpoint: old.checkpoint() };
    expect(witness.addCheckpoint(requestText(request)).status).toBe(400);
    // It grows beyond, in another way: now it claims to continue what it does not know.
    old.append(20, "other");
    expect(witness.addCheckpoint(old.request(20))).toMatchObject({ status: 422 });
    expect(keptSize()).toBe(20);
    expect(store.evidence).toMatchObject([
      { kind: "inconsistent", origin: DEVICE_NAME, offered: old.checkpoint(), time: NOW_SECONDS },
    ]);
    expect(verifyCosignature(store.evidence[0]!.kept, WITNESS_KEY)).not.toBeNull();
  });

  test("another tree of the same size is kept as evidence, with both notes", () => {
    const { store, witness, keptSize } = rig();
    const log = new TestLog().append(8);
    witness.addCheckpoint(log.request(0));
    const other = log.fork(7).append(1, "other");
    const answer = witness.addCheckpoint(other.request(8));
    expect(answer).toMatchObject({ status: 409, reason: expect.stringContaining("another tree") });
    // Whatever size it says that it continues.
    expect(witness.addCheckpoint(other.request(0))).toEqual({ status: 409, size: 8 });
    expect(store.evidence).toHaveLength(2);
    for (const { kind, kept, offered } of store.evidence) {
      expect(kind).toBe("fork");
      expect(kept).toContain(log.checkpoint().trimEnd());
      expect(offered).toBe(other.checkpoint());
    }
    expect(keptSize()).toBe(8);
  });

  const log = new TestLog().append(6);
  const stranger = softwareSigner("ed25519", new Uint8Array(32).fill(99));
  const with6 = (change: object) =>
    requestText({ old: 0, proof: [], checkpoint: log.checkpoint(), ...change });
  test.each([
    ["nothing", "", 400],
    ["no old size", with6({}).replace("old 0\n", ""), 400],
    ["an old size with a zero in front", with6({}).replace("old 0", "old 00"), 400],
    ["a negative old size", with6({}).replace("old 0", "old -1"), 400],
    ["an old size above the new one", with6({ old: 7 }), 400],
    ["64 lines of proof", with6({ proof: Array(64).fill(log.proof(3)[0]) }), 400],
    ["a proof that is no base64", with6({ proof: ["%"] }), 400],
    ["a hash that is too short", with6({ proof: ["AAAA"] }), 400],
    ["a proof from nothing", with6({ proof: log.proof(3) }), 422],
    ["no note", "old 0\n\nhello\n", 400],
    ["a note that is no checkpoint", with6({ checkpoint: `a\nb\n\n— x ${btoa("12345")}\n` }), 400],
    ["an unknown log", new TestLog([], "telltale/usage/other").append(1).request(0), 404],
    ["a segment 1 by another name", new TestLog([], `${DEVICE_NAME}/1`).append(1).request(0), 404],
    ["a segment of a segment", new TestLog([], `${DEVICE_NAME}/2/2`).append(1).request(0), 404],
    ["a segment beyond all", new TestLog([], `${DEVICE_NAME}/1001`).append(1).request(0), 404],
    ["another key", new TestLog([], DEVICE_NAME, stranger).append(1).request(0), 403],
    ["a changed size", with6({}).replace("\n6\n", "\n7\n"), 403],
  ])("%s", (_, body, status) => {
    const { store, witness } = rig();
    expect(witness.addCheckpoint(body)).toMatchObject({ status });
    expect(store.kept.size).toBe(0);
  });

  test("a disk that does not take it: nothing is signed, and what was before holds", () => {
    const { store, witness } = rig();
    const log = new TestLog().append(3);
    witness.addCheckpoint(log.request(0));
    store.failure = new Error("no space");
    log.append(2);
    expect(() => witness.addCheckpoint(log.request(3))).toThrow("no space");
    store.failure = null;
    expect(witness.addCheckpoint(log.request(3)).status).toBe(200);
  });
});

test("whatever is asked in whatever order, what is cosigned is one growing log", () => {
  const step = fc.record({
    log: fc.nat(2),
    grow: fc.nat(9),
    old: fc.option(fc.nat(40), { nil: null, freq: 3 }),
    restart: fc.boolean(),
  });
  let cosigned = 0;
  fc.assert(
    fc.property(fc.nat(10), fc.array(step, { maxLength: 40 }), (common, steps) => {
      const store = new MemoryWitnessStore();
      let witness = witnessOf(store);
      const trunk = new TestLog().append(common);
      const logs = ["a", "b", "c"].map((word) => ({ word, log: trunk.fork() }));
      const given: { word: string; size: number }[] = [];
      for (const { log: index, grow, old, restart } of steps) {
        if (restart) witness = witnessOf(store);
        const { word, log } = logs[index]!;
        log.append(grow, word);
        const answer = witness.addCheckpoint(
          log.request(Math.min(old ?? given.at(-1)?.size ?? 0, log.size)),
        );
        if (answer.status === 200) given.push({ word, size: log.size });
      }
      cosigned += given.length;
      const beyond = given.filter(({ size }) => size > common);
      expect(new Set(beyond.map(({ word }) => word)).size).toBeLessThanOrEqual(1);
      const sizes = given.map(({ size }) => size);
      expect(sizes).toEqual([...sizes].sort((one, other) => one - other));
    }),
    { numRuns: 60 },
  );
  expect(cosigned).toBeGreaterThan(60);
});

test("whatever bytes are asked with, nothing throws and nothing is signed", () => {
  const { store, witness } = rig();
  const good = new TestLog().append(5).request(0);
  const piece = fc.constantFrom("old ", "0", "\n", "\n\n", "—", DEVICE_NAME, "AAAA", " ", "5");
  const mixed = fc
    .array(fc.oneof(piece, fc.string()), { maxLength: 12 })
    .map((all) => all.join(""));
  const cut = fc.nat(good.length - 1).map((length) => good.slice(0, length));
  fc.assert(
    fc.property(fc.oneof(mixed, cut, fc.string({ unit: "binary" })), (body) => {
      const { status } = witness.addCheckpoint(body);
      expect([400, 403, 404]).toContain(status);
    }),
    { numRuns: 500 },
  );
  expect(store.kept.size).toBe(0);
});

test("a request is read back as it was written", () => {
  const log = new TestLog().append(9);
  const request = { old: 5, proof: log.proof(5), checkpoint: log.checkpoint() };
  expect(parseRequest(requestText(request))).toEqual(request);
  expect(DEVICE.algorithm).toBe("ed25519");
});
