// What a sample costs from intake through usage to the journal on the disk, beside bare
// better-sqlite3 inserting the same rows in the same batches with the same durability. Figures are
// samples per second of processor time, over all threads: what one core would carry.

import { join } from "node:path";
import Database from "better-sqlite3";
import { drivers } from "../firmware/drivers.ts";
import { spawnThread } from "../firmware/host/threads.ts";
import { hostTimers } from "../firmware/host/timers.ts";
import type { Machine } from "../firmware/machine-file/machine.ts";
import { parseMachineFile } from "../firmware/machine-file/parse-machine-file.ts";
import { Metering, TICK_MS } from "../firmware/meter/metering.ts";
import { Journal } from "../runtime/journal/journal.ts";
import { BATCH_ROWS_MAX } from "../runtime/journal/row-batch.ts";
import { silentLog } from "../runtime/signal/log.ts";
import { FakeClock } from "../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { type Benchmark, compare, figure, median } from "./harness.ts";

const SIGNALS = 200;
/** Each signal speaks once a second of the simulated clock. */
const SECONDS = 2_048;
const SAMPLES = SIGNALS * SECONDS;
const SECONDS_WITHIN_DEADBAND = 10_000;
const ROUNDS = 5;

/** A machine of 200 signals, one of which decides the usage state. */
function machineOf(deadband: number): Machine {
  const signals = Array.from({ length: SIGNALS }, (_, index) => {
    const settings = `device: d, wave: { constant: 1 }, deadband: ${deadband}, heartbeat: 2d`;
    return `  signal${index}: { ${settings} }`;
  });
  const text = [
    "telltale: 1",
    "machine: { maker: bench, model: intake, serialNumber: '1' }",
    "buses: { b: { driver: simulated } }",
    "devices: { d: { bus: b, every: 1s } }",
    "signals:",
    ...signals,
    "usage: { WORKING: { signal: signal0, above: 50, hysteresis: 10 } }",
  ].join("\n");
  const parsed = parseMachineFile(text, "bench.yaml", drivers);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.machine;
}

/** Never the same value twice in a row, and across the threshold of the usage rule now and then. */
function readingOf(signal: number, second: number): number {
  return ((signal + second) % 100) + second * 1e-6;
}

/** Processor seconds of all threads that `run` took. */
async function cpuSeconds(run: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function ours(machine: Machine): Promise<number> {
  using directory = scratchDirectory();
  const clock = new FakeClock();
  const journal = new Journal({
    path: join(directory.path, "journal.sqlite"),
    epoch: "bench",
    signals: machine.signals.map(({ name }) => name),
    sizeMax: machine.journal.sizeMax,
    commitEveryMs: 3_600_000,
    clock,
    timers: hostTimers,
    log: silentLog,
    spawn: spawnThread,
    onCommitted: () => undefined,
    onFailure: (error) => {
      throw error;
    },
  });
  await journal.open();
  const metering = new Metering({
    machine,
    clock,
    recorder: journal,
    past: null,
    save: () => undefined,
  });
  const seconds = await cpuSeconds(async () => {
    for (let second = 0; second < SECONDS; second++) {
      for (let signal = 0; signal < SIGNALS; signal++) {
        if (signal % (SIGNALS / 4) === 0) {
          clock.advance(TICK_MS);
          metering.tick(clock.mono());
        }
        metering.intake.accept(signal, readingOf(signal, second), clock.mono());
      }
      // The event loop turns as it does between two polls.
      if (second % 40 === 0) await journal.flush();
    }
    await journal.flush();
  });
  const { droppedRows } = journal.pressure;
  if (droppedRows > 0 || journal.committed.newest < SAMPLES) throw new Error("rows were lost");
  await journal.close();
  return SAMPLES / seconds;
}

/** The same rows, as many to a transaction as our batches hold between two flushes. */
async function bare(): Promise<number> {
  using directory = scratchDirectory();
  const database = new Database(join(directory.path, "bare.sqlite"));
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.exec(
    `CREATE TABLE records (seq INTEGER PRIMARY KEY, timebase INTEGER NOT NULL,
       mono INTEGER NOT NULL, kind INTEGER NOT NULL, signal INTEGER, value REAL, code INTEGER,
       body TEXT)`,
  );
  const insert = database.prepare("INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const rowsPerBatch = Math.min(BATCH_ROWS_MAX, 40 * SIGNALS);
  let seq = 0;
  const insertBatch = database.transaction(() => {
    for (let row = 0; row < rowsPerBatch && seq < SAMPLES; row++) {
      const second = Math.floor(seq / SIGNALS);
      const signal = seq % SIGNALS;
      seq++;
      insert.run(seq, 1, second * 1_000, 0, signal + 1, readingOf(signal, second), 0, null);
    }
  });
  const seconds = await cpuSeconds(() => {
    while (seq < SAMPLES) insertBatch();
  });
  database.close();
  return SAMPLES / seconds;
}

/** Samples per second of wall time that move less than their deadband: the usual case. */
async function withinDeadband(machine: Machine): Promise<number> {
  const clock = new FakeClock();
  let recorded = 0;
  const metering = new Metering({
    machine,
    clock,
    recorder: {
      sample: () => {
        recorded++;
      },
      record: () => undefined,
    },
    past: null,
    save: () => undefined,
  });
  const startedAt = performance.now();
  for (let second = 0; second < SECONDS_WITHIN_DEADBAND; second++) {
    for (let tick = 0; tick < 4; tick++) {
      clock.advance(TICK_MS);
      metering.tick(clock.mono());
    }
    const now = clock.mono();
    for (let signal = 0; signal < SIGNALS; signal++) {
      metering.intake.accept(signal, 1 + (second % 7) * 0.01, now);
    }
  }
  const elapsedMs = performance.now() - startedAt;
  if (recorded !== SIGNALS) throw new Error(`${recorded} samples were recorded`);
  return (SECONDS_WITHIN_DEADBAND * SIGNALS * 1_000) / elapsedMs;
}

export const intake: Benchmark = {
  name: "intake",
  summary: "samples through intake, usage and journal, beside bare better-sqlite3",
  async *lines() {
    const changing = machineOf(0);
    yield await compare({
      line: "every sample recorded, per core",
      unit: "/s",
      better: "higher",
      goal: 0.5,
      rounds: ROUNDS,
      ours: () => ours(changing),
      peer: { name: "better-sqlite3, same rows and batches, FULL", run: bare },
    });
    const quiet = machineOf(1);
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await withinDeadband(quiet));
    yield figure({
      line: "samples within their deadband",
      unit: "/s",
      better: "higher",
      goal: 200_000,
      ours: median(rounds),
    });
  },
};
