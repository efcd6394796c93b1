// The parts of a meter that a test is not about: a ledger in memory with a key of its own, upkeep
// of nothing, and clocks that nobody sets.

import { softwareSigner } from "../../runtime/ledger/keys.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { TEST_CONTROLLER } from "../../runtime/testing/ledger-parties.ts";
import { MemoryLedger, MemoryLedgerDisk } from "../../runtime/testing/memory-ledger.ts";
import { ClockWatch } from "./clock-watch.ts";
import type { DiagnosisStore } from "./diagnosis-desk.ts";
import { MeterLedger } from "./meter-ledger.ts";
import type { Metering } from "./metering.ts";
import { Upkeep } from "./upkeep.ts";

const QUARTER_HOUR_MS = 900_000;

export const TEST_SIGNER = softwareSigner("ed25519", new Uint8Array(32).fill(1));

/** Gone with the process, unless the disk is given. */
export function ledgerInMemory(
  clock: Clock,
  timers: Timers,
  disk = new MemoryLedgerDisk(),
  segment = 1,
): MeterLedger {
  const store = new MemoryLedger({ disk, timers });
  return new MeterLedger({
    store,
    opening: store.openNow(),
    segment,
    broken: null,
    controller: TEST_CONTROLLER,
    signer: TEST_SIGNER,
    ocmfSigner: softwareSigner("p256", new Uint8Array(32).fill(2)),
    software: "a".repeat(64),
    configuration: "b".repeat(64),
    checkpointEveryMs: QUARTER_HOUR_MS,
    tickEveryMs: QUARTER_HOUR_MS,
    clock,
    slots: undefined,
    reconciled: null,
    changes: [],
  });
}

/** Nothing is kept of what is learned and heard. */
const NO_DIAGNOSIS_STORE: DiagnosisStore = {
  learned: null,
  saveLearned: async () => undefined,
  keepWaveform: async () => undefined,
  readWaveform: async () => null,
};

/** What a `Meter` wants beside its machine and its metering. */
export function idleParts(metering: Metering, ledger: MeterLedger, clock: Clock) {
  const upkeep = new Upkeep({
    machine: { services: [], hourRegister: null },
    metering,
    clock,
    keeper: ledger.keeper,
    earlier: [],
    closedGap: null,
  });
  const events = { gap: () => undefined, anchor: () => undefined };
  const watch = new ClockWatch({ clock, sinceBoot: () => null, events });
  return { ledger, upkeep, watch, diagnosisStore: NO_DIAGNOSIS_STORE };
}
