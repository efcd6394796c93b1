// What an hour of operation writes to the disk at the defaults, extrapolated to a year: a save of
// the registers each 8 s and at each transition, a leaf at each transition, a tick and a checkpoint
// each quarter of an hour, through the real slot file and the real ledger thread. Beside it the
// same rows in SQLite alone, where the registers are a row that is updated.
//
// Counted are the sectors that the device was given. Others write to it as well, so that the
// quietest of some rounds stands. Where the files are on no device of their own (an overlay, a file
// system in memory), it is what the kernel says that this process wrote. What cannot be seen in a
// replay of six hours in seconds is what a file system writes for itself at its own pace: see
// docs/decisions/ledger-file.md.

import {
  closeSync,
  existsSync,
  fdatasyncSync,
  openSync,
  readdirSync,
  readFileSync,
  statfsSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSlotFile } from "../firmware/host/slot-file.ts";
import { spawnThread } from "../firmware/host/threads.ts";
import { hostTimers } from "../firmware/host/timers.ts";
import { SAVE_EVERY_MS } from "../firmware/meter/metering.ts";
import { type LeafLog, LedgerKeeper, type UsageMoment } from "../runtime/ledger/keeper.ts";
import { softwareSigner } from "../runtime/ledger/keys.ts";
import { Ledger } from "../runtime/ledger-store/ledger.ts";
import { silentLog } from "../runtime/signal/log.ts";
import { FakeClock } from "../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { RegisterSlots, type SavedRegisters } from "../runtime/usage/register-slots.ts";
import { ZERO_REGISTERS } from "../runtime/usage/usage-state.ts";
import { type Benchmark, compare, figure } from "./harness.ts";

const HOURS = 6;
const HOURS_PER_YEAR = 8_766;
const HOUR_MS = 3_600_000;
const TRANSITION_EVERY_MS = HOUR_MS / 20;
const QUARTER_HOUR_MS = HOUR_MS / 4;
const GB = 1e9;
const GOAL_GB_PER_YEAR = 30;

/** What a life writes; each is on the disk when it resolves. */
interface Disk {
  save(registers: SavedRegisters): Promise<void>;
  transition(moment: UsageMoment): Promise<void>;
  quarter(moment: UsageMoment): Promise<void>;
  close(): Promise<void>;
}

function momentAt(at: number): UsageMoment {
  const isWorking = Math.floor(at / TRANSITION_EVERY_MS) % 2 === 1;
  const registers = { ...ZERO_REGISTERS, working: Math.floor(at / 2), idle: Math.ceil(at / 2) };
  return {
    at,
    state: isWorking ? "WORKING" : "IDLE",
    mode: "Processing",
    overload: false,
    registers,
  };
}

/** @param between what happens on the disk between any two writes. */
async function live(disk: Disk, between: () => void): Promise<void> {
  const save = async (at: number) => {
    const { registers } = momentAt(at);
    await disk.save({ boot: BOOT, mono: at, savedAt: at, registers });
  };
  let savedAt = 0;
  for (let at = 1_000; at <= HOURS * HOUR_MS; at += 1_000) {
    const isTransition = at % TRANSITION_EVERY_MS === 0;
    const isQuarter = at % QUARTER_HOUR_MS === 0;
    const isSave = isTransition || at - savedAt >= SAVE_EVERY_MS;
    if (isTransition) await disk.transition(momentAt(at));
    if (isQuarter) await disk.quarter(momentAt(at));
    if (isSave) {
      savedAt = at;
      await save(at);
    }
    if (isTransition || isQuarter || isSave) between();
  }
  await disk.close();
}

const BOOT = "0f4b4e0c-6f0e-4c7e-9d6b-7d1f2a3b4c5d";
const NOBODY = { async save() {}, async transition() {}, async quarter() {}, async close() {} };

function keeperOn(log: LeafLog): LedgerKeeper {
  return new LedgerKeeper({
    controller: "0123456789abcdef0123456789abcdef",
    segment: 1,
    end: { size: 0, frontier: [], lastLeaf: null },
    log,
    instantAt: (mono) => ({ boot: BOOT, mono, utc: 1_767_225_600_000 + mono, tq: "S", err: 10 }),
    signer: softwareSigner("ed25519", new Uint8Array(32).fill(7)),
    software: "a".repeat(64),
    configuration: "b".repeat(64),
    checkpointEveryMs: QUARTER_HOUR_MS,
    tickEveryMs: QUARTER_HOUR_MS,
  });
}

async function slotsIn(directory: string): Promise<Disk> {
  const slots = new RegisterSlots(await openSlotFile(`${directory}/registers.slots`));
  await slots.open();
  return { ...NOBODY, save: (state) => slots.save(state), close: () => slots.close() };
}

async function ledgerIn(directory: string): Promise<Disk> {
  const clock = new FakeClock();
  const ledger = new Ledger({
    path: `${directory}/ledger.sqlite`,
    clock,
    timers: hostTimers,
    log: silentLog,
    spawn: spawnThread,
    onCommitted: () => undefined,
    onFailure(error) {
      throw error;
    },
  });
  await ledger.open();
  const keeper = keeperOn(ledger);
  return {
    ...NOBODY,
    async transition(moment) {
      keeper.add("STATE", { from: moment.state === "IDLE" ? "WORKING" : "IDLE" }, moment);
      await ledger.flush();
    },
    async quarter(moment) {
      keeper.add("TICK", {}, moment);
      keeper.checkpoint(moment.at);
      await ledger.flush();
    },
    close: () => ledger.close(),
  };
}

/** The same rows in one database, with the same durability and the same write-ahead log. */
async function sqliteIn(directory: string): Promise<Disk> {
  const database = new Database(`${directory}/plain.sqlite`);
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(`CREATE TABLE registers (id INTEGER PRIMARY KEY, state TEXT);
    INSERT INTO registers VALUES (1, '{}');
    CREATE TABLE leaves (seq INTEGER PRIMARY KEY, type TEXT, text TEXT);
    CREATE INDEX leaves_of_type ON leaves (type);
    CREATE TABLE nodes (at INTEGER PRIMARY KEY, hash BLOB);
    CREATE TABLE checkpoints (size INTEGER PRIMARY KEY, note TEXT)`);
  const update = database.prepare("UPDATE registers SET state = ? WHERE id = 1");
  const leaf = database.prepare("INSERT INTO leaves (type, text) VALUES (?, ?)");
  const node = database.prepare("INSERT INTO nodes (hash) VALUES (?)");
  const checkpoint = database.prepare("INSERT INTO checkpoints VALUES (?, ?)");
  const keeper = keeperOn({
    append(text, type, _, nodes) {
      leaf.run(type, text);
      for (const { hash } of nodes) node.run(hash);
      return true;
    },
    putCheckpoint: (size, note) => void checkpoint.run(size, note),
    committedSize: 0,
  });
  const transaction = (run: () => void) => database.transaction(run)();
  return {
    save: async (state) => void update.run(JSON.stringify({ version: 1, ...state })),
    async transition(moment) {
      transaction(() => keeper.add("STATE", { from: "IDLE" }, moment));
    },
    async quarter(moment) {
      transaction(() => {
        keeper.add("TICK", {}, moment);
        keeper.checkpoint(moment.at);
      });
    },
    close: async () => void database.close(),
  };
}

/** Rounds of which the least is taken. */
const ROUNDS = 3;
const SECTOR_BYTES = 512;
/** What `statfs` calls a file system in memory. */
const TMPFS = 0x01021994;

interface Counter {
  /** For the line; empty where it needs no words. */
  readonly how: string;
  read(): number;
}

function counterOf(directory: string): Counter {
  const { dev } = statSync(directory);
  // Linux: 12 bits of the major number, 20 of the minor, in two parts.
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
  const stat = `/sys/dev/block/${major}:${minor}/stat`;
  if (existsSync(stat)) {
    return {
      how: "",
      read: () => Number(readFileSync(stat, "latin1").trim().split(/\s+/)[6]) * SECTOR_BYTES,
    };
  }
  const ofProcess = (name: string) => () =>
    Number(new RegExp(`^${name}: (\\d+)$`, "m").exec(readFileSync("/proc/self/io", "latin1"))![1]);
  const { type } = statfsSync(directory);
  return type === TMPFS
    ? { how: " (given to a file system in memory)", read: ofProcess("wchar") }
    : { how: " (by the kernel's account of the process)", read: ofProcess("write_bytes") };
}

/**
 * The index of a write-ahead log is shared memory that the kernel writes whenever it likes, half a
 * minute after it was changed. Between two commits of a real hour it has always done so.
 */
function writeSharedMemory(directory: string): void {
  for (const name of readdirSync(directory)) {
    if (!name.endsWith("-shm")) continue;
    const descriptor = openSync(join(directory, name), "r+");
    fdatasyncSync(descriptor);
    closeSync(descriptor);
  }
}

async function wearOf(open: (directory: string) => Promise<Disk>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    using scratch = scratchDirectory();
    const disk = await open(scratch.path);
    const counter = counterOf(scratch.path);
    const before = counter.read();
    await live(disk, () => writeSharedMemory(scratch.path));
    least = Math.min(least, counter.read() - before);
  }
  return ((least / HOURS) * HOURS_PER_YEAR) / GB;
}

export const wear: Benchmark = {
  name: "wear",
  summary: "bytes that ledger and register slots write in a year at the defaults",
  async *lines() {
    const slots = await wearOf(slotsIn);
    const ledger = await wearOf(ledgerIn);
    const peer = await wearOf(sqliteIn);
    const { how } = counterOf(tmpdir());
    const common = { unit: "GB/a", better: "lower", goal: GOAL_GB_PER_YEAR } as const;
    yield figure({ ...common, line: `written by the register slots${how}`, ours: slots });
    yield figure({ ...common, line: `written by the ledger${how}`, ours: ledger });
    yield figure({ ...common, line: `written by both${how}`, ours: slots + ledger });
    yield await compare({
      line: `both${how}`,
      unit: "GB/a",
      better: "lower",
      goal: 1,
      ours: () => slots + ledger,
      peer: { name: "SQLite with a registers row, WAL and FULL", run: () => peer },
      rounds: 1,
      warmUpRounds: 0,
    });
  },
};
