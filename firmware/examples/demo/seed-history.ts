// Puts the demo's month of history through the same intake, usage, ledger and journal as live
// samples go through. Its boot is named as simulated, so that nobody can mistake it for time that
// was measured.

import assert from "node:assert/strict";
import { join } from "node:path";
import { Journal } from "../../../runtime/journal/journal.ts";
import { SIMULATED_BOOT_PREFIX } from "../../../runtime/journal/reader.ts";
import type { Outcome } from "../../../runtime/ledger/commands.ts";
import type { Clock, Instant } from "../../../runtime/signal/instant.ts";
import { silentLog } from "../../../runtime/signal/log.ts";
import { RegisterSlots, type SavedRegisters } from "../../../runtime/usage/register-slots.ts";
import { ContractFiles } from "../../host/contract-files.ts";
import { controllerId, randomId } from "../../host/identity.ts";
import { dataPaths } from "../../host/paths.ts";
import { openSlotFile } from "../../host/slot-file.ts";
import { spawnThread } from "../../host/threads.ts";
import { hostTimers } from "../../host/timers.ts";
import type { Machine } from "../../machine-file/machine.ts";
import { LeaseDesk } from "../../meter/lease-desk.ts";
import { Metering } from "../../meter/metering.ts";
import { openLedger } from "../../meter/open-ledger.ts";
import { Upkeep } from "../../meter/upkeep.ts";
import { type HistoryStep, seededHistory } from "./history.ts";
import { REGISTER_SIGNALS } from "./registers.ts";
import { DemoRental } from "./rental.ts";

const DAYS = 30;
const STEP_MS = 5_000;
const STEPS = (DAYS * 86_400_000) / STEP_MS;
/** Steps between two flushes: bounds what waits in memory. */
const FLUSH_EVERY_STEPS = 5_000;
/** Longer than seeding takes: the flushes do the commits. */
const COMMIT_EVERY_MS = 600_000;
/** The machine goes on hire a day after the history begins. */
const ON_HIRE_STEP = 86_400_000 / STEP_MS;

class HistoryClock implements Clock {
  readonly boot: string;
  readonly #startUtc: number;
  now = 0;

  constructor(boot: string, startUtc: number) {
    this.boot = boot;
    this.#startUtc = startUtc;
  }

  mono(): number {
    return this.now;
  }

  instantAt(mono: number): Instant {
    return { boot: this.boot, mono, utc: this.#startUtc + mono, tq: "R", err: null };
  }
}

/**
 * @param endUtc wall time at which the history ends.
 * @param onProgress called with the share that is done, 0 to 1.
 */
export async function seedHistory(options: {
  readonly directory: string;
  readonly machine: Machine;
  /** SHA-256 of the machine file. */
  readonly configuration: string;
  readonly seed: number;
  readonly endUtc: number;
  /** What there is when it is aborted is no history. */
  readonly stop: AbortSignal;
  readonly onProgress: (share: number) => void;
}): Promise<void> {
  const { directory, machine, configuration, seed, endUtc, stop, onProgress } = options;
  const paths = dataPaths(directory);
  const clock = new HistoryClock(
    `${SIMULATED_BOOT_PREFIX}${randomId().slice(0, 12)}`,
    endUtc - DAYS * 86_400_000,
  );
  const utcAt = (mono: number) => clock.instantAt(mono).utc!;
  const failure = Promise.withResolvers<never>();
  const journal = new Journal({
    path: paths.journal,
    epoch: randomId(),
    signals: machine.signals.map(({ name }) => name),
    sizeMax: machine.journal.sizeMax,
    commitEveryMs: COMMIT_EVERY_MS,
    clock,
    timers: hostTimers,
    log: silentLog,
    spawn: spawnThread,
    onCommitted: () => undefined,
    onFailure: failure.reject,
  });
  await journal.open();
  const ledger = await openLedger({
    paths,
    controller: controllerId(paths.controllerId),
    machine,
    configuration,
    slots: undefined,
    clock,
    log: silentLog,
    // Who reads the demo's journal from its beginning wants to see the machine.
    onCommitted: (size) => ledger.committed(size, { record: () => undefined }, clock.now),
    onFailure: failure.reject,
  });
  const { keeper } = ledger;
  let newest: SavedRegisters | null = null;
  const metering = new Metering({
    machine,
    clock,
    recorder: journal,
    keeper,
    past: null,
    save: (state) => {
      newest = state;
    },
  });
  metering.recover(ledger.genesis);
  keeper.add("CONFIG", { file: "machine.yaml" }, metering.moment());
  const upkeep = new Upkeep({
    machine,
    metering,
    clock,
    keeper,
    earlier: [],
    closedGap: null,
  });
  const { controller, key } = ledger.facts;
  const { identity } = machine;
  const rental = new DemoRental(join(directory, "rental"), { controller, key, identity });
  const desk = new LeaseDesk({
    ledger,
    metering,
    upkeep,
    recorder: journal,
    contracts: new ContractFiles(paths.contracts),
    lessor: null,
    witnesses: [],
    clock,
  });
  const feed = feeder(machine, metering);
  let step = 0;
  for (const moment of seededHistory({ seed, endUtc, days: DAYS, stepMs: STEP_MS })) {
    clock.now = moment.mono;
    feed(moment);
    metering.tick(moment.mono);
    upkeep.look();
    if (step === ON_HIRE_STEP) await goOnHire(desk, rental, utcAt(moment.mono));
    if (++step % FLUSH_EVERY_STEPS === 0) {
      await Promise.race([ledger.store.flush(), failure.promise]);
      await Promise.race([journal.flush(), failure.promise]);
      onProgress(step / STEPS);
      if (stop.aborted) break;
    }
  }
  metering.stop("asked");
  if (!stop.aborted) {
    const note = await ledger.reader().freshCheckpoint();
    expectTaken(await desk.cosignature(rental.cosigned(note, utcAt(clock.now))));
  }
  rental.close();
  await ledger.close();
  await journal.close();
  const slots = new RegisterSlots(await openSlotFile(paths.slots));
  await slots.open();
  await slots.save(newest!);
  await slots.close();
}

/** The whole beginning of a lease at once: in the demo nobody has to drive the machine anywhere. */
async function goOnHire(desk: LeaseDesk, rental: DemoRental, utc: number): Promise<void> {
  for (const kind of ["delivery", "acceptance", "on-hire"] as const) {
    expectTaken(await desk.instruct(rental.instruction(kind, utc), rental.contract));
  }
}

function expectTaken(outcome: Outcome): void {
  assert(outcome.result === "taken", `the demo's rental: ${JSON.stringify(outcome)}`);
}

/**
 * Hands one step of the history to intake, as the drivers and the diagnosis thread would. Of a
 * waveform's features only the first four have a model; the others need samples, and have none.
 */
function feeder(machine: Machine, { intake }: Metering): (moment: HistoryStep) => void {
  const indexOf = (name: string) => machine.signals.findIndex((signal) => signal.name === name);
  const registers = REGISTER_SIGNALS.map(indexOf);
  const features = machine.waveforms[0]!.featureSignals;
  return ({ mono, answered, registers: raw, features: { rms, peak, crestFactor, kurtosis } }) => {
    for (let index = 0; index < registers.length; index++) {
      if (answered) intake.accept(registers[index]!, raw[index]!, mono);
      else intake.reject(registers[index]!, "timeout", mono);
    }
    intake.accept(features[0]!, rms, mono);
    intake.accept(features[1]!, peak, mono);
    intake.accept(features[2]!, crestFactor, mono);
    intake.accept(features[3]!, kurtosis, mono);
  };
}
