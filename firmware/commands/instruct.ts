// `telltale instruct`: what the parties say to a controller about its lease, from writing over
// signing to delivering it.

import { type Command, Option } from "commander";
import { REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";
import type { SendOptions, ShowOptions } from "./instruct-actions.ts";
import type { NewOptions } from "./instruct-new.ts";
import { dataOption } from "./options.ts";
import { urlOption } from "./status.ts";

const HELP = `
One file goes from hand to hand: \`new\` writes it, each party adds its signature, and whoever is at
the controller sends it. \`telltale lease\` says where the lease stands.

Example:
  telltale instruct new on-hire --contract C.yaml --out on-hire.json
  telltale instruct sign on-hire.json --key lessor.key
  telltale instruct sign on-hire.json --key lessee.key
  telltale instruct send on-hire.json`;
const SHOW_HELP = `
Exit status: 0 it can be read, 2 it is no instruction. With --contract the signatures are verified.

Example:
  telltale instruct show on-hire.json --contract C.yaml`;
const SEND_HELP = `
The contract comes along with the first instruction of a lease, with its signatures in FILE.jws
(\`telltale sign\`); the meter keeps it. A handover brings the next contract.

Exit status: 0 the meter has taken it, 1 it has refused it and says why.

Examples:
  telltale instruct send delivery.json --contract C.yaml
  telltale instruct send on-hire.json --url ws://127.0.0.1:8420/stream`;

const NEW_HELP = `
Kinds, in the order of a rental's life (docs/leasing.md says who signs which):
  delivery, acceptance, on-hire, standby-begin, standby-end, off-hire, return
  handover                to another contract: --next-contract, --next-lease
  fault-begin, fault-end  a person says that the machine cannot work: --reason
  service-done            --service, --counted-by
  offset                  after a controller was replaced: --previous, --reason, --register …
  assent-configuration, assent-software (--sha256), assent-time-step (--leaf),
  assent-loss (--from, --to)

Examples:
  telltale instruct new delivery --contract C.yaml --out delivery.json
  telltale instruct new return --contract C.yaml --register working=1234.5h --out return.json
  telltale instruct new handover --contract C.yaml --next-contract D.yaml --out handover.json
  telltale instruct new fault-begin --contract C.yaml --reason "hydraulic leak" --out fault.json`;

export function registerInstruct(program: Command): void {
  const instruct = program
    .command("instruct")
    .description("write, sign and deliver what the parties say about a lease")
    .addHelpText("after", HELP);
  registerNew(instruct);
  instruct
    .command("sign")
    .description("add a signature to an instruction")
    .argument("<file>", "from `telltale instruct new`; the signature is put into it")
    .requiredOption("--key <file>", "the private key of a party, from `telltale key new`")
    .addHelpText("after", HELP)
    .action(async (file: string, options: { readonly key: string }) => {
      const { signInstruction } = await import("./instruct-actions.ts");
      signInstruction(file, options);
    });
  instruct
    .command("show")
    .description("say in words what an instruction says, and who has signed it")
    .argument("<file>", "an instruction, signed or not")
    .option("--contract <file>", "verify the signatures with the keys of this contract")
    .option("--next-contract <file>", "of a handover: the keys of the next lessee, too")
    .addHelpText("after", SHOW_HELP)
    .action(async (file: string, options: ShowOptions) => {
      const { showInstruction } = await import("./instruct-actions.ts");
      showInstruction(file, options);
    });
  instruct
    .command("send")
    .description("deliver a signed instruction to the meter")
    .argument("<file>", "a signed instruction")
    .option("--contract <file>", "the contract that comes along, with FILE.jws beside it")
    .addOption(dataOption())
    .addOption(urlOption())
    .option("--json", "print what the meter answered as one JSON object")
    .addHelpText("after", SEND_HELP)
    .action(async (file: string, options: SendOptions) => {
      const { sendInstruction } = await import("./instruct-actions.ts");
      await sendInstruction(file, options);
    });
}

function registerNew(instruct: Command): void {
  const collect = (word: string, before: readonly string[] = []) => [...before, ...word.split(",")];
  instruct
    .command("new")
    .description("write an instruction for the parties to sign")
    .argument("<kind>", "see below")
    .requiredOption("--contract <file>", "the contract that it is under")
    .option("--lease <name>", "which rental under it (default: the contract's id)")
    .option("--expires <duration>", "how long it may be delivered", "7d")
    .option("--note <words>", "for people")
    .option("--controller <id>", "where it is not the contract's: after it was replaced")
    .option("--register <name=value>", "as it was read, such as working=1234.5h", collect)
    .option("--next-contract <file>", "of a handover")
    .option("--next-lease <name>", "of a handover (default: the next contract's id)")
    .option("--reason <words>", "why")
    .option("--previous <id>", "the controller that was replaced")
    .option("--service <name>", "which service was done")
    .addOption(new Option("--counted-by <register>").choices([...REGISTER_NAMES]))
    .option("--sha256 <hash>", "of the configuration or metering code that is assented to")
    .option("--leaf <index>", "the leaf of the time step that is assented to")
    .option("--from <index>", "the first leaf of the loss that is assented to")
    .option("--to <index>", "the last one")
    .option("--out <file>", "write it there instead of printing it")
    .addHelpText("after", NEW_HELP)
    .action(async (kind: string, options: NewOptions) => {
      const { makeInstruction } = await import("./instruct-new.ts");
      makeInstruction(kind, options);
    });
}
