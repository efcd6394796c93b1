// What `telltale witness run` and `telltale witness show` do.

import { Witness } from "../../protocols/witness/witness.ts";
import { witnessListener } from "../../protocols/witness/witness-listener.ts";
import { parseCheckpoint } from "../../runtime/ledger/checkpoint.ts";
import { boundedHttpServer, type HttpLimits } from "../gateway/http-server.ts";
import { monoMs } from "../host/clock.ts";
import { fileExists } from "../host/files.ts";
import { aborted, stopSignal } from "../host/processes.ts";
import { listenOnPort } from "../host/sockets.ts";
import { openWitnessDirectory } from "../host/witness-directory.ts";
import { logOf } from "./options.ts";
import { badInput } from "./read-input.ts";
import { EXIT, terminal } from "./terminal.ts";
import { currentSeconds, openHolder, witnessDirectory } from "./witness-holder.ts";
import { type HolderOptions, LISTEN_DEFAULT } from "./witness-options.ts";

/** A request is one packet or three; whoever needs longer holds a place that others want. */
const LIMITS: HttpLimits = {
  headersMs: 5_000,
  requestMs: 10_000,
  keepAliveMs: 5_000,
  idleMs: 15_000,
  lookEveryMs: 2_000,
  connectionsMax: 200,
};

export interface RunOptions extends HolderOptions {
  readonly listen: string;
}

export async function runWitness(options: RunOptions): Promise<void> {
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

export interface ShowOptions {
  readonly data?: string;
  readonly origin?: string;
  readonly json?: true;
}

export function showWitness({ data, origin: only, json }: ShowOptions): number {
  const folder = witnessDirectory(data);
  if (!fileExists(folder))
    throw badInput(`${folder}: no witness was ever run there`, "name it with --data");
  const { kept, evidence } = openWitnessDirectory(folder, null);
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
