// Witnessing where no network leads from the controller to the party: the request and its answer
// travel as files.

import type { Command } from "commander";
import { Witness } from "../../protocols/witness/witness.ts";
import {
  parseSize,
  REQUEST_BYTES_MAX,
  requestText,
} from "../../protocols/witness/witness-request.ts";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import type { Outcome } from "../../runtime/ledger/commands.ts";
import { askInstance, commandInstance, connectLocally } from "./local-reader.ts";
import { dataOption } from "./options.ts";
import { badInput, readInput, writeOutput } from "./read-input.ts";
import { urlOption } from "./status.ts";
import { EXIT, terminal } from "./terminal.ts";
import { currentSeconds, type HolderOptions, holderOptions, openHolder } from "./witness-holder.ts";

const REQUEST_HELP = `
The file is the body of a request to any C2SP witness, so it can be posted as well:
  curl --data-binary @request http://127.0.0.1:8440/add-checkpoint

Examples:
  telltale witness request --out request
  telltale witness request --old 4711 --out request`;
const COSIGN_HELP = `
Where the witness has more or fewer leaves than the request says, it says how many: ask for another
request with --old.

Example:
  telltale witness cosign request --key witness.key --devices fleet.keys --out cosigned`;
const RETURN_HELP = `
Example:
  telltale witness return cosigned`;

export function registerOffline(witness: Command): void {
  witness
    .command("request")
    .description("at the controller: its newest checkpoint and the proof, for a witness")
    .option("--old <leaves>", "how many the witness has (`telltale witness show --json`)", "0")
    .option("--out <file>", "write it there instead of printing it")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", REQUEST_HELP)
    .action(makeRequest);
  holderOptions(
    witness
      .command("cosign")
      .description("at the party: cosign such a request, as the running witness would")
      .argument("<request>", "the file, from `telltale witness request`"),
  )
    .option("--out <file>", "write the cosigned checkpoint there instead of printing it")
    .addHelpText("after", COSIGN_HELP)
    .action((file: string, options: HolderOptions & { readonly out?: string }) => {
      process.exitCode = cosignRequest(file, options);
    });
  witness
    .command("return")
    .description("at the controller: hand the cosigned checkpoint to the meter")
    .argument("<note>", "the file, from `telltale witness cosign`")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", RETURN_HELP)
    .action(returnNote);
}

interface RequestOptions {
  readonly old: string;
  readonly out?: string;
  readonly data?: string;
  readonly url?: string;
}

async function makeRequest(options: RequestOptions): Promise<void> {
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

function cosignRequest(file: string, options: HolderOptions & { readonly out?: string }): number {
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

async function returnNote(
  file: string,
  options: { readonly data?: string; readonly url?: string },
): Promise<void> {
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
