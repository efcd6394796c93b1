// The place `bench`: a controller on a table, wired to the tester that this runs on. What is wired
// to what stands in hil-tests/places/bench.yaml; README.md beside this file says how to build it.

import { type Schema, schema } from "../../runtime/schema/schema.ts";
import type { Binding, BindingContext } from "../local/local-place.ts";
import { LocalPlace } from "../local/local-place.ts";
import { libmodbusSlave, modbusPeer, startLibmodbus } from "../peers/modbus-peers.ts";
import type { OpenPlace, ResourceName } from "../place.ts";
import { TextPort } from "../pty/text-port.ts";
import { startOnBench } from "./bench-instance.ts";
import { onTester, Shell } from "./shell.ts";

const UNIT = 1;

const command = schema.array(schema.string()).min(1);
const settings = schema.record(schema.string(), schema.unknown()).default({});

const controllerSettings = schema.strictObject({
  host: schema.string().describe("As in `ssh HOST`"),
  ssh: schema.array(schema.string()).default([]),
  telltale: schema.string().default("telltale").describe("The command on the controller"),
});

const line = schema.strictObject({
  tester: schema.string().describe("The tester's adapter, by id"),
  baudRate: schema.int(),
  bus: settings.describe("Keys of the bus in the machine file; port is the controller's adapter"),
  device: settings,
});
const input = schema.strictObject({
  bus: settings,
  point: settings,
  counter: settings,
  sysfs: schema.strictObject({ line: schema.unknown() }),
  high: command,
  low: command,
});
const output = schema.strictObject({ bus: settings, point: settings, read: command });
const switched = schema.strictObject({ off: command, on: command });

function parse<Shape>(of: Schema<Shape>, { settings }: BindingContext, name: ResourceName): Shape {
  return of.parse(settings(name));
}

const always = () => null;

const rtuLine: Binding = {
  provides: ["rtuLine"],
  missing() {
    const slave = libmodbusSlave();
    return "missing" in slave ? slave.missing : null;
  },
  async open(context) {
    const { tester, baudRate, bus, device } = parse(line, context, "rtuLine");
    const slave = libmodbusSlave();
    if ("missing" in slave) throw new Error(slave.missing);
    const process = await startLibmodbus(slave.program, tester, baudRate, UNIT);
    context.cleanup.use(process);
    const full = { driver: "modbus", transport: "rtu", baudRate, ...bus };
    return { rtuLine: modbusPeer(() => process, full, { unitId: UNIT, ...device }) };
  },
};

const serialLine: Binding = {
  provides: ["serialLine"],
  missing: always,
  async open(context) {
    const { tester, baudRate, bus, device } = parse(line, context, "serialLine");
    await onTester(["stty", "-F", tester, String(baudRate), "raw", "-echo"]);
    const port = context.cleanup.use(new TextPort(tester));
    const serial = {
      bus: { driver: "serial", baudRate, ...bus },
      device,
      async send(bytes: Uint8Array | string) {
        port.write(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("latin1"));
      },
      received: async () => port.take(),
    };
    return { serialLine: serial };
  },
};

/** The tester's own pins are too slow and too uneven for a pulse train that is to be believed. */
const NO_PULSES = "pulses need a signal generator; this bench has only levels";

const gpioInput: Binding = {
  provides: ["gpioInput"],
  missing: always,
  async open(context) {
    const { bus, point, counter, sysfs, high, low } = parse(input, context, "gpioInput");
    const gpio = {
      bus: { driver: "gpio", ...bus },
      device: {},
      point,
      counter,
      sysfs,
      async set(level: 0 | 1) {
        await onTester(level === 1 ? high : low);
      },
      pulse: () => Promise.reject(new Error(NO_PULSES)),
    };
    return { gpioInput: gpio };
  },
};

const gpioOutput: Binding = {
  provides: ["gpioOutput"],
  missing: always,
  async open(context) {
    const { bus, point, read } = parse(output, context, "gpioOutput");
    const level = async () => (Number((await onTester(read)).trim()) === 0 ? 0 : 1);
    return { gpioOutput: { bus: { driver: "gpio", ...bus }, device: {}, point, level } };
  },
};

/** A USB hub that switches each port, by `uhubctl`. */
function plug(name: "rtuPlug" | "serialPlug"): Binding {
  return {
    provides: [name],
    missing: always,
    async open(context) {
      const { off, on } = parse(switched, context, name);
      const plugIn = async () => void (await onTester(on));
      context.cleanup.defer(plugIn);
      return { [name]: { unplug: async () => void (await onTester(off)), plug: plugIn } };
    },
  };
}

const processes: Binding = {
  provides: ["processes"],
  missing: always,
  open: async () => ({ processes: {} }),
};

export const openBench: OpenPlace = async (environment, { seed }) => {
  const { host, ssh, telltale } = controllerSettings.parse(environment.settings);
  const shell = new Shell(host, ssh);
  const { status, out, error } = await shell.run(`${telltale} --version && uname -rm`);
  if (status !== 0) return { notHere: `${host} does not run ${telltale}: ${error.trim()}` };
  const [product = "", kernel = ""] = out.trim().split("\n");
  return new LocalPlace({
    environment,
    seed,
    bindings: [
      rtuLine,
      serialLine,
      gpioInput,
      gpioOutput,
      plug("rtuPlug"),
      plug("serialPlug"),
      processes,
    ],
    start: (machine) => startOnBench(shell, telltale, machine),
    command: (...args: readonly string[]) => shell.run([telltale, ...args].join(" ")),
    versions: async () => ({ controller: `${product}, ${kernel}` }),
  });
};
