// `telltale witness`: what a party runs to keep the newest state of the ledgers that it cares
// about, so that no controller can be set back or tell two stories.

import type { Command } from "commander";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";
import type { RunOptions, ShowOptions } from "./witness-actions.ts";
import type { InstanceOptions, RequestOptions } from "./witness-offline.ts";
import {
  type HolderOptions,
  holderOptions,
  LISTEN_DEFAULT,
  witnessDirectoryOption,
} from "./witness-options.ts";

const HELP = `
A witness keeps the newest checkpoint of each ledger and cosigns a newer one only where that
continues it (C2SP tlog-witness, cosignature/v1). Its key has to be Ed25519. Each controller posts
to it every quarter of an hour: give its address and key to who writes the machine file, and the key
into the contract.

Example: set one up
  telltale key new witness.key --name firm.example/witness
  telltale witness run --key witness.key --device telltale/usage/7d1f…+49984d70+AQRG…

Example: what it has, for \`telltale verify STATEMENT --witnessed NOTE\`
  telltale witness show > newest.note

Example: without network, by a USB stick
  telltale witness request --out request          (at the controller)
  telltale witness cosign request --key witness.key --device … --out cosigned   (at the party)
  telltale witness return cosigned                (at the controller)`;

const SHOW_HELP = `
Exit status: 0 as it should be, 1 a device told two stories or there is nothing yet.

Examples:
  telltale witness show > newest.note
  telltale witness show --origin telltale/usage/7d1f0c52a9e84b3e8c6a5f2b90d4e713 > newest.note
  telltale witness show --json`;

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

export function registerWitness(program: Command): void {
  const witness = program
    .command("witness")
    .description("keep the newest state of ledgers, and refuse what does not continue it")
    .addHelpText("after", HELP);
  holderOptions(
    witness
      .command("run")
      .description("take checkpoints over HTTP until stopped")
      .option("--listen <host:port>", "where", LISTEN_DEFAULT),
  )
    .addHelpText("after", HELP)
    .action(async (options: RunOptions) => {
      const { runWitness } = await import("./witness-actions.ts");
      await runWitness(options);
    });
  witness
    .command("show")
    .description("the newest cosigned checkpoint of each ledger, as signed notes")
    .addOption(witnessDirectoryOption())
    .option("--origin <origin>", "only this ledger's")
    .option("--json", "print one JSON array, forks among it")
    .addHelpText("after", SHOW_HELP)
    .action(async (options: ShowOptions) => {
      const { showWitness } = await import("./witness-actions.ts");
      process.exitCode = showWitness(options);
    });
  registerOffline(witness);
}

function registerOffline(witness: Command): void {
  witness
    .command("request")
    .description("at the controller: its newest checkpoint and the proof, for a witness")
    .option("--old <leaves>", "how many the witness has (`telltale witness show --json`)", "0")
    .option("--out <file>", "write it there instead of printing it")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", REQUEST_HELP)
    .action(async (options: RequestOptions) => {
      const { makeRequest } = await import("./witness-offline.ts");
      await makeRequest(options);
    });
  holderOptions(
    witness
      .command("cosign")
      .description("at the party: cosign such a request, as the running witness would")
      .argument("<request>", "the file, from `telltale witness request`"),
  )
    .option("--out <file>", "write the cosigned checkpoint there instead of printing it")
    .addHelpText("after", COSIGN_HELP)
    .action(async (file: string, options: HolderOptions & { readonly out?: string }) => {
      const { cosignRequest } = await import("./witness-offline.ts");
      process.exitCode = cosignRequest(file, options);
    });
  witness
    .command("return")
    .description("at the controller: hand the cosigned checkpoint to the meter")
    .argument("<note>", "the file, from `telltale witness cosign`")
    .addOption(dataOption())
    .addOption(urlOption())
    .addHelpText("after", RETURN_HELP)
    .action(async (file: string, options: InstanceOptions) => {
      const { returnNote } = await import("./witness-offline.ts");
      await returnNote(file, options);
    });
}
