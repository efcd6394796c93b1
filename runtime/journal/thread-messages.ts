// What the main thread and the two storage threads say to each other.

import type { RecordFilter, RecordPage, Remembered, UsageDay } from "./record.ts";
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
  | { readonly t: "usage-days"; readonly days: number }
  | { readonly t: "remembered" };

export interface ToReader {
  readonly id: number;
  readonly request: ReaderRequest;
}

export interface FromReader {
  readonly id: number;
  readonly value?: RecordPage | Readonly<Record<string, number>> | readonly UsageDay[] | Remembered;
  readonly error?: string;
}
