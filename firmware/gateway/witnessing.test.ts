import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  DEVICE_NAME,
  MemoryWitnessStore,
  type ServedWitness,
  serveWitness,
  TestLog,
  WITNESS_KEY,
  witnessOf,
} from "../../protocols/witness/test-rig.ts";
import { parseCheckpoint, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { type WitnessedLedger, Witnessing } from "./witnessing.ts";

const MINUTE_MS = 60_000;
const TAKEN: Outcome = { result: "taken", repeated: false, lease: null };

let clock: FakeClock;
let log: TestLog;
let store: MemoryWitnessStore;
let served: ServedWitness;
let taken: string[];
let outcome: Outcome;
let isMeterUp: boolean;
let witnessing: Witnessing;
/** How many exchanges have begun and ended, so that a test can wait without a clock. */
let asked: number;
let done: number;

const ledger: WitnessedLedger = {
  async checkpoint() {
    asked++;
    return log.checkpoint();
  },
  consistency: async (first, second) => log.proof(first, second),
  async cosignature(note) {
    taken.push(note);
    return outcome;
  },
};

beforeEach(async () => {
  clock = new FakeClock();
  log = new TestLog().append(5);
  store = new MemoryWitnessStore();
  served = await serveWitness(witnessOf(store));
  taken = [];
  outcome = TAKEN;
  isMeterUp = true;
  asked = 0;
  done = 0;
  witnessing = new Witnessing({
    witnesses: [{ name: "lessee", url: served.url, key: WITNESS_KEY.text }],
    ledger: () => (isMeterUp ? ledger : null),
    mono: () => clock.mono(),
    timers: clock,
    // Asked for once at the end of each exchange.
    random: () => {
      done++;
      return 0;
    },
    log: silentLog,
  });
  witnessing.open();
});

afterEach(async () => {
  witnessing.close();
  await served[Symbol.asyncDispose]();
});

/** Lets time pass in steps of what is looked at, and what was begun end. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 5_000) {
    clock.advance(5_000);
    for (let turns = 0; done < asked; turns++) {
      if (turns > 100_000) throw new Error("an exchange does not end");
      await turn();
    }
  }
}

const sizes = () => taken.map((note) => (parseCheckpoint(note) as { size: number }).size);

test("each quarter of an hour a checkpoint is cosigned and handed to the meter", async () => {
  await pass(5_000);
  for (let quarter = 0; quarter < 3; quarter++) {
    log.append(3);
    await pass(15 * MINUTE_MS);
  }
  expect(sizes()).toEqual([5, 8, 11, 14]);
  for (const note of taken) expect(verifyCosignature(note, WITNESS_KEY)).not.toBeNull();
  expect(witnessing.status).toMatchObject([{ name: "lessee", size: 14, trouble: null }]);
  expect(witnessing.status[0]!.lastCosignedAge).toBeLessThanOrEqual(15 * MINUTE_MS);
});

test("while the meter is away nobody is asked, and at once when it is back", async () => {
  isMeterUp = false;
  await pass(60 * MINUTE_MS);
  expect(asked).toBe(0);
  isMeterUp = true;
  await pass(5_000);
  expect(sizes()).toEqual([5]);
});

test("a witness that is away is tried again, ever more seldom, and comes back", async () => {
  const { port } = served;
  await served[Symbol.asyncDispose]();
  await pass(60 * MINUTE_MS);
  expect(witnessing.status).toMatchObject([
    { lastCosignedAge: null, size: null, trouble: { kind: "unreachable" } },
  ]);
  // 30 s, 1, 2, 4, 8 and then each 15 minutes.
  expect(asked).toBeGreaterThanOrEqual(8);
  expect(asked).toBeLessThanOrEqual(10);
  served = await serveWitness(witnessOf(store), () => 0, port);
  await pass(15 * MINUTE_MS);
  expect(witnessing.status).toMatchObject([{ size: 5, trouble: null }]);
});

test("a ledger that was rolled back is told by name, and goes on asking", async () => {
  await pass(5_000);
  log = log.fork(2);
  await pass(20 * MINUTE_MS);
  expect(witnessing.status).toMatchObject([{ trouble: { kind: "ahead" } }]);
  log.append(9, "other");
  await pass(20 * MINUTE_MS);
  expect(witnessing.status).toMatchObject([{ trouble: { kind: "fork" } }]);
  expect(store.evidence.map(({ kind }) => kind)).toContain("inconsistent");
  expect(sizes()).toEqual([5]);
});

test("a new segment of the ledger is cosigned from its beginning", async () => {
  await pass(5_000);
  log = new TestLog([], `${DEVICE_NAME}/2`).append(2);
  await pass(15 * MINUTE_MS);
  expect(sizes()).toEqual([5, 2]);
});

test("a cosignature that the meter refuses is a trouble with its reason", async () => {
  outcome = { result: "refused", code: "unknown-witness", message: "no such witness" };
  await pass(5_000);
  expect(witnessing.status).toMatchObject([
    {
      lastCosignedAge: null,
      trouble: { kind: "ledger", message: expect.stringContaining("unknown-witness") },
    },
  ]);
  outcome = TAKEN;
  await pass(5 * MINUTE_MS);
  expect(witnessing.status).toMatchObject([{ trouble: null, size: 5 }]);
});
