import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, mkdirSync, realpathSync, symlinkSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, type TestContext, test } from "vitest";
import { hostTimers } from "../../firmware/host/timers.ts";
import { schema } from "../../runtime/schema/schema.ts";
import { requires, requiresPython } from "../../runtime/testing/requires.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { PtyLine } from "./pty-rig.ts";
import {
  closeSerialPort,
  openingFault,
  openSerialPort,
  type SerialPort,
  serialPortKeys,
} from "./serial-port.ts";
import { groupName, LINUX, type SerialPlaces } from "./serial-ports.ts";

const settingsSchema = schema.strictObject(serialPortKeys);

async function lineOf(context: TestContext): Promise<PtyLine> {
  const line = new PtyLine(requires(context, "socat"));
  onTestFinished(() => line.dispose());
  await line.plug();
  return line;
}

async function open(port: string, more: object = {}, places: SerialPlaces = LINUX) {
  const settings = settingsSchema.parse({ port, ...more });
  const opened = await openSerialPort(settings, "Bus scale", hostTimers, places);
  onTestFinished(async () => void (await closeSerialPort(opened, hostTimers)));
  return opened;
}

const fault = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** Collects until as many bytes have come. */
async function received(port: SerialPort, bytes: number): Promise<string> {
  let text = "";
  while (text.length < bytes) {
    const [chunk] = (await once(port, "data")) as [Buffer];
    text += chunk.toString("latin1");
  }
  return text;
}

describe("settings", () => {
  test("are 9600 8N1 without flow control where nothing is said", () => {
    expect(settingsSchema.parse({ port: "usb-FTDI_A-if00-port0" })).toEqual({
      port: "usb-FTDI_A-if00-port0",
      baudRate: 9_600,
      dataBits: 8,
      parity: "none",
      stopBits: 1,
      rtscts: false,
    });
  });

  test.each(["", "by-id/usb-A", "/dev/", "two words"])("%j is no port", (port) => {
    expect(settingsSchema.safeParse({ port }).success).toBe(false);
  });

  test.each([{ baudRate: 0 }, { dataBits: 9 }, { parity: "mark" }, { stopBits: 1.5 }])(
    "%j is refused",
    (wrong) => {
      expect(settingsSchema.safeParse({ port: "/dev/ttyUSB0", ...wrong }).success).toBe(false);
    },
  );
});

describe("an open port", () => {
  test("carries bytes both ways, all 256 of them", async (context) => {
    const line = await lineOf(context);
    const [near, far] = [await open(line.port), await open(line.far)];
    const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const heard = received(far, 256);
    near.write(all);
    expect(await heard).toBe(all.toString("latin1"));
    const back = received(near, 3);
    far.write("yes");
    expect(await back).toBe("yes");
  });

  test("talks to an independent program", async (context) => {
    const line = await lineOf(context);
    const python = requiresPython(context, "serial");
    const echo = `
import serial, sys
port = serial.Serial(sys.argv[1], 19200, timeout=5)
port.write(b"ready")
port.write(port.read(4)[::-1])
port.flush()
port.read(1)
`;
    const near = await open(line.port, { baudRate: 19_200 });
    const ready = received(near, 5);
    const peer = spawn(python, ["-c", echo, line.far], { stdio: "ignore" });
    onTestFinished(() => void peer.kill());
    expect(await ready).toBe("ready");
    const answer = received(near, 4);
    near.write("abcd");
    expect(await answer).toBe("dcba");
  });

  test("is found by its by-id name", async (context) => {
    const line = await lineOf(context);
    using scratch = scratchDirectory();
    symlinkSync(line.port, scratch.at("usb-FTDI_A-if00-port0"));
    const port = await open("usb-FTDI_A-if00-port0", {}, { ...LINUX, byId: scratch.path });
    expect(port.isOpen).toBe(true);
  });

  test("says close when it is unplugged, and opens again once it is back", async (context) => {
    const line = await lineOf(context);
    const port = await open(line.port);
    port.resume();
    const closed = once(port, "close");
    await line.unplug();
    await closed;
    expect(port.isOpen).toBe(false);
    await expect(open(line.port)).rejects.toEqual(fault("BUS_UNREACHABLE", /there is no/));
    await line.plug();
    const again = await open(line.port);
    const heard = received(await open(line.far), 2);
    again.write("ok");
    expect(await heard).toBe("ok");
  });

  test("says close also when it is unplugged while bytes arrive", async (context) => {
    const line = await lineOf(context);
    for (let round = 0; round < 5; round++) {
      const [port, far] = [await open(line.port), await open(line.far)];
      port.resume();
      const closed = once(port, "close");
      for (let piece = 0; piece < 50; piece++) far.write(Buffer.alloc(1_000));
      await once(port, "data");
      await line.unplug();
      await closed;
      expect(port.isOpen).toBe(false);
      await line.plug();
    }
  });

  test("closes with writes that nobody reads, and leaves no lock", async (context) => {
    const line = await lineOf(context);
    for (let round = 0; round < 3; round++) {
      const port = await open(line.port);
      // Far more than the terminal and socat hold.
      port.write(Buffer.alloc(1_000_000));
      expect(await closeSerialPort(port, hostTimers)).toBe(true);
      expect(await closeSerialPort(port, hostTimers)).toBe(true);
    }
  });
});

describe("a port that cannot be opened", () => {
  test("is in use: by whom is said", async (context) => {
    const line = await lineOf(context);
    await open(line.port);
    await expect(open(line.port)).rejects.toEqual(
      fault("BUS_BUSY", /^Bus scale: .*port is in use by .*this process itself/),
    );
  });

  test("is in use by another program", async (context) => {
    const line = await lineOf(context);
    const python = requiresPython(context, "serial");
    const hold = `
import serial, sys
port = serial.Serial(sys.argv[1], exclusive=True)
print("held", flush=True)
port.read(1)
`;
    const peer = spawn(python, ["-c", hold, line.port], { stdio: ["ignore", "pipe", "ignore"] });
    onTestFinished(() => void peer.kill());
    await once(peer.stdout, "data");
    await expect(open(line.port)).rejects.toEqual(
      fault("BUS_BUSY", new RegExp(`is in use by .*python3.* \\(process ${peer.pid}\\)`)),
    );
  });

  test("is claimed by the lock file of a program that runs", async (context) => {
    const line = await lineOf(context);
    using scratch = scratchDirectory();
    const name = realpathSync(line.port).replace("/dev/", "").replaceAll("/", "_");
    mkdirSync(scratch.at("lock"));
    writeFileSync(scratch.at("lock", `LCK..${name}`), `${process.ppid}\n`);
    const places = { ...LINUX, locks: [scratch.at("lock")] };
    await expect(open(line.port, {}, places)).rejects.toEqual(
      fault("BUS_BUSY", new RegExp(`\\(process ${process.ppid}\\), which left`)),
    );
  });

  test("is absent, with a list of those that are there", async () => {
    using scratch = scratchDirectory();
    const none = { ...LINUX, sysTty: scratch.at("none"), byId: scratch.at("by-id") };
    const absent = open("usb-FTDI_A-if00-port0", {}, none);
    await expect(absent).rejects.toEqual(fault("BUS_UNREACHABLE", /and no other serial port/));
    mkdirSync(none.byId);
    writeFileSync(scratch.at("ttyUSB0"), "");
    symlinkSync("../ttyUSB0", scratch.at("by-id", "usb-FTDI_B-if00-port0"));
    const swapped = open("usb-FTDI_A-if00-port0", {}, none);
    await expect(swapped).rejects.toEqual(
      fault("BUS_UNREACHABLE", /another adapter is there: .*usb-FTDI_B-if00-port0/),
    );
    const byPath = open("/dev/ttyNONE9", {}, none);
    await expect(byPath).rejects.toEqual(fault("BUS_UNREACHABLE", /there are: .*ttyUSB0/));
  });

  test.each(["/dev/null", "/etc/passwd", "/etc"])("%s is not a serial port", async (path) => {
    await expect(open(path)).rejects.toEqual(fault("BUS_UNREACHABLE", /is not a serial port/));
  });

  test("is not for this user: the group that may is named", async () => {
    const settings = settingsSchema.parse({ port: "/dev/null" });
    const look = { path: "/dev/null", place: "Bus scale", places: LINUX, settings };
    const denied = new Error("Error: Permission denied, cannot open /dev/null");
    expect(await openingFault(denied, look)).toEqual(
      fault("BUS_FORBIDDEN", /may not open \/dev\/null, which belongs to the group root/),
    );
  });

  test("refuses a rate, which is said", async () => {
    const settings = settingsSchema.parse({ port: "/dev/null", baudRate: 12_345 });
    const look = { path: "/dev/null", place: "Bus scale", places: LINUX, settings };
    const refused = new Error("Error: Invalid argument setting custom baud rate of 12345");
    expect(await openingFault(refused, look)).toEqual(
      fault("BUS_UNREACHABLE", /refuses 12345 baud/),
    );
  });
});

/** Opens a port as a user without any right and gives the code and message of what came of it. */
async function openAsNobody(path: string): Promise<string> {
  const here = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `
    import { openSerialPort } from ${here("./serial-port.ts")};
    import { hostTimers } from ${here("../../firmware/host/timers.ts")};
    const settings = { port: ${JSON.stringify(path)}, baudRate: 9600, dataBits: 8, parity: "none",
      stopBits: 1, rtscts: false };
    const said = await openSerialPort(settings, "Bus scale", hostTimers).then(
      () => "open",
      ({ code, message }) => code + " " + message,
    );
    process.stdout.write(said, () => process.exit());
  `;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    uid: NOBODY,
    gid: NOBODY,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 15_000,
  });
  const errors = text(child.stderr);
  return (await text(child.stdout)) || (await errors);
}

const NOBODY = 65_534;

describe("as a user without rights", () => {
  test("a port says which group may open it", async (context) => {
    if (process.getuid?.() !== 0) context.skip("another user can be played by root alone");
    const line = await lineOf(context);
    chmodSync(line.folder, 0o755);
    const dialout = 20;
    chownSync(line.port, 0, dialout);
    chmodSync(line.port, 0o660);
    const said = await openAsNobody(line.port);
    expect(said).toMatch(/^BUS_FORBIDDEN Bus scale: user \S+ may not open /);
    expect(said).toContain(`which belongs to the group ${await groupName(dialout)}.`);
  });

  test("a port that another program opened for itself is busy", async (context) => {
    if (process.getuid?.() !== 0) context.skip("another user can be played by root alone");
    const line = await lineOf(context);
    chmodSync(line.folder, 0o755);
    chmodSync(line.port, 0o666);
    await open(line.port);
    // Whose files are open is not for everybody's eyes.
    expect(await openAsNobody(line.port)).toMatch(
      /^BUS_BUSY .* is in use by a program that this user may not see/,
    );
  });
});
