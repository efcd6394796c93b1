// What the parties and their witnesses send: on the ledger before anybody is told, once, and with
// its effects; and what is left of it after a restart.

import { expect, test } from "vitest";
import { utf8 } from "../../runtime/ledger/bytes.ts";
import { cosign, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import type { ContractTexts } from "../../runtime/ledger/commands.ts";
import { contractHash } from "../../runtime/ledger/contract-file.ts";
import type { Instruction } from "../../runtime/ledger/instruction.ts";
import { instructionText } from "../../runtime/ledger/instruction-payload.ts";
import { signJws } from "../../runtime/ledger/jws.ts";
import { ledgerKeyName } from "../../runtime/ledger/keeper.ts";
import { verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { type Leaf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import { addSignature, parseNote } from "../../runtime/ledger/note.ts";
import { contractText } from "../../runtime/testing/contract-text.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import {
  LESSEE,
  LESSEE_WITNESS,
  LESSOR,
  LESSOR_WITNESS,
  TEST_CONTROLLER,
  type TestKey,
  testContract,
  testKey,
} from "../../runtime/testing/ledger-parties.ts";
import { MemoryLedgerDisk } from "../../runtime/testing/memory-ledger.ts";
import { drivers } from "../drivers.ts";
import { parseMachineFile } from "../machine-file/parse-machine-file.ts";
import { LeaseDesk } from "./lease-desk.ts";
import { Metering } from "./metering.ts";
import { ledgerInMemory, TEST_SIGNER } from "./test-rig.ts";
import { Upkeep } from "./upkeep.ts";

const CONTROLLER = TEST_CONTROLLER;
const FILE = `
telltale: 1
machine: { maker: a, model: b, serialNumber: "1" }
buses: { s: { driver: simulated } }
devices: { d: { bus: s } }
signals: { load: { device: d, wave: { constant: 1 }, stale: 10s } }
usage:
  WORKING: { signal: load, above: 50 }
  service: { oil: { register: working, every: 10h, warn: 1h } }
`;

const KEY = verifierKeyOf(ledgerKeyName(CONTROLLER), TEST_SIGNER);
const DEVICE: TestKey = { name: KEY.name, signer: TEST_SIGNER, verifier: KEY, text: KEY.text };
const CONTRACT_TEXT = contractText(testContract(DEVICE, CONTROLLER));
const CONTRACT: ContractTexts = {
  text: CONTRACT_TEXT,
  jws: signed(utf8(CONTRACT_TEXT), [LESSOR, LESSEE], true),
};

function signed(bytes: Uint8Array, keys: readonly TestKey[], detached = false): string {
  return keys.reduce<string | undefined>(
    (jws, { signer }) => signJws(bytes, signer, jws, { detached }),
    undefined,
  )!;
}

function deskOn(disk: MemoryLedgerDisk, kept = new Map<string, ContractTexts>(), segment = 1) {
  const parsed = parseMachineFile(FILE, "m.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  const { machine } = parsed;
  const clock = new FakeClock({ mono: 10_000 });
  const ledger = ledgerInMemory(clock, clock, disk, segment);
  const records: { readonly kind: string; readonly body: object }[] = [];
  const recorder = {
    sample: () => undefined,
    record: (kind: string, body: object) => void records.push({ kind, body }),
  };
  const { keeper } = ledger;
  const save = () => undefined;
  const metering = new Metering({ machine, clock, recorder, keeper, past: null, save });
  metering.recover(ledger.genesis);
  const upkeep = new Upkeep({
    machine,
    metering,
    clock,
    keeper,
    earlier: ledger.upkeepLeaves,
    closedGap: null,
  });
  const desk = new LeaseDesk({
    ledger,
    metering,
    upkeep,
    recorder,
    contracts: {
      read: async (hash) => kept.get(hash) ?? null,
      keep: async (hash, texts) => void kept.set(hash, texts),
    },
    lessor: null,
    witnesses: [],
    clock,
  });
  return { desk, metering, clock, ledger, records, kept, disk };
}

let ids = 0;

function instruction(kind: Instruction["kind"], more: object = {}, id = `i-${++ids}`): string {
  const value = {
    v: 1,
    typ: "telltale.instruction",
    dev: CONTROLLER,
    id,
    issued: 1_767_225_600,
    expires: 1_767_225_600 + 86_400,
    lease: "hire-1",
    contract: contractHash(CONTRACT_TEXT),
    kind,
    ...more,
  } as Instruction;
  return signed(utf8(instructionText(value)), [LESSOR, LESSEE]);
}

function leavesOn({ leaves }: MemoryLedgerDisk): readonly Leaf[] {
  return leaves.map(({ text }) => parseLeaf(text) as Leaf);
}

async function onHire(rig: ReturnType<typeof deskOn>): Promise<void> {
  const { desk } = rig;
  expect(await desk.instruct(instruction("delivery"), CONTRACT)).toMatchObject({ result: "taken" });
  for (const kind of ["acceptance", "on-hire"] as const) {
    expect(await desk.instruct(instruction(kind))).toMatchObject({ result: "taken" });
  }
}

test("what was taken stands on the disk, with the lease on every leaf from then on", async () => {
  const rig = deskOn(new MemoryLedgerDisk());
  await onHire(rig);
  const leaves = leavesOn(rig.disk);
  expect(leaves.map(({ typ, lease }) => [typ, lease?.state])).toEqual([
    ["GENESIS", undefined],
    ["BOOT", undefined],
    ["LEASE", "delivered"],
    ["LEASE", "accepted"],
    ["LEASE", "on-hire"],
  ]);
  // A boundary of the contract has a checkpoint of its own.
  expect([...rig.disk.checkpoints.keys()]).toEqual([3, 4, 5]);
  expect(rig.desk.lease()).toMatchObject({ lease: { id: "hire-1", state: "on-hire" }, taken: 3 });
});

test("a next life knows the lease, the contract and what was taken", async () => {
  const first = deskOn(new MemoryLedgerDisk());
  const delivery = instruction("delivery");
  await first.desk.instruct(delivery, CONTRACT);
  const next = deskOn(first.disk, first.kept);
  expect(next.ledger.keeper.lease).toEqual({ id: "hire-1", state: "delivered" });
  expect(await next.desk.instruct(delivery)).toMatchObject({ result: "taken", repeated: true });
  expect(await next.desk.instruct(instruction("acceptance"))).toMatchObject({ result: "taken" });
});

test("a segment after a break takes nothing that was signed before it began", async () => {
  const { desk } = deskOn(new MemoryLedgerDisk(), new Map(), 2);
  const before = { issued: 1_767_225_609 };
  const old = await desk.instruct(instruction("delivery", before), CONTRACT);
  expect(old).toMatchObject({ result: "refused", code: "expired" });
  const after = { issued: 1_767_225_611 };
  const anew = await desk.instruct(instruction("delivery", after), CONTRACT);
  expect(anew).toMatchObject({ result: "taken" });
});

test("what cannot follow is refused, and leaves no trace on the ledger", async () => {
  const { desk, disk, ledger } = deskOn(new MemoryLedgerDisk());
  const refusal = await desk.instruct(instruction("on-hire"), CONTRACT);
  expect(refusal).toMatchObject({ result: "refused", code: "out-of-order" });
  await ledger.store.flush();
  expect(leavesOn(disk).map(({ typ }) => typ)).toEqual(["GENESIS", "BOOT"]);
});

test("a person's word makes FAULT, also in the next life, until it is taken back", async () => {
  const rig = deskOn(new MemoryLedgerDisk());
  await onHire(rig);
  const begin = instruction("fault-begin", { reason: "the door jams" }, "jam");
  const work = (metering: Metering, at: number) => {
    metering.intake.accept(0, 60, at);
    metering.tick(at);
  };
  for (const at of [11_000, 12_000]) work(rig.metering, at);
  expect(rig.metering.usage.state).toBe("WORKING");
  await rig.desk.instruct(begin);
  for (const at of [13_000, 14_000]) work(rig.metering, at);
  expect(rig.metering.usage).toMatchObject({ state: "FAULT", source: "instruction:jam" });
  const next = deskOn(rig.disk, rig.kept);
  for (const at of [11_000, 12_000]) work(next.metering, at);
  expect(next.metering.usage.state).toBe("FAULT");
  await next.desk.instruct(instruction("fault-end", { reason: "mended" }));
  for (const at of [13_000, 14_000]) work(next.metering, at);
  expect(next.metering.usage.state).toBe("WORKING");
});

test("a service that was done is a leaf with who said so; an unknown one is refused", async () => {
  const rig = deskOn(new MemoryLedgerDisk());
  await onHire(rig);
  const done = instruction("service-done", { service: "oil", register: "working" });
  expect(await rig.desk.instruct(done)).toMatchObject({ result: "taken" });
  expect(leavesOn(rig.disk).at(-1)).toMatchObject({
    typ: "SERVICE",
    d: { name: "oil", state: "done", jws: done },
  });
  const unknown = instruction("service-done", { service: "oli", register: "working" });
  expect(await rig.desk.instruct(unknown)).toMatchObject({ result: "refused" });
});

test("of a cosigned note the lines of known witnesses are kept, and no others", async () => {
  const rig = deskOn(new MemoryLedgerDisk());
  await onHire(rig);
  const note = rig.ledger.keeper.newestCheckpoint!;
  const stranger = testKey("stranger.example", "ed25519", "cosignature");
  const lines = [LESSOR_WITNESS, stranger].map(({ name, signer }) =>
    cosign(note, name, signer, 1_767_300_000),
  );
  const brought = lines.reduce(addSignature, note);
  expect(await rig.desk.cosignature(brought)).toMatchObject({ result: "taken" });
  const [kept] = await rig.ledger.store.checkpoints(5, 5, 1);
  const parsed = parseNote(kept!);
  if (typeof parsed === "string") throw new Error(parsed);
  expect(parsed.signatures.map(({ name }) => name)).toEqual([KEY.name, LESSOR_WITNESS.name]);
  expect(verifyCosignature(kept!, LESSOR_WITNESS.verifier)).toEqual({ time: 1_767_300_000 });
  await rig.ledger.store.flush();
  expect(leavesOn(rig.disk).at(-1)).toMatchObject({
    typ: "COSIGNATURE",
    d: { witness: LESSOR_WITNESS.name, time: 1_767_300_000 },
  });
});

test("a cosignature of a stranger, or of another tree, is refused", async () => {
  const rig = deskOn(new MemoryLedgerDisk());
  await onHire(rig);
  const other = deskOn(new MemoryLedgerDisk());
  other.clock.advance(5);
  other.metering.anchor({ source: "rtc" });
  await onHire(other);
  const note = rig.ledger.keeper.newestCheckpoint!;
  const { name, signer } = testKey("stranger.example", "ed25519", "cosignature");
  const strange = addSignature(note, cosign(note, name, signer, 1));
  expect(await rig.desk.cosignature(strange)).toMatchObject({ code: "unknown-witness" });
  const theirs = other.ledger.keeper.newestCheckpoint!;
  const line = cosign(theirs, LESSEE_WITNESS.name, LESSEE_WITNESS.signer, 1);
  expect(await rig.desk.cosignature(addSignature(theirs, line))).toMatchObject({
    code: "unknown-checkpoint",
  });
  expect(await rig.desk.cosignature("nonsense")).toMatchObject({ code: "malformed" });
});
