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
import type { ModbusPeer, ResourceName, Service, Settings } from "../place.ts";
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

type StartSlave = (port: string, baudRate: number, unitId: number) => Promise<LineProcess>;

/**
 * A wire with one slave on it for each unit id, and the bus of the machine file that leads there.
 */
async function wireWith(
  context: BindingContext,
  name: "rtuLine" | "asciiLine" | "rtuBus",
  units: readonly number[],
  startSlave: StartSlave,
) {
  const { bus, baudRate } = context.settings(name) as {
    readonly bus: object;
    readonly baudRate: number;
  };
  const wire = await NoisyWire.open({
    baudRate,
    seed: context.seed,
    devices: units.length,
    ...(units.length > 1 && { units }),
  });
  context.cleanup.use(wire);
  const slaves: LineProcess[] = [];
  for (const [index, unit] of units.entries()) {
    const slave = await startSlave(wire.devicePorts[index]!, baudRate, unit);
    greeted.add(slave.greeting);
    slaves.push(context.cleanup.use(slave));
  }
  return {
    wire,
    slave: slaves[0]!,
    bus: { driver: "modbus", port: wire.port, baudRate, ...bus },
    port: { path: wire.port, baudRate },
  };
}

function libmodbusMissing(): string | null {
  const slave = libmodbusSlave();
  return "missing" in slave ? slave.missing : null;
}

const startLibmodbusSlave: StartSlave = (port, baudRate, unitId) => {
  const slave = libmodbusSlave();
  if ("missing" in slave) throw new Error(slave.missing);
  return startLibmodbus(slave.program, port, baudRate, unitId);
};

export const rtuBinding: Binding = {
  provides: ["rtuLine", "rtuWire", "rtuPlug", "rtuPort"],
  missing: libmodbusMissing,
  async open(context) {
    const line = await wireWith(context, "rtuLine", [UNIT], startLibmodbusSlave);
    const rtuLine = modbusPeer(() => line.slave, line.bus, device(context, "rtuLine"));
    return { rtuLine, rtuWire: line.wire, rtuPlug: line.wire, rtuPort: line.port };
  },
  software: softwareNamed("libmodbus"),
};

export const rtuBusBinding: Binding = {
  provides: ["rtuBus", "rtuBusWire", "rtuBusPort"],
  missing: libmodbusMissing,
  async open(context) {
    const { live, dead } = context.settings("rtuBus") as {
      readonly live: readonly number[];
      readonly dead: readonly number[];
    };
    const line = await wireWith(context, "rtuBus", live, startLibmodbusSlave);
    const { device: deviceSettings } = context.settings("rtuBus");
    const rtuBus = { bus: line.bus, device: deviceSettings as Settings, live, dead };
    return { rtuBus, rtuBusWire: line.wire, rtuBusPort: line.port };
  },
};

export const asciiBinding: Binding = {
  provides: ["asciiLine"],
  missing: pymodbusMissing,
  async open(context) {
    const line = await wireWith(context, "asciiLine", [UNIT], (port, baudRate, unitId) =>
      startPymodbus("ascii", port, baudRate, unitId),
    );
    const asciiLine = modbusPeer(() => line.slave, line.bus, device(context, "asciiLine"));
    return { asciiLine };
  },
};
