// What the main thread and the two storage threads say to each other.

import type { RecordFilter, RecordPage, UsageDayRow } from "./reader.ts";
import type { SealedBatch } from "./row-batch.ts";
import type { Committed } from "./writer.ts";

export type ToWriter =
  | { readonly t: "append"; readonly batch: SealedBatch }
  | {
      readonly t: "acknowledge";
      readonly id: number;
      readonly consumer: string;
      readonly seq: number;
    }
  | { readonly t: "close" };

export type FromWriter =
  | { readonly t: "opened"; readonly epoch: string; readonly committed: Committed }
  /** The file cannot be used as it is; `corrupt` where another file would do better. */
  | { readonly t: "unusable"; readonly message: string; readonly corrupt: boolean }
  /** On the disk. The batch's buffer comes back for the next one. */
  | { readonly t: "committed"; readonly committed: Committed; readonly buffer: ArrayBuffer }
  /** Nothing of the batch was written; here it is again. */
  | {
      readonly t: "refused";
      readonly message: string;
      readonly corrupt: boolean;
      readonly batch: SealedBatch;
    }
  | { readonly t: "done"; readonly id: number; readonly error?: string };

export type ReaderRequest =
  | {
      readonly t: "page";
      readonly position: number;
      readonly limit: number;
      readonly filter: RecordFilter;
    }
  | { readonly t: "acknowledged" }
  | { readonly t: "usage-days"; readonly days: number };

export interface ToReader {
  readonly id: number;
  readonly request: ReaderRequest;
}

export interface FromReader {
  readonly id: number;
  readonly value?: RecordPage | Readonly<Record<string, number>> | readonly UsageDayRow[];
  readonly error?: string;
}

/**
 * What the journal needs of a worker thread; the host starts it, because it knows where it lies.
 */
export interface StorageThread {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  onExit(listener: (cause: Error | null) => void): void;
  /** Resolves when the thread has ended: by itself within `graceMs`, else by force. */
  end(graceMs: number): Promise<void>;
}

export type SpawnThread = (name: string, data: unknown) => StorageThread;
