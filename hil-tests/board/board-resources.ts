// The resources of the virtual board: lines, plugs, buses and power, each with its verbs.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { findProgram } from "../../runtime/testing/requires.ts";
import { freePort, until } from "../instance.ts";
import {
  libmodbusSlave,
  modbusPeer,
  pymodbusMissing,
  startLibmodbus,
  startPymodbus,
} from "../peers/modbus-peers.ts";
import type {
  NativePackages,
  Plug,
  ResourceName,
  Resources,
  SerialPeer,
  Settings,
} from "../place.ts";
import { NoisyWire } from "../pty/noisy-wire.ts";
import { HOST_ADDRESS } from "./agent-words.ts";
import { type Adapter, adapterDevice, type Guest } from "./guest.ts";

export interface BoardContext {
  readonly guest: Guest;
  readonly seed: number;
  readonly folder: string;
  /** What devices.sh said: where the guest's simulated devices are. */
  readonly devices: Record<string, string>;
  settings(name: ResourceName): Settings;
  restorePower(): Promise<void>;
}

interface Binding {
  readonly provides: readonly ResourceName[];
  missing(): string | null;
  open(context: BoardContext, cleanup: AsyncDisposableStack): Promise<Partial<Resources>>;
}

const always = () => null;
const UNIT = 1;
const PLUG_MS_MAX = 10_000;

/** PL061 of the `virt` machine: the register of its data with all eight lines unmasked. */
const PL061_DATA = 0x9030000 + 0x3fc;
const PL061_LABEL = "9030000.pl061";
/** Neither the gpio-keys of the machine (3) nor the first three, which guests like to take. */
const PL061_OFFSET = 5;
const INPUT_NAME = "GPIO17";
const INPUT_CHIP = "pinctrl-bcm2835";
const INPUT_OFFSET = 17;

/**
 * The emulation may let one processor of the guest stand still while another runs on: pulses then
 * come faster than the kernel's thread for their line can run, which the hardware would not do.
 */
const ON_ONE_PROCESSOR =
  "for thread in $(busybox pgrep 'irq/'); do taskset -p 1 $thread >/dev/null 2>&1; done";
const PULSES = "/opt/board/pulses";

const serialPath = (adapter: Adapter) =>
  `/dev/serial/by-id/usb-QEMU_QEMU_USB_SERIAL_${adapter}-if00-port0`;

function plugOf({ guest }: BoardContext, adapter: Adapter): Plug {
  const id = `${adapter}-adapter`;
  let isPlugged = true;
  const untilFile = (isThere: boolean) =>
    until(
      async () => {
        const test = `test ${isThere ? "" : "!"} -e ${serialPath(adapter)} && echo yes; true`;
        return (await guest.link.run(test)).includes("yes");
      },
      `${serialPath(adapter)} to ${isThere ? "come" : "go"}`,
      PLUG_MS_MAX,
    );
  return {
    async unplug() {
      if (!isPlugged) return;
      await guest.qmp.execute("device_del", { id });
      isPlugged = false;
      await untilFile(false);
    },
    async plug() {
      if (isPlugged) return;
      await guest.qmp.execute("device_add", adapterDevice(adapter));
      isPlugged = true;
      await untilFile(true);
    },
  };
}

/** A pseudo-terminal of the host at the far end of an adapter, until `cleanup`. */
async function joinPort(
  { guest }: BoardContext,
  adapter: Adapter,
  port: string,
  cleanup: AsyncDisposableStack,
): Promise<void> {
  const socat = spawn(
    "socat",
    [`UNIX-CONNECT:${guest.adapterSocket(adapter)}`, `FILE:${port},raw,echo=0`],
    { stdio: "ignore" },
  );
  await once(socat, "spawn");
  cleanup.defer(async () => {
    if (socat.exitCode !== null) return;
    const ended = once(socat, "exit");
    socat.kill();
    await ended;
  });
}

const rtu: Binding = {
  provides: ["rtuLine", "rtuPlug"],
  missing() {
    const slave = libmodbusSlave();
    return "missing" in slave ? slave.missing : null;
  },
  async open(context, cleanup) {
    const slave = libmodbusSlave();
    if ("missing" in slave) throw new Error(slave.missing);
    const { bus, device, baudRate } = context.settings("rtuLine") as {
      readonly bus: object;
      readonly device: object;
      readonly baudRate: number;
    };
    const wire = cleanup.use(await NoisyWire.open({ baudRate, seed: context.seed }));
    const process = cleanup.use(
      await startLibmodbus(slave.program, wire.devicePorts[0]!, baudRate, UNIT),
    );
    await joinPort(context, "rtu", wire.port, cleanup);
    const rtuPlug = plugOf(context, "rtu");
    cleanup.defer(() => rtuPlug.plug());
    const rtuLine = modbusPeer(
      () => process,
      { driver: "modbus", port: serialPath("rtu"), baudRate, ...bus },
      { unitId: UNIT, ...device },
    );
    return { rtuLine, rtuPlug };
  },
};

const tcp: Binding = {
  provides: ["modbusTcp"],
  missing: pymodbusMissing,
  async open({ settings }, cleanup) {
    const port = await freePort();
    const server = cleanup.use(await startPymodbus("tcp", port, 0, UNIT));
    const bus = { driver: "modbus", host: HOST_ADDRESS, port };
    const device = { unitId: UNIT, ...(settings("modbusTcp")["device"] as object) };
    return { modbusTcp: modbusPeer(() => server, bus, device) };
  },
};

/** The rig itself is at the far end. */
async function serialPeer(
  { guest, settings }: BoardContext,
  cleanup: AsyncDisposableStack,
): Promise<SerialPeer> {
  const {
    bus = {},
    device = {},
    baudRate,
  } = settings("serialLine") as {
    readonly bus?: Settings;
    readonly device?: Settings;
    readonly baudRate: number;
  };
  const socket: Socket = connect(guest.adapterSocket("serial"));
  await once(socket, "connect");
  socket.on("error", () => socket.destroy());
  cleanup.defer(() => void socket.destroy());
  let text = "";
  socket.on("data", (data) => {
    text += data.toString("latin1");
  });
  return {
    bus: { driver: "serial", port: serialPath("serial"), baudRate, ...bus },
    device,
    async send(bytes) {
      socket.write(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes);
    },
    async received() {
      const taken = text;
      text = "";
      return taken;
    },
  };
}

const serial: Binding = {
  provides: ["serialLine", "serialPlug"],
  missing: always,
  async open(context, cleanup) {
    const serialLine = await serialPeer(context, cleanup);
    const serialPlug = plugOf(context, "serial");
    cleanup.defer(() => serialPlug.plug());
    return { serialLine, serialPlug };
  },
};

const gpio: Binding = {
  provides: ["gpioInput", "gpioPulses", "gpioOutput"],
  missing: always,
  async open({ guest, devices }, cleanup) {
    const pull = `${devices["pull"]}/sim_gpio${INPUT_OFFSET}/pull`;
    const set = (level: 0 | 1) => guest.link.write(pull, level === 1 ? "pull-up" : "pull-down");
    cleanup.defer(async () => {
      if (guest.link.isUp) await set(0);
    });
    await set(0);
    const bus = { driver: "gpio" };
    return {
      gpioInput: {
        bus,
        device: {},
        point: { line: INPUT_NAME, input: true },
        counter: { line: INPUT_NAME, count: true },
        sysfs: { line: { chip: INPUT_CHIP, offset: INPUT_OFFSET } },
        set,
      },
      gpioPulses: {
        async pulse(count, hertz) {
          const period = Math.round(1_000_000 / hertz);
          await guest.link.run(
            `${ON_ONE_PROCESSOR}; taskset 1 ${PULSES} ${pull} ${count} ${period}`,
          );
        },
      },
      gpioOutput: {
        bus,
        device: {},
        point: { line: { chip: PL061_LABEL, offset: PL061_OFFSET } },
        async level() {
          const data = await guest.qtest.readRegister(PL061_DATA);
          return ((data >> PL061_OFFSET) & 1) as 0 | 1;
        },
      },
    };
  },
};

const can: Binding = {
  provides: ["canBus"],
  missing: always,
  async open({ guest, settings }) {
    return {
      canBus: {
        bus: { driver: "can", interface: "vcan0" },
        device: { ...(settings("canBus")["device"] as object) },
        async send(id, bytes) {
          const frame = `${id.toString(16).padStart(8, "0")}#${Buffer.from(bytes).toString("hex")}`;
          await guest.link.run(`cansend vcan0 ${frame}`);
        },
      },
    };
  },
};

const linux: Binding = {
  provides: ["linuxSensor"],
  missing: always,
  async open({ guest, devices }) {
    return {
      linuxSensor: {
        bus: { driver: "linux" },
        device: { hwmon: "lm75" },
        point: { channel: "temp1" },
        // The kernel speaks of thousandths of a degree.
        reading: async () =>
          Number(await guest.link.read(`${devices["hwmon"]}/temp1_input`)) / 1_000,
      },
    };
  },
};

/** The driver's own peer speaks the protocol itself; no part of the driver is in it. */
const firmata: Binding = {
  provides: ["firmataBoard", "firmataPlug"],
  missing: always,
  async open(context, cleanup) {
    const { FirmataPeer } = await import("../../drivers/firmata/test-rig.ts");
    const peer = new FirmataPeer(findProgram("socat")!);
    cleanup.defer(() => peer.dispose());
    await peer.plug();
    await joinPort(context, "firmata", peer.path, cleanup);
    const firmataPlug = plugOf(context, "firmata");
    cleanup.defer(() => firmataPlug.plug());
    const firmataBoard = {
      bus: { driver: "firmata", port: serialPath("firmata") },
      device: {},
      analogPoint: { analog: 0 },
      async analog(value: number) {
        peer.analog[0] = value;
      },
      async fallSilent() {
        peer.isSilent = true;
      },
      async speakAgain() {
        peer.isSilent = false;
      },
    };
    return { firmataBoard, firmataPlug };
  },
};

const processes: Binding = {
  provides: ["processes"],
  missing: always,
  open: async () => ({ processes: {} }),
};

const power: Binding = {
  provides: ["power", "watchdog"],
  missing: always,
  async open({ guest, restorePower }, cleanup) {
    // The next scenario wants a board that runs, whatever this one did.
    cleanup.defer(async () => {
      if (!guest.hasPower) await restorePower();
    });
    return {
      power: { cut: () => guest.cut(), restore: restorePower },
      watchdog: {
        settings: { device: "/dev/watchdog" },
        async resets() {
          await pause(0);
          return guest.qmp.events.filter(({ event }) => event === "WATCHDOG").length;
        },
      },
    };
  },
};

const native: Binding = {
  provides: ["nativePackages"],
  missing: always,
  async open({ guest }) {
    return {
      nativePackages: {
        architecture: "arm64",
        async check() {
          const said = await guest.link.run("node /product/telltale/native-check.js");
          return (JSON.parse(said) as { outcomes: Awaited<ReturnType<NativePackages["check"]>> })
            .outcomes;
        },
      },
    };
  },
};

export const boardBindings: readonly Binding[] = [
  tcp,
  rtu,
  serial,
  gpio,
  can,
  linux,
  firmata,
  power,
  native,
  processes,
];
