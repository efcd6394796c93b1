// The OPC UA server: one machine, read-only, in the Machinery model. It is fed with plain values
// and knows neither the meter nor a device; what it shows is never more than it was last told.

import { OPCUAServer } from "node-opcua";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { LiveValue } from "../../runtime/signal/process-image.ts";
import type { Timer } from "../../runtime/signal/timers.ts";
import type { MeterState } from "../stream/frames.ts";
import { buildPlant } from "./address-space.ts";
import { guardPacketAssembler } from "./guard.ts";
import { type CertificateStores, certificateStores, makeCertificate } from "./identity.ts";
import { routeLibraryLog } from "./library-log.ts";
import { libraryOptions, OPCUA_LIMITS, type OpcuaServerOptions } from "./library-options.ts";
import { LivePlant } from "./live-plant.ts";
import { applicationUriOf } from "./plant-model.ts";

const SILENCE_CHECK_MS = 1_000;
/** How long a client is given to read the notice that the server is going away. */
const SHUTDOWN_MS = 100;

/**
 * Without `anonymous`, clients need a trusted certificate and the channel is signed and encrypted.
 * There are no users yet: nobody can open a session on such an endpoint, and `open` says so.
 */
export class OpcuaServer {
  readonly #options: OpcuaServerOptions;
  #server: OPCUAServer | null = null;
  #stores: CertificateStores | null = null;
  #plant: LivePlant | null = null;
  #watch: Timer | null = null;
  #heardAt = 0;

  constructor(options: OpcuaServerOptions) {
    this.#options = options;
  }

  /** Where clients connect to; empty until it is open. */
  get endpointUrl(): string {
    return this.#plant === null ? "" : this.#server!.getEndpointUrl();
  }

  async open(): Promise<void> {
    const { endpoint, model, clock, timers, log } = this.#options;
    guardPacketAssembler(log);
    routeLibraryLog(log, clock);
    this.#stores = certificateStores(this.#options.pkiDirectory, !endpoint.anonymous);
    const server = new OPCUAServer(libraryOptions(this.#options, this.#stores));
    this.#server = server;
    try {
      await this.#stores.applications.initialize();
      await this.#ensureCertificate(server, this.#stores);
      await server.initialize();
      const addressSpace = server.engine.addressSpace;
      if (addressSpace === null) throw new Error("The library made no address space.");
      const nodes = buildPlant(addressSpace, model);
      await server.start();
      this.#plant = new LivePlant(nodes, clock);
    } catch (error) {
      await this.close();
      throw this.#faultOf(error);
    }
    this.#heardAt = clock.mono();
    this.#watch = timers.every(SILENCE_CHECK_MS, () => {
      if (clock.mono() - this.#heardAt > OPCUA_LIMITS.silenceMsMax) this.updateLost();
    });
    log.info("OPC UA is listening.", { url: this.endpointUrl, anonymous: endpoint.anonymous });
    // Only now: a port that is waited for is tried again and again, and open to nobody.
    this.#warnOfEndpoint();
  }

  /** Current values by signal name. */
  update(values: Readonly<Record<string, LiveValue>>): void {
    this.#heardAt = this.#options.clock.mono();
    this.#plant?.update(values);
  }

  /** State, registers and current values; once a second. */
  updateState(state: MeterState): void {
    this.#heardAt = this.#options.clock.mono();
    this.#plant?.updateState(state);
  }

  /** The gateway has lost the meter. The server also concludes this by itself from silence. */
  updateLost(): void {
    this.#plant?.updateLost();
  }

  /** Harmless when it is not open. */
  async close(): Promise<void> {
    this.#watch?.cancel();
    this.#watch = null;
    this.#plant = null;
    const server = this.#server;
    const stores = this.#stores;
    this.#server = null;
    this.#stores = null;
    if (server !== null) {
      await server.shutdown(SHUTDOWN_MS);
      server.dispose();
    }
    await stores?.applications.dispose();
    await stores?.users.dispose();
  }

  #warnOfEndpoint(): void {
    const { endpoint, log } = this.#options;
    if (endpoint.anonymous) {
      log.warn(
        "OPC UA is open to anybody who can reach it, without encryption, because the machine " +
          "file says `endpoints.opcua.anonymous: true`. Everything is read-only.",
        { host: endpoint.host, port: endpoint.port },
      );
    } else {
      log.warn(
        "OPC UA has no users yet: clients find the endpoint and its certificate, but nobody can " +
          "log in. For a demo on loopback set `endpoints.opcua.anonymous: true`.",
      );
    }
  }

  async #ensureCertificate(server: OPCUAServer, stores: CertificateStores): Promise<void> {
    const { clock, endpoint, log, model } = this.#options;
    try {
      server.getCertificate();
      return;
    } catch (error) {
      log.info("Making the certificate of the OPC UA server.", { because: reasonOf(error) });
    }
    await makeCertificate(
      stores.applications,
      server.certificateFile,
      {
        applicationUri: applicationUriOf(model),
        commonName: `Telltale ${model.machine.serialNumber}`,
        organization: model.machine.maker,
        host: endpoint.host,
      },
      clock,
    );
  }

  #faultOf(error: unknown): Fault {
    const { host, port } = this.#options.endpoint;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EADDRINUSE") {
      return new Fault(
        "PORT_IN_USE",
        `port ${port} on ${host} is in use by another program`,
        "end that program, or set another port with endpoints.opcua.port in the machine file",
        { cause: error },
      );
    }
    return new Fault(
      "SETTING_INVALID",
      `it cannot start on ${host}:${port}: ${reasonOf(error)}`,
      `look at endpoints.opcua in the machine file and at ${this.#options.pkiDirectory}`,
      { cause: error },
    );
  }
}
