// The files of the data directory, opened so that one bad file stops nothing: what is broken is set
// aside, and hours do not wait for it.

import { Journal, JournalCorrupt } from "../../runtime/journal/journal.ts";
import { LockCorrupt, lockDataDirectory } from "../../runtime/journal/lock.ts";
import type { Remembered } from "../../runtime/journal/record.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { RegisterSlots, SlotsBroken } from "../../runtime/usage/register-slots.ts";
import { setAside } from "../host/files.ts";
import { randomId } from "../host/identity.ts";
import type { DataPaths } from "../host/paths.ts";
import { openSlotFile } from "../host/slot-file.ts";

/** Opens the journal; a corrupt one is set aside and a new one made, because hours do not wait. */
export async function openJournal(
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

export function setJournalAside({ journal }: DataPaths, log: Log): string {
  const aside = setAside(["", "-wal", "-shm"].map((suffix) => journal + suffix));
  log.error("the journal is corrupt; it was set aside and a new one begins", { aside });
  return aside;
}

export function journalUnusable(cause: Error): Fault {
  const remedy = "look at the disk; metering goes on with a new journal";
  return new Fault("JOURNAL_UNUSABLE", `the journal is corrupt: ${cause.message}`, remedy, {
    cause,
  });
}

/** The slots; broken ones are set aside, because hours do not wait. */
export async function openSlots(paths: DataPaths, log: Log) {
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
export async function rememberedBy(journal: Journal, log: Log): Promise<Remembered> {
  try {
    return await journal.remembered();
  } catch (error) {
    log.error("the journal could not be asked for what was before", { reason: reasonOf(error) });
    return { usage: null, alarms: [] };
  }
}

/** One bad file stops nothing: a damaged lock is put aside, and nobody can hold that one. */
export function takeLock(file: string, log: Log): ReturnType<typeof lockDataDirectory> {
  try {
    return lockDataDirectory(file);
  } catch (error) {
    if (!(error instanceof LockCorrupt)) throw error;
    log.warn("the lock is damaged; it was set aside", { aside: setAside([file]) });
    return lockDataDirectory(file);
  }
}
