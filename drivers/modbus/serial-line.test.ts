// The serial transports on real terminals, against devices that others have written.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SerialPort } from "serialport";
import { afterEach, describe, expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { requires, requiresPython } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { PtyLine } from "../shared/pty-rig.ts";
import { codeOf } from "../shared/test-rig.ts";
import { rtu } from "./framing.ts";
import { Bench } from "./test-rig.ts";

const bench = new Bench(new HostClock({ boot: "test", synchronised: () => true }), hostTimers);
const disposals: (() => unknown)[] = [];
afterEach(async () => {
  await bench.close();
  for (const dispose of disposals.splice(0).reverse()) await dispose();
});

/** Where the tests skip themselves; `skip` throws. */
type Context = Parameters<typeof requires>[0];

async function plugIn(context: Context): Promise<PtyLine> {
  const line = new PtyLine(requires(context, "socat"));
  disposals.push(() => line.dispose());
  await line.plug();
  return line;
}

/** Starts a program that plays the device and says `ready`. */
async function start(program: string, ...args: readonly string[]): Promise<void> {
  const child: ChildProcess = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  disposals.push(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  });
  let said = "";
  child.stderr!.on("data", (text: Buffer) => {
    said += text.toString();
  });
  for await (const text of createInterface({ input: child.stdout! })) {
    if (text.includes("ready")) return;
  }
  throw new Error(`${program} did not start: ${said}`);
}

/** Debian's pymodbus: holding register n holds 1000 + n, coil n is on where n is odd. */
const PYMODBUS = `
import asyncio, sys
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.device import ModbusDeviceIdentification
from pymodbus.server import StartAsyncSerialServer
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer
framer, port = sys.argv[1:]
framer = ModbusAsciiFramer if framer == "ascii" else ModbusRtuFramer
words = ModbusSequentialDataBlock(0, [1000 + at for at in range(200)])
bits = ModbusSequentialDataBlock(0, [at % 2 == 1 for at in range(200)])
slave = ModbusSlaveContext(di=bits, co=bits, hr=words, ir=words, zero_mode=True)
names = {"VendorName": "Debian", "ProductCode": "peer", "MajorMinorRevision": "3"}
async def main():
    context = ModbusServerContext(slaves={7: slave}, single=False)
    print("ready", flush=True)
    await StartAsyncSerialServer(
        context=context, port=port, baudrate=115200, framer=framer,
        identity=ModbusDeviceIdentification(info_name=names), ignore_missing_slaves=True)
asyncio.run(main())
`;

const LIBMODBUS = join(import.meta.dirname, "test-peer.c");

const settings = { baudRate: 115_200 };
const device = {
  settings: { unitId: 7, timeout: "2s" },
  registers: [{ holding: 10 }, { holding: 11, type: "uint32" }, { coil: 3 }, { coil: 4 }],
};

describe("a serial line", () => {
  test.for(["rtu", "ascii"])(
    "reads and writes pymodbus over %s",
    { timeout: 30_000 },
    async (transport, context) => {
      const python = requiresPython(context, "pymodbus", "serial", "serial_asyncio");
      const line = await plugIn(context);
      await start(python, "-c", PYMODBUS, transport, line.far);
      const { read, write, sink } = bench.open({ transport, port: line.port, ...settings }, [
        device,
      ]);
      await read();
      expect(sink.latest()).toEqual([1_010, 1_011 * 65_536 + 1_012, 1, 0]);
      await write(0, 4_711);
      await write(1, 70_000);
      await write(3, 1);
      await read();
      expect(sink.latest()).toEqual([4_711, 70_000, 1, 1]);
    },
  );

  test("reads and writes libmodbus", { timeout: 30_000 }, async (context) => {
    const compiler = requires(context, "gcc");
    using scratch = scratchDirectory();
    const peer = scratch.at("peer");
    const { status, stderr } = spawnSync(compiler, [
      LIBMODBUS,
      "-o",
      peer,
      "-I/usr/include/modbus",
      "-lmodbus",
    ]);
    if (status !== 0) context.skip(`libmodbus cannot be linked: ${String(stderr).slice(0, 200)}`);
    const line = await plugIn(context);
    await start(peer, line.far);
    const { read, write, sink } = bench.open({ transport: "rtu", port: line.port, ...settings }, [
      device,
    ]);
    await read();
    expect(sink.latest()).toEqual([1_010, 1_011 * 65_536 + 1_012, 1, 0]);
    await write(0, 4_711);
    await write(1, 70_000);
    await write(3, 1);
    await read();
    expect(sink.latest()).toEqual([4_711, 70_000, 1, 1]);
    expect(await codeOf(bench.open({ transport: "rtu", port: line.port }, [device]).read())).toBe(
      "BUS_BUSY",
    );
  });

  test("that is pulled out says so at once, and is read again once it is back", async (context) => {
    const line = await plugIn(context);
    const { read, sink } = bench.open({ transport: "rtu", port: line.port }, [
      { settings: { timeout: "3s" }, registers: [{ input: 5 }] },
    ]);
    const gone = await farEnd(line);
    const pending = codeOf(read());
    await once(gone, "data");
    await line.unplug();
    expect(await pending).toBe("BUS_CLOSED");
    expect(await codeOf(read())).toBe("BUS_UNREACHABLE");
    await line.plug();
    const back = await farEnd(line);
    // What was asked before the cable was pulled is owed: a question of another length comes first.
    back.on("data", (request: Buffer) => {
      const count = request.readUInt16BE(4);
      const registers = Array.from({ length: count }, (_, index) => [0, 5 + index]).flat();
      back.write(rtu.encode(1, Uint8Array.of(4, registers.length, ...registers)));
    });
    await read();
    expect(sink.latest()).toEqual([5]);
  });
});

/** Plays the device by hand. */
async function farEnd(line: PtyLine): Promise<SerialPort> {
  const port = new SerialPort({ path: line.far, baudRate: 9_600 });
  await once(port, "open");
  disposals.push(() => new Promise((resolve) => port.close(resolve)));
  return port;
}
