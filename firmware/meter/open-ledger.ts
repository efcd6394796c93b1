// Opens the ledger's file and the device's keys. A file that is broken, gone or another device's is
// set aside, and another segment begins that says so: hours do not wait for it.

import { ledgerKeyName } from "../../runtime/ledger/keeper.ts";
import { type Signer, verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { type LeafOf, parseLeaf } from "../../runtime/ledger/leaf.ts";
import { Ledger, LedgerCorrupt, type LedgerOptions } from "../../runtime/ledger-store/ledger.ts";
import type { LedgerOpening } from "../../runtime/ledger-store/thread-messages.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { SavedRegisters } from "../../runtime/usage/register-slots.ts";
import { codeHash } from "../host/code-hash.ts";
import { setAside } from "../host/files.ts";
import { type DeviceKeys, KeyLost, openDeviceKeys } from "../host/ledger-keys.ts";
import type { DataPaths } from "../host/paths.ts";
import { spawnThread } from "../host/threads.ts";
import { hostTimers } from "../host/timers.ts";
import type { Machine } from "../machine-file/machine.ts";
import { type BrokenSegment, MeterLedger } from "./meter-ledger.ts";

/** How far back the last start of the machine is looked for: a day of a busy one. */
const CHANGES_READ = 500;

export interface OpenLedgerOptions {
  readonly paths: DataPaths;
  readonly controller: string;
  readonly machine: Machine;
  /** SHA-256 of the machine file in force. */
  readonly configuration: string;
  /** Where the counters stood by the register slots. */
  readonly slots: SavedRegisters["ledger"] | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly onCommitted: LedgerOptions["onCommitted"];
  readonly onFailure: LedgerOptions["onFailure"];
}

export async function openLedger(options: OpenLedgerOptions): Promise<MeterLedger> {
  const { paths, controller, machine, configuration, slots, clock, log } = options;
  const keys = openKeys(paths, log);
  const { store, opening, segment, broken } = await openSegment(options, keys.ledger);
  const reconciled = await store.newestOf(["RECONCILE"], opening.size, 1);
  const changes = await store.newestOf(["STATE"], opening.size, CHANGES_READ);
  return new MeterLedger({
    store,
    opening,
    segment,
    broken,
    controller,
    signer: keys.ledger,
    ocmfSigner: keys.ocmf,
    software: codeHash(),
    configuration,
    checkpointEveryMs: machine.ledger.checkpointEveryMs,
    tickEveryMs: machine.ledger.tickEveryMs,
    clock,
    slots,
    reconciled: reconciled[0]?.leaf ?? null,
    changes: changes.map(({ leaf }) => leaf).reverse(),
  });
}

/** Keys that cannot be used, or that others may have read, are set aside for new ones. */
function openKeys({ keys }: DataPaths, log: Log): DeviceKeys {
  try {
    return openDeviceKeys(keys, log);
  } catch (error) {
    // A full disk or a wrong owner may heal, and with it the key.
    if (!(error instanceof KeyLost)) throw error;
    const aside = setAside([keys]);
    const reason = error.message;
    log.error("the device's keys were set aside; the parties have to be told new ones", {
      reason,
      aside,
    });
    return openDeviceKeys(keys, log);
  }
}

interface OpenSegment {
  readonly store: Ledger;
  readonly opening: LedgerOpening;
  readonly segment: number;
  /** Null where the ledger goes on, or is the first of all. */
  readonly broken: BrokenSegment | null;
}

async function openSegment(options: OpenLedgerOptions, signer: Signer): Promise<OpenSegment> {
  const { paths, slots, log } = options;
  const store = makeStore(options);
  try {
    const opening = await store.open();
    const genesis = genesisOf(opening.firstLeaf);
    if (genesis === null && slots === undefined) {
      return { store, opening, segment: 1, broken: null };
    }
    const reason =
      genesis === null
        ? "its file was gone"
        : (foreign(genesis, options, signer) ?? lost(genesis, opening, slots));
    if (genesis !== null && reason === null) {
      return { store, opening, segment: genesis.d.segment, broken: null };
    }
    const { size, checkpoint } = opening;
    const broken = { reason: reason!, size: genesis ? size : (slots?.size ?? null), checkpoint };
    if (genesis === null) return { store, opening, segment: (slots?.segment ?? 1) + 1, broken };
    await store.close();
    return await openNext(options, genesis.d.segment, broken);
  } catch (error) {
    if (!(error instanceof LedgerCorrupt)) throw error;
    const { size, checkpoint, firstLeaf } = error.remains;
    const before = genesisOf(firstLeaf)?.d.segment ?? slots?.segment ?? 1;
    log.error("the ledger is corrupt", { reason: error.message });
    const broken = { reason: error.message, size: size ?? slots?.size ?? null, checkpoint };
    return await openNext({ ...options, paths }, before, broken);
  }
}

async function openNext(
  options: OpenLedgerOptions,
  before: number,
  broken: BrokenSegment,
): Promise<OpenSegment> {
  const { paths, log } = options;
  setLedgerAside(paths, log);
  const store = makeStore(options);
  return { store, opening: await store.open(), segment: before + 1, broken };
}

function makeStore({ paths, clock, log, onCommitted, onFailure }: OpenLedgerOptions): Ledger {
  const { ledger: path } = paths;
  return new Ledger({
    path,
    clock,
    timers: hostTimers,
    log,
    spawn: spawnThread,
    onCommitted,
    onFailure,
  });
}

/** Why a ledger that is whole cannot be gone on with; null where it can. */
function foreign(
  { dev, d }: LeafOf<"GENESIS">,
  { controller }: OpenLedgerOptions,
  signer: Signer,
): string | null {
  if (dev !== controller) return `it is of the controller ${dev}`;
  const { text } = verifierKeyOf(ledgerKeyName(controller), signer);
  return d.key === text ? null : "the device's key is another one";
}

/**
 * Leaves that were synced are gone: a worn card, or an old file that was put back. Somebody may
 * have a checkpoint with them, and going on beside it would be a fork.
 */
function lost(
  { d }: LeafOf<"GENESIS">,
  { size }: LedgerOpening,
  slots: SavedRegisters["ledger"] | undefined,
): string | null {
  if (slots === undefined || slots.segment !== d.segment || slots.size <= size) return null;
  return `of ${slots.size} leaves that were on its disk ${size} are left`;
}

function genesisOf(firstLeaf: string | null): LeafOf<"GENESIS"> | null {
  const leaf = firstLeaf === null ? null : parseLeaf(firstLeaf);
  return leaf !== null && typeof leaf !== "string" && leaf.typ === "GENESIS" ? leaf : null;
}

export function setLedgerAside({ ledger }: DataPaths, log: Log): string {
  const aside = setAside(["", "-wal", "-shm"].map((suffix) => ledger + suffix));
  log.error("the ledger was set aside and another segment of it begins", { aside });
  return aside;
}

export function ledgerUnusable(cause: Error): Fault {
  return new Fault(
    "LEDGER_UNUSABLE",
    `the ledger is corrupt: ${cause.message}`,
    "look at the disk; metering goes on with a new segment of the ledger",
    { cause },
  );
}
