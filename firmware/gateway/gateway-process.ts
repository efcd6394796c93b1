// `telltale gateway`: the process that has the network, and neither a device nor the hours. All it
// knows comes over the meter's socket; when it dies, no second is lost.

import { isAempPath } from "../../protocols/aemp/requests.ts";
import type { OpcuaServer } from "../../protocols/opcua/server.ts";
import { createPanel, isOurHost } from "../../protocols/panel/panel.ts";
import type { MeterEnd, PanelStatus } from "../../protocols/panel/panel-status.ts";
import { StreamClient } from "../../protocols/stream/client.ts";
import {
  type Hello,
  type MeterState,
  type SignalSummary,
  STREAM_PATH,
} from "../../protocols/stream/frames.ts";
import { RelaySource } from "../../protocols/stream/relay-source.ts";
import { StreamServer } from "../../protocols/stream/server.ts";
import { Fault, type FaultCode, reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep } from "../../runtime/signal/timers.ts";
import { nodesetDirectory, panelAssets } from "../host/assets.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { random } from "../host/identity.ts";
import { dataPaths, socketPath } from "../host/paths.ts";
import { aborted, tellParent } from "../host/processes.ts";
import { listenOnPort } from "../host/sockets.ts";
import { hostTimers } from "../host/timers.ts";
import type { AdoptedMachineFile } from "../machine-file/adopt.ts";
import { httpKeys } from "../machine-file/file-schema.ts";
import type { OpcuaEndpoint } from "../machine-file/machine.ts";
import { VERSION } from "../version.ts";
import { admission } from "./admission.ts";
import { aempDoor } from "./aemp-door.ts";
import { aempSource, ledgerOver } from "./aemp-source.ts";
import { boundedHttpServer, HTTP_LIMITS } from "./http-server.ts";
import { readMeterEnd } from "./meter-end.ts";
import { OpcuaFeed } from "./opcua-feed.ts";
import { witnessedLedger } from "./witnessed-ledger.ts";
import type { Witnessing } from "./witnessing.ts";

/** The meter is on the same machine: a lost connection is tried again soon. */
const METER_RETRY_MAX_MS = 1_000;
/** How often counters and state are handed to OPC UA. */
const STATE_EVERY_MS = 1_000;
/** How often current values are looked at for OPC UA. */
const OPCUA_FEED_MS = 250;
/** A port that is taken is tried again, because its holder may end; an address may still appear. */
const MAY_HEAL: ReadonlySet<FaultCode> = new Set(["PORT_IN_USE", "SETTING_INVALID"]);
const LISTEN_RETRY_MS = 5_000;

export interface GatewayProcessOptions {
  readonly directory: string;
  readonly adopted: AdoptedMachineFile;
  readonly log: Log;
  readonly stop: AbortSignal;
}

/** Runs until `stop` is aborted. */
export async function runGateway(options: GatewayProcessOptions): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const { directory, adopted, log, stop } = options;
  const clock = controllerClock();
  const looking = hostTimers.every(1_000, () => clock.look());
  cleanup.defer(() => looking.cancel());
  const httpEndpoint = adopted.machine?.endpoints.http ?? httpKeys.parse({});
  let httpPort = httpEndpoint.port;
  const opcuaEndpoint = adopted.machine?.endpoints.opcua ?? null;

  let relay: RelaySource | null = null;
  let configuration = adopted.status;
  let heardAt: number | null = null;
  /** What the meter said last. Its hours stay true when it is gone: they carry their date. */
  let lastState: MeterState | null = null;
  let lastEnd: MeterEnd | null = null;
  let opcua: OpcuaServer | null = null;
  let witnessing: Witnessing | null = null;
  let isOpcuaBegun = false;
  let isLossTold = false;

  const panel = createPanel({
    status: (): PanelStatus => ({
      meter: adopted.machine === null ? "none" : relay ? "running" : "down",
      lastDataAge: heardAt === null ? null : clock.mono() - heardAt,
      lastEnd: relay ? null : lastEnd,
      configuration,
      witnesses: witnessing?.status ?? [],
      endpoints: {
        stream: `ws://${httpEndpoint.host}:${httpPort}${STREAM_PATH}`,
        opcua: opcuaEndpoint && `opc.tcp://${opcuaEndpoint.host}:${opcuaEndpoint.port}`,
      },
    }),
    assets: panelAssets(),
    hostNames: [httpEndpoint.host],
    log,
  });
  const aemp = aempDoor({
    source: aempSource({
      state: () => lastState,
      ledger: ledgerOver((args) => client.get("ledger", args)),
    }),
    utc: () => clock.instantAt(clock.mono()).utc,
    isOurHost: (header) => isOurHost(header, [httpEndpoint.host]),
    timers: hostTimers,
    log,
  });
  const http = boundedHttpServer((request, response) => {
    const answer = isAempPath(request.url ?? "/") ? aemp : panel;
    answer(request, response);
  }, HTTP_LIMITS);
  const stream = new StreamServer({
    http,
    source: () => relay,
    admit: admission([httpEndpoint.host]),
    timers: hostTimers,
    log,
  });
  stream.open();

  const client = new StreamClient({
    url: `ws://localhost${STREAM_PATH}`,
    socketPath: socketPath(directory),
    timers: hostTimers,
    random,
    retryMaxMs: METER_RETRY_MAX_MS,
    onUp: (hello) => {
      isLossTold = false;
      void follow(hello);
    },
    onDown: (reason) => {
      if (relay) log.warn("the meter is gone", { reason });
      else if (!isLossTold) log.info("the meter cannot be reached yet", { reason });
      isLossTold = true;
      relay?.close();
      relay = null;
      stream.dismissAll("the meter is being restarted");
      opcua?.updateLost();
    },
  });

  const witnesses = adopted.machine?.ledger.witnesses ?? [];
  if (witnesses.length > 0) {
    // Loaded here: whoever has no witness must not pay for the code that verifies signatures.
    const { Witnessing } = await import("./witnessing.ts");
    const ledger = witnessedLedger(client);
    witnessing = new Witnessing({
      witnesses,
      ledger: () => (relay ? ledger : null),
      mono: () => clock.mono(),
      timers: hostTimers,
      random,
      log,
    });
    witnessing.open();
  }

  /** Never rejects: while the connection stands it is tried again. */
  async function follow(hello: Hello): Promise<void> {
    while (client.hello === hello) {
      try {
        const signals = (await client.get("signals")) as readonly SignalSummary[];
        if (client.hello !== hello) return;
        relay = new RelaySource(client, clock, hello, signals);
        relay.open();
        log.info("the meter is connected");
        beginOpcua(hello, signals);
        return;
      } catch (error) {
        log.warn("the meter could not be followed", { reason: reasonOf(error) });
        await sleep(hostTimers, METER_RETRY_MAX_MS, stop);
      }
    }
  }

  /** Once, although the meter may come and go while the port is still being waited for. */
  function beginOpcua(hello: Hello, signals: readonly SignalSummary[]): void {
    if (opcuaEndpoint === null || isOpcuaBegun) return;
    isOpcuaBegun = true;
    openOpcua(opcuaEndpoint, hello, signals).then(
      (server) => {
        opcua = server;
      },
      (error: unknown) => {
        isOpcuaBegun = false;
        log.error("OPC UA could not be opened", { reason: reasonOf(error) });
      },
    );
  }

  async function openOpcua(
    endpoint: OpcuaEndpoint,
    { controller, machine }: Hello,
    signals: readonly SignalSummary[],
  ): Promise<OpcuaServer | null> {
    // Loaded here, because it is large and a machine without OPC UA must not pay for it.
    const { OpcuaServer } = await import("../../protocols/opcua/server.ts");
    const server = new OpcuaServer({
      endpoint,
      model: { controller, machine, signals, softwareRevision: VERSION },
      pkiDirectory: dataPaths(directory).pki,
      ...nodesetDirectory(),
      clock,
      timers: hostTimers,
      log,
    });
    if (!(await listening(() => server.open(), "OPC UA"))) return null;
    const feed = new OpcuaFeed({
      server,
      latest: () => relay?.latest ?? null,
      heardAt: () => heardAt,
      clock,
    });
    const feeding = hostTimers.every(OPCUA_FEED_MS, () => feed.look());
    cleanup.defer(() => feeding.cancel());
    return server;
  }

  /** Tries until the endpoint listens; false where the process is to stop first. */
  async function listening(open: () => Promise<void>, name: string): Promise<boolean> {
    let told = false;
    while (!stop.aborted) {
      try {
        await open();
        await tellParent({ t: "ready", detail: { endpoint: name } });
        return true;
      } catch (error) {
        if (!(error instanceof Fault) || !MAY_HEAL.has(error.code)) throw error;
        if (!told) {
          log.error(`${name}: ${error.message}; ${error.remedy}`);
          await tellParent({ t: "unavailable", endpoint: name });
        }
        told = true;
        await sleep(hostTimers, LISTEN_RETRY_MS, stop);
      }
    }
    return false;
  }

  /** Looked for at the pace of this timer, so that asking for the status costs no disk. */
  function lookForEnd(): void {
    try {
      lastEnd = readMeterEnd(dataPaths(directory).restarts, clock);
    } catch (error) {
      lastEnd = null;
      log.debug("the list of restarts could not be read", { reason: reasonOf(error) });
    }
  }

  const asking = hostTimers.every(STATE_EVERY_MS, () => {
    if (!relay) {
      lookForEnd();
      return;
    }
    client.get("state").then(
      (state) => {
        heardAt = clock.mono();
        lastState = state as MeterState;
        // The meter's word counts: it may have begun earlier or later than we, with another file.
        configuration = (state as MeterState).configuration;
        opcua?.updateState(state as MeterState);
      },
      (error: unknown) => log.debug("the meter did not answer", { reason: reasonOf(error) }),
    );
  });
  cleanup.defer(async () => {
    asking.cancel();
    witnessing?.close();
    client.close();
    stream.close();
    http.close();
    http.closeAllConnections();
    await opcua?.close();
  });

  if (adopted.machine) client.open();
  const openHttp = async () => {
    httpPort = await listenOnPort(http, httpEndpoint, "endpoints.http.port");
    log.info(`the status page is at http://${httpEndpoint.host}:${httpPort}/`);
  };
  await listening(openHttp, "status page");
  await aborted(stop);
}
