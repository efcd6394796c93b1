// What the tests of this folder share: a machine to serve and clients that dial it.

import { OPCUACertificateManager, OPCUAClient, type OPCUAClientOptions } from "node-opcua";
import type { Clock } from "../../runtime/signal/instant.ts";
import { type Log, silentLog } from "../../runtime/signal/log.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import {
  type Registers,
  type UsageState,
  ZERO_REGISTERS,
} from "../../runtime/usage/usage-state.ts";
import type { MeterState, SignalSummary } from "../stream/frames.ts";
import type { OpcuaServerOptions } from "./library-options.ts";
import { OpcuaServer } from "./server.ts";

function signal(name: string, unit: string, range: SignalSummary["range"]): SignalSummary {
  return { name, description: `The ${name}`, unit, range, staleMs: 3_000, source: "compressor" };
}

const NO_LEDGER: MeterState["ledger"] = {
  controller: "c",
  origin: "telltale/usage/c",
  key: "",
  segment: 1,
  size: 0,
  pendingLeaves: 0,
  lease: null,
};

export const MODEL = {
  controller: "c0ffee",
  machine: {
    maker: "Nordwind",
    model: "SK 37",
    serialNumber: "NW-2026-0417",
    location: "Hall 3, Bremen",
  },
  softwareRevision: "0.1.0",
  signals: [
    signal("motorCurrent", "A", [0, 150]),
    signal("dischargeTemperature", "Cel", [-40, 160]),
    signal("faultWord", "1", [null, null]),
  ],
} as const;

export function good(value: number, age = 0): LiveValue {
  return { value, quality: "good", age };
}

export function bad(reason: string, age: number | null = 0): LiveValue {
  return { value: null, quality: "bad", reason, age, last: { value: 99, age: 60_000 } };
}

export function meterState(
  state: UsageState,
  registers: Partial<Registers> = {},
  values: MeterState["values"] = {},
): MeterState {
  return {
    machine: MODEL.machine,
    controller: MODEL.controller,
    time: { boot: "boot-1", mono: 0, utc: 0, tq: "S", err: 0 },
    usage: {
      state,
      sinceMono: 0,
      mode: "None",
      overload: false,
      source: null,
      registers: { ...ZERO_REGISTERS, ...registers },
      periods: { rental: null, trip: null },
    },
    services: [],
    ledger: NO_LEDGER,
    values,
    devices: [],
    diagnosis: [],
    alarms: [],
    journal: {
      epoch: "e",
      oldest: 1,
      newest: 1,
      pendingRows: 0,
      droppedRows: 0,
      refusal: null,
      bytes: 0,
    },
    configuration: { file: "machine.yaml", inForce: "given", sha256: null, problems: [] },
  };
}

export class RecordingLog implements Log {
  readonly warnings: string[] = [];
  readonly infos: string[] = [];
  debug = silentLog.debug;
  error = silentLog.error;
  info(message: string): void {
    this.infos.push(message);
  }
  warn(message: string): void {
    this.warnings.push(message);
  }
}

/** A server on loopback, open to everybody unless `options` say otherwise. */
export async function serve(
  pkiDirectory: string,
  clock: Clock & Timers,
  options: Partial<OpcuaServerOptions> = {},
): Promise<OpcuaServer> {
  const server = new OpcuaServer({
    endpoint: { host: "127.0.0.1", port: 0, anonymous: true },
    model: MODEL,
    pkiDirectory,
    clock,
    timers: clock,
    log: silentLog,
    ...options,
  });
  await server.open();
  return server;
}

/** A client that gives up at once instead of dialling again. */
export async function connect(url: string, pkiDirectory: string, options: OPCUAClientOptions = {}) {
  const client = OPCUAClient.create({
    // The test is about whom the server trusts, so the client trusts everybody.
    clientCertificateManager: new OPCUACertificateManager({
      rootFolder: pkiDirectory,
      automaticallyAcceptUnknownCertificate: true,
      disableFileWatchers: true,
    }),
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    ...options,
  });
  try {
    await client.connect(url);
  } catch (error) {
    await client.disconnect();
    throw error;
  }
  return client;
}
