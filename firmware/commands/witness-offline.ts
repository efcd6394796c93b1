// Witnessing where no network leads from the controller to the party: the request and its answer
// travel as files.

import { Witness } from "../../protocols/witness/witness.ts";
import {
  parseSize,
  REQUEST_BYTES_MAX,
  requestText,
} from "../../protocols/witness/witness-request.ts";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { askInstance, commandInstance, connectLocally } from "./local-reader.ts";
import { badInput, readInput, writeOutput } from "./read-input.ts";
import { EXIT, terminal } from "./terminal.ts";
import { currentSeconds, openHolder } from "./witness-holder.ts";
import type { HolderOptions } from "./witness-options.ts";

export interface RequestOptions extends InstanceOptions {
  readonly old: string;
  readonly out?: string;
}

export async function makeRequest(options: RequestOptions): Promise<void> {
  const old = parseSize(options.old);
  if (old === null) throw badInput(`--old ${options.old}: no number of leaves`, "write 0 or more");
  const reader = await connectLocally(options);
  try {
    const checkpoint = (await askInstance(reader, "ledger", { ask: "fresh-checkpoint" })) as string;
    const head = parseCheckpoint(checkpoint);
    const size = typeof head === "string" ? 0 : head.size;
    if (old > size) {
      const remedy = "was an old disk put back? What the witness has is the evidence: keep it";
      throw badInput(`the witness has ${old} leaves, this ledger ${size}`, remedy);
    }
    const asked = { ask: "consistency", first: old, second: size };
    const proof =
      old === 0 || old === size
        ? []
        : ((await askInstance(reader, "ledger", asked)) as readonly string[]);
    put(requestText({ old, proof, checkpoint }), options.out);
  } finally {
    reader.client.close();
  }
}

export function cosignRequest(
  file: string,
  options: HolderOptions & { readonly out?: string },
): number {
  const remedy = "name the file that `telltale witness request` wrote";
  const request = readInput(file, REQUEST_BYTES_MAX, remedy);
  using holder = openHolder(options);
  const { name, signer, devices, directory } = holder;
  const { kept } = directory;
  const now = currentSeconds;
  const witness = new Witness({ name, signer, devices, store: directory, kept, now });
  const answer = witness.addCheckpoint(request);
  if (answer.status === 200) {
    put(answer.note, options.out);
    return EXIT.done;
  }
  const reason =
    "size" in answer
      ? `this witness has ${answer.size} leaves; ask for a request with --old ${answer.size}`
      : answer.reason;
  terminal.error(`not cosigned: ${reason} (${answer.status})`);
  return EXIT.failed;
}

export interface InstanceOptions {
  readonly data?: string;
  readonly url?: string;
}

export async function returnNote(file: string, options: InstanceOptions): Promise<void> {
  const remedy = "name the file that `telltale witness cosign` wrote";
  const note = readInput(file, REQUEST_BYTES_MAX, remedy);
  const reader = await connectLocally(options);
  try {
    const outcome = (await commandInstance(reader, "cosignature", { note })) as Outcome;
    if (outcome.result === "taken") {
      terminal.out("the meter has the cosignature");
      return;
    }
    terminal.error(`refused: ${outcome.message} (${outcome.code})`);
    process.exitCode = EXIT.failed;
  } finally {
    reader.client.close();
  }
}

function put(text: string, file: string | undefined): void {
  if (file === undefined) terminal.file(text);
  else writeOutput(file, text);
}
