// `telltale witness`: what a party runs to keep the newest state of the ledgers that it cares
// about, so that no controller can be set back or tell two stories.

import type { Command } from "commander";
import { Witness } from "../../protocols/witness/witness.ts";
import { witnessListener } from "../../protocols/witness/witness-listener.ts";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import { boundedHttpServer, type HttpLimits } from "../gateway/http-server.ts";
import { monoMs } from "../host/clock.ts";
import { aborted, stopSignal } from "../host/processes.ts";
import { listenOnPort } from "../host/sockets.ts";
import { openWitnessDirectory } from "../host/witness-directory.ts";
import { logOf } from "./options.ts";
import { badInput } from "./read-input.ts";
import { EXIT, terminal } from "./terminal.ts";
import {
  currentSeconds,
  type HolderOptions,
  holderOptions,
  openHolder,
  witnessDirectory,
  witnessDirectoryOption,
} from "./witness-holder.ts";
import { registerOffline } from "./witness-offline.ts";

const LISTEN_DEFAULT = "127.0.0.1:8440";
/** A request is one packet or three; whoever needs longer holds a place that others want. */
const LIMITS: HttpLimits = {
  headersMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 5_000,
  idleMs: 15_000,
  lookEveryMs: 2_000,
  connectionsMax: 200,
};

const HELP = `
A witness keeps the newest checkpoint of each ledger and cosigns a newer one only where that
continues it (C2SP tlog-witness, cosignature/v1). Its key has to be Ed25519. Each controller posts
to it every quarter of an hour: give its address and key to who writes the machine file, and the key
into the contract.

Example: set one up
  telltale key new firm.example/witness --out witness.key
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
    .action((options: RunOptions) => runWitness(options));
  witness
    .command("show")
    .description("the newest cosigned checkpoint of each ledger, as signed notes")
    .addOption(witnessDirectoryOption())
    .option("--origin <origin>", "only this ledger's")
    .option("--json", "print one JSON array, forks among it")
    .addHelpText("after", SHOW_HELP)
    .action((options: ShowOptions) => {
      process.exitCode = showWitness(options);
    });
  registerOffline(witness);
}

interface RunOptions extends HolderOptions {
  readonly listen: string;
}

async function runWitness(options: RunOptions): Promise<void> {
  const { host, port } = endpointOf(options.listen);
  using holder = openHolder(options);
  const { name, signer, devices, directory, key } = holder;
  const log = logOf("witness");
  const witness = new Witness({
    name,
    signer,
    devices,
    store: directory,
    kept: directory.kept,
    now: currentSeconds,
  });
  const http = boundedHttpServer(witnessListener({ witness, mono: monoMs, log }), LIMITS);
  const given = await listenOnPort(http, { host, port }, "--listen");
  terminal.out(`key      ${key.text}`);
  terminal.out(`address  http://${host.includes(":") ? `[${host}]` : host}:${given}`);
  for (const device of devices) {
    const note = directory.kept.get(device.name);
    const size = note === undefined ? "nothing yet" : `${sizeOf(note)} leaves`;
    terminal.out(`watches  ${device.name}: ${size}`);
  }
  await aborted(stopSignal());
  http.close();
  http.closeAllConnections();
}

function endpointOf(listen: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(listen);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw badInput(`--listen ${listen}: not an address`, `write it like ${LISTEN_DEFAULT}`);
}

interface ShowOptions {
  readonly data?: string;
  readonly origin?: string;
  readonly json?: true;
}

function showWitness({ data, origin: only, json }: ShowOptions): number {
  const { kept, evidence } = openWitnessDirectory(witnessDirectory(data), null);
  const isAsked = (origin: string) => only === undefined || origin === only;
  const notes = [...kept].filter(([origin]) => isAsked(origin));
  const forks = evidence.filter(({ origin }) => isAsked(origin));
  if (json) {
    const shown = notes.map(([origin, note]) => ({
      origin,
      size: sizeOf(note),
      note,
      forks: forks.filter((fork) => fork.origin === origin),
    }));
    terminal.out(JSON.stringify(shown, null, 2));
  } else for (const [, note] of notes) terminal.file(note);
  if (notes.length === 0) terminal.error("there is no checkpoint yet");
  for (const { origin, kind, time } of forks) {
    const when = new Date(time * 1_000).toISOString();
    terminal.error(`${when} ${origin}: ${FORK_WORDS[kind]}; --json shows both notes`);
  }
  return notes.length === 0 || forks.length > 0 ? EXIT.failed : EXIT.done;
}

const FORK_WORDS = {
  fork: "FORK: the device signed another tree of the same size",
  inconsistent: "the device signed a tree that does not continue what it had shown",
} as const;

function sizeOf(note: string): number {
  const checkpoint = parseCheckpoint(note);
  return typeof checkpoint === "string" ? 0 : checkpoint.size;
}
