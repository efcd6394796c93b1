// `telltale meter`: the process that has the devices, the hours and the journal, and no network. It
// is reached over one Unix socket that belongs to its user.

import { createServer, type Server } from "node:http";
import { StreamServer } from "../../protocols/stream/server.ts";
import { Journal, JournalCorrupt } from "../../runtime/journal/journal.ts";
import { LockCorrupt, lockDataDirectory } from "../../runtime/journal/lock.ts";
import type { Remembered } from "../../runtime/journal/record.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import {
  RegisterSlots,
  type SavedRegisters,
  SlotsBroken,
} from "../../runtime/usage/register-slots.ts";
import { observedMs } from "../../runtime/usage/usage-state.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { ensureDirectory, setAside } from "../host/files.ts";
import { controllerId, randomId } from "../host/identity.ts";
import { type DataPaths, dataPaths, socketPath } from "../host/paths.ts";
import { aborted, onParentMessage, tellParent } from "../host/processes.ts";
import { openSlotFile } from "../host/slot-file.ts";
import { listenOnSocket } from "../host/sockets.ts";
import { spawnThread } from "../host/threads.ts";
import { hostTimers } from "../host/timers.ts";
import type { AdoptedMachineFile } from "../machine-file/adopt.ts";
import type { Machine } from "../machine-file/machine.ts";
import { Meter } from "./meter.ts";
import { MeterSource } from "./meter-source.ts";
import { Metering } from "./metering.ts";
import { openWatchdog, recordLastReset } from "./watchdog.ts";
import type { WatchdogKeeper } from "./watchdog-keeper.ts";

/** How often the wall clock is compared with the monotonic one. */
const CLOCK_LOOK_MS = 1_000;
/** How soon a socket that could not be opened is tried again. */
const SOCKET_RETRY_MS = 5_000;

export interface MeterProcessOptions {
  readonly directory: string;
  /** Decides which machine file is in force, and keeps a good one; called once the lock is held. */
  readonly adopt: () => AdoptedMachineFile & { readonly machine: Machine };
  readonly log: Log;
  readonly stop: AbortSignal;
}

/**
 * Runs until `stop` is aborted; everything is on the disk when it resolves. Rejects with a Fault
 * where it cannot begin, or cannot go on without recording wrong usage.
 */
export async function runMeter({
  directory,
  adopt,
  log,
  stop,
}: MeterProcessOptions): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  ensureDirectory(directory);
  const paths = dataPaths(directory);
  const lock = takeLock(paths.lock, log);
  cleanup.defer(() => lock.release());

  const { machine, status: fileStatus } = adopt();
  let watchdog: WatchdogKeeper | string | null = null;
  // The last of all that ends: what hangs in a stop is reset as well.
  cleanup.defer(() => {
    if (watchdog !== null && typeof watchdog !== "string") watchdog.close(stop.aborted);
  });
  let journal: Journal | null = null;
  const clock = controllerClock((byMs) => recordStep(journal, clock.mono(), byMs, log));
  const looking = hostTimers.every(CLOCK_LOOK_MS, () => clock.look());
  cleanup.defer(() => looking.cancel());

  const { slots, saved: ownSaved, wereBroken } = await openSlots(paths, log);
  cleanup.defer(() => slots.close());

  const failure = Promise.withResolvers<never>();
  // Heard here as well: it may fail before anybody waits for it below.
  failure.promise.catch((error: unknown) =>
    log.error("metering is ended, to begin anew", { reason: reasonOf(error) }),
  );
  let isJournalCorrupt = false;
  // After the journal is closed; the next start makes another one.
  cleanup.defer(() => {
    if (isJournalCorrupt) setJournalAside(paths, log);
  });
  let source: MeterSource | null = null;
  journal = await openJournal(paths, log, clock.mono(), (epoch) => ({
    path: paths.journal,
    epoch,
    signals: machine.signals.map(({ name }) => name),
    ...machine.journal,
    clock,
    timers: hostTimers,
    log,
    spawn: spawnThread,
    onCommitted: () => source?.committed(),
    onFailure: (error) => {
      isJournalCorrupt = error instanceof JournalCorrupt;
      failure.reject(isJournalCorrupt ? journalUnusable(error) : error);
    },
  }));
  const openedJournal = journal;
  cleanup.defer(() => openedJournal.close());

  const remembered = await rememberedBy(journal, log);
  const save = (state: SavedRegisters) =>
    slots.save(state).catch((error: unknown) =>
      log.error("the registers could not be saved; metering goes on in memory", {
        reason: reasonOf(error),
      }),
    );
  const metering = new Metering({
    machine,
    clock,
    recorder: journal,
    ...savedBy(ownSaved, remembered, log),
    save,
  });
  const watched = { machine, metering, journal, clock, timers: hostTimers, log };
  watchdog = openWatchdog(watched);
  const problems = typeof watchdog === "string" ? [watchdog] : [];
  for (const problem of problems) log.warn(problem);
  const status = { ...fileStatus, problems: [...fileStatus.problems, ...problems] };
  const controller = controllerId(paths.controllerId);
  const meter = new Meter({
    machine,
    metering,
    journal,
    controller,
    configuration: status,
    clock,
    timers: hostTimers,
    log,
    spawn: spawnThread,
  });
  // At the very first start the slots say that there is nothing yet, before anything is counted:
  // from then on a life that is cut short at once leaves a gap that the next one can tell.
  if (ownSaved === null) await save(metering.stateToSave());
  metering.recover();
  if (ownSaved?.boot !== clock.boot) recordLastReset(watched);
  if (wereBroken && remembered.usage === null) recordLoss(journal, metering);
  metering.restoreAlarms(remembered.alarms);
  // Before it is opened: what an opening that fails half way has begun would never end.
  cleanup.defer(() => meter.close());
  meter.open();
  recordConfiguration(journal, status, clock.mono());
  onParentMessage(({ restarts }) => {
    for (const { process, ...detail } of restarts) {
      openedJournal.record("restart", { name: process, detail }, clock.mono());
    }
    void openedJournal.flush().then(() => tellParent({ t: "recorded", count: restarts.length }));
  });

  source = new MeterSource(meter, journal, await journal.acknowledged());
  const openedSource = source;
  const http = createServer((_, response) => response.writeHead(404).end());
  const stream = new StreamServer({
    http,
    source: () => openedSource,
    admit: () => ({ rights: ["read", "acknowledge", "instruct"] }),
    timers: hostTimers,
    log,
  });
  stream.open();
  cleanup.defer(() => {
    stream.close();
    http.close();
  });
  const serving = new AbortController();
  cleanup.defer(() => serving.abort());
  void serveLocally(http, directory, log, serving.signal);
  announceFirstMillisecond(metering, clock);
  await Promise.race([aborted(stop), failure.promise]);
}

/** Never rejects: hours are counted whether or not anybody can be told of them. */
async function serveLocally(
  http: Server,
  directory: string,
  log: Log,
  stop: AbortSignal,
): Promise<void> {
  let said = "";
  // Said once, not at each try.
  const warn = (message: string) => {
    if (message !== said) log.warn(message);
    said = message;
  };
  while (!stop.aborted) {
    try {
      await listenOnSocket(http, socketPath(directory, warn));
      return;
    } catch (error) {
      warn(`nobody can reach the meter: ${reasonOf(error)}; metering goes on`);
    }
    await sleep(hostTimers, SOCKET_RETRY_MS, stop);
  }
}

/** Opens the journal; a corrupt one is set aside and a new one made, because hours do not wait. */
async function openJournal(
  paths: DataPaths,
  log: Log,
  at: Mono,
  optionsFor: (epoch: string) => ConstructorParameters<typeof Journal>[0],
): Promise<Journal> {
  const journal = new Journal(optionsFor(randomId()));
  try {
    await journal.open();
    return journal;
  } catch (error) {
    if (!(error instanceof JournalCorrupt)) throw error;
    const aside = setJournalAside(paths, log);
    const fresh = new Journal(optionsFor(randomId()));
    await fresh.open();
    const detail = { aside, reason: error.message };
    fresh.record("journal", { name: "set-aside", detail }, at);
    return fresh;
  }
}

function setJournalAside({ journal }: DataPaths, log: Log): string {
  const aside = setAside(["", "-wal", "-shm"].map((suffix) => journal + suffix));
  log.error("the journal is corrupt; it was set aside and a new one begins", { aside });
  return aside;
}

function journalUnusable(cause: Error): Fault {
  const remedy = "look at the disk; metering goes on with a new journal";
  return new Fault("JOURNAL_UNUSABLE", `the journal is corrupt: ${cause.message}`, remedy, {
    cause,
  });
}

/** The slots; broken ones are set aside, because hours do not wait. */
async function openSlots(paths: DataPaths, log: Log) {
  const slots = new RegisterSlots(await openSlotFile(paths.slots));
  try {
    return { slots, saved: await slots.open(), wereBroken: false };
  } catch (error) {
    await slots.close();
    if (!(error instanceof SlotsBroken)) throw error;
    log.error(`${error.message}; the file was set aside`, { aside: setAside([paths.slots]) });
    const fresh = new RegisterSlots(await openSlotFile(paths.slots));
    return { slots: fresh, saved: await fresh.open(), wereBroken: true };
  }
}

/** What the journal knows of an earlier life; one that cannot be read knows nothing. */
async function rememberedBy(journal: Journal, log: Log): Promise<Remembered> {
  try {
    return await journal.remembered();
  } catch (error) {
    log.error("the journal could not be asked for what was before", { reason: reasonOf(error) });
    return { usage: null, alarms: [] };
  }
}

/** The registers to go on with: those of the slots, else the last ones on record. */
function savedBy(saved: SavedRegisters | null, { usage }: Remembered, log: Log) {
  if (saved !== null || usage === null) return { saved };
  log.error("the register slots are lost; the hours go on from the last usage record", {
    registers: usage.registers,
  });
  return { saved: { ...usage, savedAt: usage.mono }, savedFrom: "journal" as const };
}

/** Neither slots nor journal know the hours: they begin at zero, and nobody may overlook it. */
function recordLoss(journal: Journal, { usage }: Metering): void {
  const { registers } = usage;
  const detail = { from: "nothing", gapMs: null, lossBoundMs: null, registers };
  journal.record("recovery", { name: "recovery", detail }, usage.settledAt);
}

/** One bad file stops nothing: a damaged lock is put aside, and nobody can hold that one. */
function takeLock(file: string, log: Log): ReturnType<typeof lockDataDirectory> {
  try {
    return lockDataDirectory(file);
  } catch (error) {
    if (!(error instanceof LockCorrupt)) throw error;
    log.warn("the lock is damaged; it was set aside", { aside: setAside([file]) });
    return lockDataDirectory(file);
  }
}

function recordStep(journal: Journal | null, at: number, byMs: number, log: Log): void {
  log.warn("the wall clock was set", { byMs });
  // What was recorded before keeps the dates it had.
  journal?.flush().catch((error: unknown) => log.error(reasonOf(error)));
  journal?.record("time-step", { name: "time-step", detail: { byMs } }, at);
}

function recordConfiguration(
  journal: Journal,
  { file, inForce, problems }: AdoptedMachineFile["status"],
  at: number,
): void {
  const detail = { file, inForce, problems };
  journal.record("configuration", { name: "machine-file", detail }, at);
}

/**
 * Tells the parent when the first millisecond stands in a register: what a cold start is judged by.
 */
function announceFirstMillisecond({ usage }: Metering, clock: Clock): void {
  const before = observedMs(usage.registers);
  const timer = hostTimers.every(5, () => {
    usage.settle(clock.mono());
    if (observedMs(usage.registers) <= before) return;
    timer.cancel();
    void tellParent({ t: "ready", detail: { registers: usage.registers } });
  });
}
