// Modbus devices for the places on this machine: over TCP, and on a wire with a baud rate.

import { deviceWith, exception, type ServerRequest, serve } from "../../drivers/modbus/test-rig.ts";
import { freePort } from "../instance.ts";
import type { LineProcess } from "../peers/line-process.ts";
import {
  libmodbusSlave,
  modbusPeer,
  pymodbusMissing,
  startLibmodbus,
  startPymodbus,
} from "../peers/modbus-peers.ts";
import type { ModbusPeer, ResourceName, Service } from "../place.ts";
import { NoisyWire } from "../pty/noisy-wire.ts";
import type { Binding, BindingContext } from "./local-place.ts";

const UNIT = 1;
const LOOPBACK = "127.0.0.1";
/** As many as the peers have. */
const REGISTERS = 2_000;
const ILLEGAL_ADDRESS = 2;

const device = (context: BindingContext, name: ResourceName) => ({
  unitId: UNIT,
  ...(context.settings(name)["device"] as object),
});

/** The same, without any process: a server of the driver's own tests. */
export const ownModbusTcp: Binding = {
  provides: ["modbusTcp", "modbusTcpService"],
  missing: () => null,
  async open(context) {
    const memory = { coils: [] as boolean[], words: [] as number[] };
    const answer = deviceOfSize(memory);
    let server = await serve(answer);
    const { port } = server;
    const service: Service = {
      async stop() {
        await server[Symbol.asyncDispose]();
      },
      async start() {
        server = await serve(answer, port);
      },
    };
    context.cleanup.defer(() => service.stop());
    const modbusTcp: ModbusPeer = {
      bus: { driver: "modbus", host: LOOPBACK, port },
      device: device(context, "modbusTcp"),
      software: "the driver's own test server",
      async set(register, value) {
        memory.words[register] = value;
      },
      get: async (register) => memory.words[register] ?? 0,
      async setCoil(coil, on) {
        memory.coils[coil] = on;
      },
    };
    return { modbusTcp, modbusTcpService: service };
  },
};

function deviceOfSize(memory: Parameters<typeof deviceWith>[0]) {
  const device = deviceWith(memory);
  return (request: ServerRequest) => {
    if (request.address + request.count <= REGISTERS) device(request);
    else request.socket.write(exception(request, ILLEGAL_ADDRESS));
  };
}

/** Name and version, as each peer said it when it was started last. */
const greeted = new Set<string>();

function softwareNamed(name: string): Binding["software"] {
  const said = () => [...greeted].find((greeting) => greeting.startsWith(`${name} `));
  return () => {
    const greeting = said();
    return greeting === undefined ? {} : { [name]: greeting.slice(name.length + 1) };
  };
}

/** pymodbus behind a TCP port, in either framing. */
function pymodbusTcp(name: "modbusTcp" | "rtuOverTcp"): Binding["open"] {
  const kind = name === "modbusTcp" ? "tcp" : "rtu-over-tcp";
  return async (context) => {
    const port = await freePort();
    let server = await startPymodbus(kind, port, 0, UNIT);
    greeted.add(server.greeting);
    const transport = kind === "tcp" ? {} : { transport: kind };
    const bus = { driver: "modbus", ...transport, host: LOOPBACK, port };
    let isStopped = false;
    const service: Service = {
      async stop() {
        if (!isStopped) await server[Symbol.asyncDispose]();
        isStopped = true;
      },
      async start() {
        server = await startPymodbus(kind, port, 0, UNIT);
        isStopped = false;
      },
    };
    context.cleanup.defer(() => service.stop());
    const peer = modbusPeer(() => server, bus, device(context, name));
    return name === "modbusTcp" ? { modbusTcp: peer, modbusTcpService: service } : { [name]: peer };
  };
}

export const pymodbusTcpBinding: Binding = {
  provides: ["modbusTcp", "modbusTcpService"],
  missing: pymodbusMissing,
  open: pymodbusTcp("modbusTcp"),
  software: softwareNamed("pymodbus"),
};

export const pymodbusRtuOverTcpBinding: Binding = {
  provides: ["rtuOverTcp"],
  missing: pymodbusMissing,
  open: pymodbusTcp("rtuOverTcp"),
};

/** A wire with one slave on it for each unit id. */
async function wireWith(
  context: BindingContext,
  name: "rtuLine" | "asciiLine",
  slaveAt: (port: string, baudRate: number, unitId: number) => Promise<LineProcess>,
) {
  const {
    bus,
    baudRate,
    units = [UNIT],
  } = context.settings(name) as {
    readonly bus: object;
    readonly baudRate: number;
    readonly units?: readonly number[];
  };
  const wire = await NoisyWire.open({ baudRate, seed: context.seed, devices: units.length });
  context.cleanup.use(wire);
  const slaves: LineProcess[] = [];
  for (const [index, unit] of units.entries()) {
    slaves.push(context.cleanup.use(await slaveAt(wire.devicePorts[index]!, baudRate, unit)));
  }
  greeted.add(slaves[0]!.greeting);
  const settings = { driver: "modbus", port: wire.port, baudRate, ...bus };
  return { wire, peer: modbusPeer(() => slaves[0]!, settings, device(context, name)) };
}

export const rtuBinding: Binding = {
  provides: ["rtuLine", "rtuWire", "rtuPlug"],
  missing() {
    const slave = libmodbusSlave();
    return "missing" in slave ? slave.missing : null;
  },
  async open(context) {
    const slave = libmodbusSlave();
    if ("missing" in slave) throw new Error(slave.missing);
    const { wire, peer } = await wireWith(context, "rtuLine", (port, baudRate, unit) =>
      startLibmodbus(slave.program, port, baudRate, unit),
    );
    return { rtuLine: peer, rtuWire: wire, rtuPlug: wire };
  },
  software: softwareNamed("libmodbus"),
};

export const asciiBinding: Binding = {
  provides: ["asciiLine"],
  missing: pymodbusMissing,
  async open(context) {
    const { peer } = await wireWith(context, "asciiLine", (port, baudRate, unit) =>
      startPymodbus("ascii", port, baudRate, unit),
    );
    return { asciiLine: peer };
  },
};
