// What the tests of this driver share: a real OPC UA server with a small machine, a wire to it that
// can be cut or can fall silent, and a bus of the real driver.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  DataType,
  MessageSecurityMode,
  makeEUInformation,
  nodesets,
  OPCUACertificateManager,
  OPCUAServer,
  type OPCUAServerOptions,
  RegisterServerMethod,
  SecurityPolicy,
  type StatusCode,
  StatusCodes,
  setErrorLogger,
  setWarningLogger,
  type UAVariable,
  Variant,
  VariantArrayType,
} from "node-opcua";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { makeBus } from "../shared/test-rig.ts";
import { opcuaClientDriver } from "./opcua-client.ts";

/** The real ones: what is tested here are real sockets and sessions. */
export const platform = {
  clock: new HostClock({ boot: "boot-1", synchronised: () => false }),
  timers: hostTimers,
};

const MACHINE_URI = "http://example.com/machine";

/** Of each kind one variable; more with `manyNumbers`. */
export interface Plant {
  readonly endpoint: string;
  readonly port: number;
  /** How many Read and Write requests the server has had. */
  readonly requests: { reads: number; writes: number };
  set(name: string, value: unknown, status?: StatusCode, sourceTimestamp?: Date): void;
  get(name: string): unknown;
  /** Moves a client's certificate to the trusted ones, as an administrator does. */
  trust(certificate: Buffer): Promise<void>;
  /** Ends the session of every client, as an administrator or a full server does. */
  endSessions(): Promise<void>;
  close(): Promise<void>;
}

export interface PlantOptions {
  readonly pki: string;
  /** Where another server has to stand at the same place. */
  readonly port?: number;
  readonly secured?: boolean;
  readonly manyNumbers?: number;
  /** Namespaces before the machine's own: its index moves. */
  readonly namespacesBefore?: readonly string[];
  readonly library?: OPCUAServerOptions;
}

const NUMBERS: Readonly<Record<string, readonly [DataType, unknown]>> = {
  Running: [DataType.Boolean, true],
  Small: [DataType.SByte, -5],
  Count: [DataType.UInt32, 4_000_000_000],
  Wide: [DataType.Int64, [0xffff_ffff, 0xffff_fffe]],
  Vast: [DataType.UInt64, [0x0020_0000, 1]],
  Load: [DataType.Double, 12.5],
  Single: [DataType.Float, Math.fround(0.1)],
  Name: [DataType.String, "spindle"],
  Void: [DataType.Double, Number.NaN],
  State: [DataType.Int32, 3],
};

export async function serve(options: PlantOptions): Promise<Plant> {
  // The server complains on the console about what the tests do to it.
  setWarningLogger(() => {});
  setErrorLogger(() => {});
  const certificates = new OPCUACertificateManager({
    rootFolder: options.pki,
    automaticallyAcceptUnknownCertificate: false,
    disableFileWatchers: true,
  });
  const users = new OPCUACertificateManager({
    rootFolder: `${options.pki}/users`,
    disableFileWatchers: true,
    privateKeyProvider: { getPrivateKey: () => certificates.getPrivateKey() },
  });
  const server = new OPCUAServer({
    host: "127.0.0.1",
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    nodesets: [nodesets.standard.replace(/\.xml$/, ".ndjson.gz")],
    registerServerMethod: RegisterServerMethod.HIDDEN,
    serverCertificateManager: certificates,
    // Without one of its own the library makes a folder in the user's home.
    userCertificateManager: users,
    securityModes: [
      options.secured ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.None,
    ],
    securityPolicies: [options.secured ? SecurityPolicy.Basic256Sha256 : SecurityPolicy.None],
    userManager: {
      isValidUser: (name: string, password: string) => name === "reader" && password === "s3cret",
    },
    ...options.library,
  });
  await server.initialize();
  const variables = addMachine(server, options);
  const requests = { reads: 0, writes: 0 };
  await server.start();
  for (const endpoint of server.endpoints) {
    endpoint.on("message", (message: { request: { constructor: { name: string } } }) => {
      if (message.request.constructor.name === "ReadRequest") requests.reads += 1;
      if (message.request.constructor.name === "WriteRequest") requests.writes += 1;
    });
  }
  const port = Number(new URL(server.getEndpointUrl().replace("opc.tcp", "http")).port);
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}`,
    port,
    requests,
    set(name, value, status = StatusCodes.Good, sourceTimestamp) {
      const variable = variables.get(name)!;
      const { dataType } = variable.readValue().value;
      variable.setValueFromSource({ dataType, value }, status, sourceTimestamp);
    },
    get: (name) => variables.get(name)!.readValue().value.value,
    async trust(certificate) {
      await certificates.trustCertificate(certificate);
    },
    async endSessions() {
      const sessions = Object.values(
        (server.engine as unknown as { _sessions: Record<string, { authenticationToken: object }> })
          ._sessions,
      );
      for (const { authenticationToken } of sessions) {
        server.engine.closeSession(authenticationToken as never, true, "Forcing");
      }
    },
    async close() {
      await server.shutdown(10);
      server.dispose();
      await certificates.dispose();
      await users.dispose();
    },
  };
}

function addMachine(server: OPCUAServer, options: PlantOptions): Map<string, UAVariable> {
  const addressSpace = server.engine.addressSpace!;
  for (const uri of options.namespacesBefore ?? []) addressSpace.registerNamespace(uri);
  const own = addressSpace.registerNamespace(MACHINE_URI);
  const machine = own.addObject({
    browseName: "Spindle",
    nodeId: "s=Spindle",
    organizedBy: addressSpace.rootFolder.objects,
  });
  const variables = new Map<string, UAVariable>();
  const ampere = makeEUInformation("AMP", "A", "ampere");
  const accessLevel = "CurrentRead | CurrentWrite";
  for (const [name, [dataType, value]] of Object.entries(NUMBERS)) {
    const nodeId = `s=Spindle.${name}`;
    const variable = own.addVariable({
      browseName: name,
      nodeId,
      componentOf: machine,
      dataType,
      accessLevel,
    });
    if (name === "Load") {
      own
        .addVariable({
          browseName: { name: "EngineeringUnits", namespaceIndex: 0 },
          propertyOf: variable,
          typeDefinition: "PropertyType",
          dataType: "EUInformation",
        })
        .setValueFromSource({ dataType: DataType.ExtensionObject, value: ampere });
    }
    const arrayType = VariantArrayType.Scalar;
    variable.setValueFromSource({ dataType, arrayType, value });
    variables.set(name, variable);
  }
  const list = own.addVariable({
    browseName: "Temperatures",
    nodeId: "s=Spindle.Temperatures",
    componentOf: machine,
    dataType: DataType.Double,
    valueRank: 1,
    accessLevel,
  });
  const arrayType = VariantArrayType.Array;
  list.setValueFromSource(new Variant({ dataType: DataType.Double, arrayType, value: [1, 2, 3] }));
  variables.set("Temperatures", list);
  const locked = own.addVariable({
    browseName: "Locked",
    nodeId: "s=Spindle.Locked",
    componentOf: machine,
    dataType: DataType.Double,
    accessLevel: "CurrentRead",
  });
  locked.setValueFromSource({ dataType: DataType.Double, value: 7 });
  variables.set("Locked", locked);
  for (let index = 0; index < (options.manyNumbers ?? 0); index++) {
    const variable = own.addVariable({
      browseName: `Number${index}`,
      nodeId: `i=${1_000 + index}`,
      componentOf: machine,
      dataType: DataType.Double,
    });
    variable.setValueFromSource({ dataType: DataType.Double, value: index });
  }
  return variables;
}

/** The way the machine file would name a variable of the machine. */
export function nodeOf(name: string): string {
  return `nsu=${MACHINE_URI};s=Spindle.${name}`;
}

export function openBus(
  settings: Readonly<Record<string, unknown>>,
  nodes: readonly Readonly<Record<string, unknown>>[],
  device: Readonly<Record<string, unknown>> = {},
) {
  const made = makeBus(opcuaClientDriver, {
    ...platform,
    settings: { security: { mode: "none" }, ...settings },
    devices: [{ settings: device, points: nodes }],
  });
  return {
    device: made.bus.devices[0]!,
    sink: made.sinks[0]!,
    wire: made.wires[0]!,
    close: () => made.bus.close(),
  };
}

/** A wire to a server on loopback that can be cut, or stay whole and carry nothing. */
export async function cable(toPort: number) {
  const ends = new Set<Socket>();
  let isSilent = false;
  const server = createServer((near) => {
    const far = connect(toPort, "127.0.0.1");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(from);
      from.on("data", (bytes) => {
        if (!isSilent) to.write(bytes);
      });
      from.on("close", () => {
        ends.delete(from);
        to.destroy();
      });
      // Both ends are cut in these tests while the other still writes.
      from.on("error", () => to.destroy());
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const end of ends) end.destroy();
  };
  return {
    endpoint: `opc.tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    fallSilent: () => {
      isSilent = true;
    },
    speakAgain: () => {
      isSilent = false;
    },
    connections: () => ends.size / 2,
    async close() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}
