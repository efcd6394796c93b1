// `telltale meter`: the process that has the devices, the hours, the ledger and the journal, and no
// network. It is reached over one Unix socket that belongs to its user.

import { createServer, type Server } from "node:http";
import { StreamServer } from "../../protocols/stream/server.ts";
import { type Knowledge, NO_KNOWLEDGE } from "../../runtime/diagnosis/knowledge.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { type PastLife, pastLife } from "../../runtime/usage/past-life.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { observedMs } from "../../runtime/usage/usage-state.ts";
import { builtInKnowledgeText } from "../host/assets.ts";
import { ContractFiles } from "../host/contract-files.ts";
import { controllerClock, hasRtc, sinceBootMs } from "../host/controller-clock.ts";
import { ensureDirectory } from "../host/files.ts";
import { LearnedFile } from "../host/learned-file.ts";
import { type DataPaths, dataPaths, socketPath } from "../host/paths.ts";
import { aborted, onParentMessage, tellParent } from "../host/processes.ts";
import { listenOnSocket } from "../host/sockets.ts";
import { spawnThread } from "../host/threads.ts";
import { hostTimers } from "../host/timers.ts";
import { WaveformFiles } from "../host/waveform-files.ts";
import { readKnowledge } from "../knowledge/knowledge-file.ts";
import type { AdoptedMachineFile } from "../machine-file/adopt.ts";
import type { Machine } from "../machine-file/machine.ts";
import { ClockWatch } from "./clock-watch.ts";
import { rememberedBy, takeLock } from "./data-files.ts";
import type { DiagnosisStore } from "./diagnosis-desk.ts";
import { LeaseDesk } from "./lease-desk.ts";
import { Meter } from "./meter.ts";
import { openMeterData } from "./meter-data.ts";
import { MeterSource } from "./meter-source.ts";
import { Metering } from "./metering.ts";
import { Upkeep } from "./upkeep.ts";
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
  let onStep: (byMs: number) => void = () => {};
  const clock = controllerClock((byMs) => onStep(byMs));
  const looking = hostTimers.every(CLOCK_LOOK_MS, () => clock.look());
  cleanup.defer(() => looking.cancel());

  let source: MeterSource | null = null;
  const data = await openMeterData({
    paths,
    machine,
    configuration: fileStatus.sha256!,
    clock,
    log,
    cleanup,
    onRecorded: () => source?.committed(),
  });
  const { slots, saved, journal, ledger } = data;
  const { keeper } = ledger;

  const remembered = await rememberedBy(journal, log);
  const now = { boot: clock.boot, mono: clock.mono() };
  const past = pastLife({ now, slots: saved, ledger: ledger.kept, journal: remembered.usage });
  tellIfSlotsAreLost(past, log);
  const save = (state: SavedRegisters) =>
    slots.save(state).catch((error: unknown) =>
      log.error("the registers could not be saved; metering goes on in memory", {
        reason: reasonOf(error),
      }),
    );
  const knowledge = knowledgeOfProduct(log);
  const metering = new Metering({
    machine,
    clock,
    recorder: journal,
    keeper,
    past,
    save,
    knowledge,
  });
  onStep = (byMs) => {
    log.warn("the wall clock was set", { byMs });
    // What was recorded before keeps the dates it had.
    journal.flush().catch((error: unknown) => log.error(reasonOf(error)));
    metering.timeStep(byMs, clock.mono());
  };
  const watched = { machine, metering, journal, clock, timers: hostTimers, log };
  watchdog = openWatchdog(watched);
  const problems = typeof watchdog === "string" ? [watchdog] : [];
  for (const problem of problems) log.warn(problem);
  const status = { ...fileStatus, problems: [...fileStatus.problems, ...problems] };
  // At the very first start the slots say that there is nothing yet, before anything is counted:
  // from then on a life that is cut short at once leaves a gap that the next one can tell.
  if (saved === null) await save(metering.stateToSave());
  const closedGap = metering.recover(ledger.genesis);
  const change = ledger.configurationChange(status.file);
  if (change !== null) keeper.add("CONFIG", change, metering.moment());
  keeper.checkpoint(clock.mono());
  if (saved?.boot !== clock.boot) recordLastReset(watched);
  if (data.slotsWereBroken && past === null) recordLoss(journal, metering);
  const upkeep = new Upkeep({
    machine,
    metering,
    clock,
    keeper,
    earlier: ledger.upkeepLeaves,
    closedGap,
  });
  metering.alarms.serviceWitness = upkeep;
  metering.restoreAlarms(remembered.alarms);
  const watch = new ClockWatch({
    clock,
    sinceBoot: sinceBootMs,
    events: {
      gap: (cause, forMs, addedMs, now) => {
        log.warn("time passed in which nothing was observed", { cause, forMs });
        metering.gap(cause, forMs, addedMs, now);
      },
      anchor: (from) => {
        if (from !== "rtc" || hasRtc()) metering.anchor({ source: from });
      },
    },
  });
  const meter = new Meter({
    machine,
    metering,
    upkeep,
    ledger,
    watch,
    journal,
    diagnosisStore: diagnosisStore(paths, log),
    controller: ledger.facts.controller,
    configuration: status,
    clock,
    timers: hostTimers,
    log,
    spawn: spawnThread,
  });
  // Before it is opened: what an opening that fails half way has begun would never end.
  cleanup.defer(() => meter.close());
  meter.open();
  recordConfiguration(journal, status, clock.mono());
  onParentMessage(({ restarts }) => {
    for (const { process, ...detail } of restarts) {
      journal.record("restart", { name: process, detail }, clock.mono());
    }
    void journal.flush().then(() => tellParent({ t: "recorded", count: restarts.length }));
  });

  const desk = new LeaseDesk({
    ledger,
    metering,
    upkeep,
    recorder: journal,
    contracts: new ContractFiles(paths.contracts),
    lessor: machine.ledger.lessor,
    witnesses: machine.ledger.witnesses.map(({ key }) => key),
    clock,
  });
  source = new MeterSource(meter, journal, await journal.acknowledged(), desk);
  const openedSource = source;
  const http = createServer((_, response) => response.writeHead(404).end());
  const stream = new StreamServer({
    http,
    source: () => openedSource,
    // The socket is this user's: who reaches it may do what its owner may.
    admit: () => ({ rights: ["read", "acknowledge", "instruct", "alarms"] }),
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
  await Promise.race([aborted(stop), data.failed]);
}

export function diagnosisStore(paths: DataPaths, log: Log): DiagnosisStore {
  const learned = new LearnedFile(paths.learned, log);
  const waveforms = new WaveformFiles(paths.waveforms);
  return {
    learned: learned.load(),
    saveLearned: (state) => learned.save(state),
    keepWaveform: (sha256, samples) => waveforms.keep(sha256, samples),
    readWaveform: (sha256, offset, bytesMax) => waveforms.read(sha256, offset, bytesMax),
  };
}

/** Hours do not wait for texts: without its file the product knows nothing and meters on. */
export function knowledgeOfProduct(log: Log): Knowledge {
  try {
    const read = readKnowledge(builtInKnowledgeText(), "built-in.yaml");
    if ("knowledge" in read) return read.knowledge;
    log.error("the product's knowledge file is broken", { problems: read.problems.length });
  } catch (error) {
    log.error("the product's knowledge file cannot be read", { reason: reasonOf(error) });
  }
  return NO_KNOWLEDGE;
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

function tellIfSlotsAreLost(past: PastLife | null, log: Log): void {
  if (past === null || past.from === "slots") return;
  const words = past.from === "ledger" ? "the ledger's last leaf" : "the last usage record";
  const { registers } = past;
  log.error(`the register slots are lost; the hours go on from ${words}`, { registers });
}

/**
 * Neither slots nor ledger nor journal know the hours: they begin at zero, and nobody may overlook
 * it.
 */
function recordLoss(journal: Journal, { usage }: Metering): void {
  const { registers } = usage;
  const detail = { from: "nothing", gapMs: null, lossBoundMs: null, registers };
  journal.record("recovery", { name: "recovery", detail }, usage.settledAt);
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
