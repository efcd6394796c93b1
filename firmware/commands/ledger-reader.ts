// The ledger that a command is about: the running instance's, over its stream, or a copied file.

import { type Command, Option } from "commander";
import type { LedgerFacts, LedgerReader } from "../../runtime/ledger/reader.ts";
import { type Schema, schema } from "../../runtime/schema/schema.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { askInstance, connectLocally, type LocalReader } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";

export interface LedgerOptions {
  readonly data?: string;
  readonly url?: string;
  readonly ledger?: string;
}

/** `--data`, `--url` and `--ledger`, so that they read the same in every command. */
export function addLedgerOptions(command: Command): Command {
  const file = new Option(
    "--ledger <file>",
    "a copy of ledger.sqlite instead of a running instance",
  );
  return command
    .addOption(dataOption())
    .addOption(urlOption())
    .addOption(file.conflicts(["data", "url"]));
}

/** Call `close` when there is nothing more to ask. @throws Fault */
export async function openLedger(
  options: LedgerOptions,
): Promise<{ readonly ledger: LedgerReader; close(): void }> {
  const { ledger: file } = options;
  if (file !== undefined) {
    // Loaded here: the other commands do without a database.
    const { openLedgerCopy } = await import("../../runtime/ledger-store/ledger-copy.ts");
    const ledger = openLedgerCopy(file);
    return { ledger, close: () => ledger.close() };
  }
  const reader = await connectLocally(options);
  return { ledger: ledgerOf(reader), close: () => reader.client.close() };
}

const texts = schema.array(schema.string());
const count = schema.number().int().min(0);
const facts: Schema<LedgerFacts> = schema.object({
  controller: schema.string(),
  origin: schema.string(),
  key: schema.string(),
  segment: count,
  size: count,
});
const found = schema.array(schema.object({ index: count, leaf: schema.string() }));

function ledgerOf(reader: LocalReader): LedgerReader {
  const ask = async <Answer>(name: string, answer: Schema<Answer>, args: object = {}) => {
    const value = await askInstance(reader, "ledger", { ask: name, ...args });
    const parsed = answer.safeParse(value);
    if (parsed.success) return parsed.data;
    const message = `the instance's answer to ${name} is none`;
    throw new Fault("PEER_UNREACHABLE", message, "is it of the same version as this command?");
  };
  return {
    facts: () => ask("facts", facts),
    leaves: (from, limit) => ask("leaves", texts, { from, limit }),
    indexAt: (utc) => ask("index-at", count, { utc }),
    newestOf: (types, before, limit) => ask("newest-of", found, { types, before, limit }),
    inclusion: (index, size) => ask("inclusion", texts, { index, size }),
    consistency: (first, second) => ask("consistency", texts, { first, second }),
    frontier: (size) => ask("frontier", texts, { size }),
    checkpoints: (sizeMin, sizeMax, limit) =>
      ask("checkpoints", texts, { sizeMin, sizeMax, limit }),
    freshCheckpoint: () => ask("fresh-checkpoint", schema.string()),
  };
}
