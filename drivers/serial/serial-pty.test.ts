import { type ChildProcess, spawn } from "node:child_process";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import { requires, requiresPython } from "../../runtime/testing/requires.ts";
import type { Device, Found } from "../driver.ts";
import { PtyLine } from "../shared/pty-rig.ts";
import { codeOf } from "../shared/test-rig.ts";
import { printableShare } from "./scan.ts";
import { serialDriver } from "./serial.ts";
import { clock, openBus } from "./test-rig.ts";

/** An independent scale: answers `R<CR>` with a frame in STX and ETX, and its check byte. */
const SCALE = `
import serial, sys
port = serial.Serial(sys.argv[1], 9600, timeout=10)
value = 0
while True:
    if port.read_until(b"\\r") != b"R\\r": break
    value += 1
    body = b"\\x02ST,%07.2f,kg\\x03" % (value * 12.5)
    check = 0
    for byte in body[1:]: check ^= byte
    port.write(body + bytes([check]))
`;

/** An independent receiver: sentences with checksum, ten in a second. */
const RECEIVER = `
import serial, sys, time
port = serial.Serial(sys.argv[1], 4800)
value = 0
while True:
    value += 1
    body = "GPVTG,%d.5,T,,M,5.5,N,10.2,K" % (value % 360)
    check = 0
    for character in body: check ^= ord(character)
    port.write(("$%s*%02X\\r\\n" % (body, check)).encode())
    time.sleep(0.02)
`;

function play(python: string, program: string, port: string): ChildProcess {
  const child = spawn(python, ["-c", program, port], { stdio: "ignore" });
  onTestFinished(() => void child.kill());
  return child;
}

async function plugged(context: TestContext): Promise<PtyLine> {
  const line = new PtyLine(requires(context, "socat"));
  onTestFinished(() => line.dispose());
  await line.plug();
  return line;
}

const scale = {
  settings: {
    request: "R\\r",
    framing: { delimiter: "\\x03", start: "\\x02", trailing: 1 },
    checksum: { kind: "xor", from: 1 },
    timeout: "300ms",
  },
  points: [{ field: 1 }, { match: "^\\x02(..)", map: { ST: 1, US: 0 } }],
};
const receiver = {
  settings: { checksum: { kind: "nmea" }, when: "^\\$GPVTG", silence: "2s" },
  points: [{ field: 7 }, { field: 1 }],
};

/** Opening its end throws away what came before: the first requests may get no answer. */
async function firstAnswer(device: Device): Promise<void> {
  for (let attempt = 1; attempt < 30; attempt++) {
    if ((await codeOf(device.read!())) === "no fault: null") return;
  }
  await device.read!();
}

describe("on a port", () => {
  test("an independent scale is asked", async (context) => {
    const line = await plugged(context);
    play(requiresPython(context, "serial"), SCALE, line.far);
    const { bus, sinks } = openBus({ port: line.port }, [scale]);
    onTestFinished(() => bus.close());
    await firstAnswer(bus.devices[0]!);
    for (let read = 0; read < 3; read++) await bus.devices[0]!.read!();
    const values = sinks[0]!.values(0) as number[];
    expect(values.length).toBeGreaterThanOrEqual(4);
    expect(values.every((value, index) => value === values[0]! + index * 12.5)).toBe(true);
    expect(new Set(sinks[0]!.values(1))).toEqual(new Set([1]));
  });

  test("an independent receiver is heard, unplugged and heard again", async (context) => {
    const line = await plugged(context);
    const python = requiresPython(context, "serial");
    const { bus, sinks } = openBus({ port: line.port, baudRate: 4_800 }, [receiver]);
    onTestFinished(() => bus.close());
    const [device, sink] = [bus.devices[0]!, sinks[0]!];
    for (let round = 1; round <= 3; round++) {
      const peer = play(python, RECEIVER, line.far);
      const heardBefore = sink.got.length;
      await device.start!();
      await sink.until(() => sink.got.length >= heardBefore + 6);
      await line.unplug();
      await sink.until(() => sink.losses.length === round);
      expect(sink.losses.at(-1)).toMatchObject({ code: "BUS_CLOSED" });
      peer.kill();
      expect(await codeOf(device.start!())).toBe("BUS_UNREACHABLE");
      await line.plug();
    }
    expect(new Set(sink.values(0))).toEqual(new Set([10.2]));
  });

  test("that is absent at the beginning and comes later", async (context) => {
    const line = new PtyLine(requires(context, "socat"));
    onTestFinished(() => line.dispose());
    const python = requiresPython(context, "serial");
    const { bus, sinks } = openBus({ port: line.port }, [scale]);
    onTestFinished(() => bus.close());
    expect(await codeOf(bus.devices[0]!.read!())).toBe("BUS_UNREACHABLE");
    await line.plug();
    play(python, SCALE, line.far);
    await firstAnswer(bus.devices[0]!);
    expect(sinks[0]!.latest(1)).toBe(1);
  });

  test("that another bus has is busy, and nobody else is disturbed", async (context) => {
    const line = await plugged(context);
    play(requiresPython(context, "serial"), SCALE, line.far);
    const [one, other] = [
      openBus({ port: line.port }, [scale]),
      openBus({ port: line.port }, [scale]),
    ];
    onTestFinished(() => one.bus.close());
    onTestFinished(() => other.bus.close());
    await firstAnswer(one.bus.devices[0]!);
    expect(await codeOf(other.bus.devices[0]!.read!())).toBe("BUS_BUSY");
    await one.bus.devices[0]!.read!();
    await one.bus.close();
    await other.bus.devices[0]!.read!();
    expect(other.sinks[0]!.latest(1)).toBe(1);
  });
});

describe("a scan", () => {
  test("tells what is heard on a port", async (context) => {
    const line = await plugged(context);
    play(requiresPython(context, "serial"), RECEIVER, line.far);
    const found: Found[] = [];
    const stop = new AbortController();
    const parts = { clock, timers: hostTimers, log: silentLog, stop: stop.signal };
    const settings = serialDriver.bus.parse({ port: line.port, baudRate: 4_800 });
    for await (const each of serialDriver.scan!({ ...parts, settings, progress() {} })) {
      found.push(each);
      if (each.where === "4800 baud") stop.abort();
    }
    expect(found.at(-1)).toEqual({
      where: "4800 baud",
      what: expect.stringMatching(/^100 % of what is heard is text: ".*\$GPVTG/),
      settings: { port: line.port, baudRate: 4_800 },
    });
  });

  test("knows text from what a wrong rate makes of it", () => {
    expect(printableShare(Buffer.from("$GPRMC,1\r\n"))).toBe(1);
    expect(printableShare(Uint8Array.of(0x80, 0xfe, 0x41, 0))).toBe(0.25);
    expect(printableShare(new Uint8Array(0))).toBe(0);
  });
});
