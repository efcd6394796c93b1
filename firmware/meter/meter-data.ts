// The three files that the hours live in, opened together: register slots, journal, ledger. Where
// one of them fails later, the process begins anew, and the next one sets it aside.

import { type Journal, JournalCorrupt } from "../../runtime/journal/journal.ts";
import { LedgerCorrupt } from "../../runtime/ledger-store/ledger.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { atMost } from "../../runtime/signal/timers.ts";
import type { RegisterSlots, SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { controllerId } from "../host/identity.ts";
import type { DataPaths } from "../host/paths.ts";
import { spawnThread } from "../host/threads.ts";
import { hostTimers } from "../host/timers.ts";
import type { Machine } from "../machine-file/machine.ts";
import { journalUnusable, openJournal, openSlots, setJournalAside } from "./data-files.ts";
import type { MeterLedger } from "./meter-ledger.ts";
import { ledgerUnusable, openLedger, setLedgerAside } from "./open-ledger.ts";

/** For the last leaves to reach their disk, so that the journal still tells of them. */
const LAST_LEAVES_MS = 1_000;

export interface MeterDataOptions {
  readonly paths: DataPaths;
  readonly machine: Machine;
  /** SHA-256 of the machine file in force. */
  readonly configuration: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What is open is closed by it, in reverse order. */
  readonly cleanup: AsyncDisposableStack;
  /** After each commit of the journal. */
  readonly onRecorded: () => void;
}

export interface MeterData {
  readonly slots: RegisterSlots;
  /** What the slots held; null where they are new. */
  readonly saved: SavedRegisters | null;
  readonly slotsWereBroken: boolean;
  readonly journal: Journal;
  readonly ledger: MeterLedger;
  /** Rejects when one of them cannot go on in this process. */
  readonly failed: Promise<never>;
}

export async function openMeterData(options: MeterDataOptions): Promise<MeterData> {
  const { paths, machine, configuration, clock, log, cleanup, onRecorded } = options;
  const { slots, saved, wereBroken } = await openSlots(paths, log);
  cleanup.defer(() => slots.close());

  const failure = Promise.withResolvers<never>();
  // Heard here as well: it may fail before anybody waits for it.
  failure.promise.catch((error: unknown) =>
    log.error("metering is ended, to begin anew", { reason: reasonOf(error) }),
  );
  let isJournalCorrupt = false;
  // After it is closed; the next start makes another one.
  cleanup.defer(() => {
    if (isJournalCorrupt) setJournalAside(paths, log);
  });
  const journal = await openJournal(paths, log, clock.mono(), (epoch) => ({
    path: paths.journal,
    epoch,
    signals: machine.signals.map(({ name }) => name),
    ...machine.journal,
    clock,
    timers: hostTimers,
    log,
    spawn: spawnThread,
    onCommitted: onRecorded,
    onFailure: (error) => {
      isJournalCorrupt = error instanceof JournalCorrupt;
      failure.reject(isJournalCorrupt ? journalUnusable(error) : error);
    },
  }));

  let isLedgerCorrupt = false;
  cleanup.defer(() => {
    if (isLedgerCorrupt) setLedgerAside(paths, log);
  });
  const ledger: MeterLedger = await openLedger({
    paths,
    controller: controllerId(paths.controllerId),
    machine,
    configuration,
    slots: saved?.ledger,
    clock,
    log,
    onCommitted: (size) => ledger.committed(size, journal, clock.mono()),
    onFailure: (error) => {
      isLedgerCorrupt = error instanceof LedgerCorrupt;
      failure.reject(isLedgerCorrupt ? ledgerUnusable(error) : error);
    },
  });
  // Side by side: each may wait for its disk, and a clean stop has 5 s.
  cleanup.defer(async () => {
    await atMost(hostTimers, LAST_LEAVES_MS, ledger.store.flush());
    await Promise.all([journal.close(), ledger.close()]);
  });
  return { slots, saved, slotsWereBroken: wereBroken, journal, ledger, failed: failure.promise };
}
