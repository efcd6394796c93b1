// The options of `telltale witness`, apart from what they need: each process of ours reads this
// file at its start, and few of them are witnesses.

import { type Command, Option } from "commander";

export const LISTEN_DEFAULT = "127.0.0.1:8440";

export interface HolderOptions {
  readonly key: string;
  readonly name?: string;
  readonly device?: readonly string[];
  readonly devices?: string;
  readonly data?: string;
}

export function holderOptions(command: Command): Command {
  const collect = (word: string, before: readonly string[] = []) => [...before, ...word.split(",")];
  return command
    .requiredOption("--key <file>", "the witness's private key, as `telltale key new` made it")
    .option("--name <name>", "the witness's name, where it is not the key's")
    .option("--device <vkey>", "a controller's verifier key; again or with commas", collect)
    .option("--devices <file>", "many of them, one a line; # begins a comment")
    .addOption(witnessDirectoryOption());
}

export function witnessDirectoryOption(): Option {
  return new Option(
    "--data <directory>",
    "what the witness remembers (default: witness/ in $STATE_DIRECTORY, else per user)",
  );
}
