// The walking slice: one value from a real Modbus device to every kind of reader, through both
// processes, and then the same value read by three programs that know nothing of us.

import { execFile } from "node:child_process";
import { once } from "node:events";
import { promisify } from "node:util";
import { ServerTCP } from "modbus-serial";
import { AttributeIds, OPCUACertificateManager, OPCUAClient } from "node-opcua";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { SampleRecord } from "../runtime/journal/record.ts";
import { requires, requiresPython } from "../runtime/testing/requires.ts";
import { Controller, freePort, Platform, type Run, streamUrl, until } from "./instance.ts";

const execute = promisify(execFile);
const REGISTER = 3;

let controller: Controller;
let run: Run;
let device: ServerTCP;
let ports: { readonly modbus: number; readonly http: number; readonly opcua: number };
/** What the device's register says, in tenths of a degree. */
let raw = 853;

beforeAll(async () => {
  controller = new Controller();
  ports = { modbus: await freePort(), http: await freePort(), opcua: await freePort() };
  device = new ServerTCP(
    { getInputRegister: (address: number) => (address === REGISTER ? raw : 0) },
    { host: "127.0.0.1", port: ports.modbus, unitID: 1 },
  );
  await once(device, "initialized");
  controller.write(`telltale: 1
machine: { maker: Nordwind, model: SK 37, serialNumber: "0417" }
buses: { plant: { driver: modbus, host: 127.0.0.1, port: ${ports.modbus} } }
devices: { compressor: { bus: plant, unitId: 1, every: 100ms } }
signals:
  dischargeTemperature:
    device: compressor
    register: { input: ${REGISTER} }
    unit: Cel
    scale: 0.1
    range: [-40, 160]
usage:
  WORKING: { signal: dischargeTemperature, above: 60 }
journal: { commitEvery: 100ms }
endpoints:
  http: { host: 127.0.0.1, port: ${ports.http} }
  opcua: { host: 127.0.0.1, port: ${ports.opcua}, anonymous: true }
`);
  run = controller.run();
});

afterAll(async () => {
  await controller[Symbol.asyncDispose]();
  await new Promise<void>((resolve) => device.close(() => resolve()));
});

const isTemperature = (value: number) => (record: { kind: string }) =>
  record.kind === "sample" &&
  (record as SampleRecord).signal === "dischargeTemperature" &&
  // 853 × 0.1 is not quite 85.3 in binary.
  Math.abs(((record as SampleRecord).value ?? 0) - value) < 1e-9;

test("a register of a Modbus device becomes a record at a stream reader", async () => {
  using platform = new Platform(streamUrl(ports.http)).read();
  const sample = (await platform.wait(isTemperature(85.3), "the sample")) as SampleRecord;
  expect(sample).toMatchObject({ class: "value", quality: "good" });
  expect(sample.mono).toBeGreaterThan(0);
  raw = 912;
  await platform.wait(isTemperature(91.2), "the next value");
  expect(platform.jumps).toEqual([]);
  expect(platform.hellos[0]).toMatchObject({ machine: { maker: "Nordwind", model: "SK 37" } });
});

test("hours are counted from it", async () => {
  using platform = new Platform(streamUrl(ports.http)).read();
  await platform.wait((record) => record.kind === "usage" && record.state === "WORKING", "WORKING");
  const first = await controller.state();
  expect(first.usage.state).toBe("WORKING");
  const later = await until(async () => {
    const { usage } = await controller.state();
    return usage.registers.working > first.usage.registers.working && usage;
  }, "more working time");
  expect(later.registers).toMatchObject({ off: 0, standby: 0, idle: 0, fault: 0 });
});

describe("independent clients read the same discharge temperature", () => {
  beforeAll(async () => {
    raw = 1_007;
    using platform = new Platform(streamUrl(ports.http)).read("oldest");
    await platform.wait(isTemperature(100.7), "the value that they are to read");
  });

  test("a Modbus client, from the device itself", async (ctx) => {
    const mbpoll = requires(ctx, "mbpoll");
    const what = ["-t", "3", "-0", "-r", String(REGISTER), "-c", "1", "-1"];
    const where = ["-m", "tcp", "-a", "1", "-p", String(ports.modbus), "127.0.0.1"];
    const { stdout } = await execute(mbpoll, [...what, ...where]);
    expect(stdout).toMatch(/\[3\]:\s+1007\b/);
  });

  test("an OPC UA client", async () => {
    await run.said(/OPC UA/);
    const client = OPCUAClient.create({
      clientCertificateManager: new OPCUACertificateManager({
        rootFolder: controller.scratch.at("client"),
        automaticallyAcceptUnknownCertificate: true,
        disableFileWatchers: true,
      }),
      endpointMustExist: false,
      connectionStrategy: { maxRetry: 50, initialDelay: 50, maxDelay: 100 },
    });
    await client.connect(`opc.tcp://127.0.0.1:${ports.opcua}`);
    try {
      const session = await client.createSession();
      const nodeId = "ns=1;s=machine-signals-dischargeTemperature";
      const read = () => session.read({ nodeId, attributeId: AttributeIds.Value });
      const { statusCode } = await until(async () => {
        const value = await read();
        return value.value.value === 100.7 && value;
      }, "the value");
      expect(statusCode.name).toBe("Good");
      await session.close();
    } finally {
      await client.disconnect();
    }
  });

  test("a WebSocket client in another language, which follows the protocol itself", async (ctx) => {
    const python = requiresPython(ctx, "websockets");
    const script = `
import asyncio, json, sys, websockets
async def main():
    async with websockets.connect(sys.argv[1], subprotocols=["telltale.stream.v1"]) as socket:
        hello = json.loads(await socket.recv())
        assert hello["t"] == "hello" and hello["v"] == 1, hello
        say = lambda frame: socket.send(json.dumps(frame))
        await say({"t": "subscribe", "sub": "log", "mode": "log", "from": "oldest", "window": 2})
        await say({"t": "subscribe", "sub": "now", "mode": "latest"})
        next_seq, latest, live = 1, None, False
        while latest is None or not live:
            frame = json.loads(await socket.recv())
            if frame["t"] == "records":
                assert frame["from"] == next_seq, frame
                assert len(frame["records"]) <= 2, frame
                positions = [record["seq"] for record in frame["records"]]
                assert positions == list(range(next_seq, frame["to"] + 1))
                next_seq = frame["to"] + 1
                await say({"t": "ack", "sub": "log", "epoch": hello["epoch"], "seq": frame["to"]})
            elif frame["t"] == "live":
                live = True
            elif frame["t"] == "latest":
                latest = frame["values"]["dischargeTemperature"]
        print(json.dumps({"read": next_seq - 1, "latest": latest}))
asyncio.run(asyncio.wait_for(main(), 15))
`;
    const { stdout } = await execute(python, ["-c", script, streamUrl(ports.http)]);
    const { read, latest } = JSON.parse(stdout) as {
      read: number;
      latest: { value: number; quality: string; age: number };
    };
    expect(read).toBeGreaterThan(3);
    expect(latest).toMatchObject({ value: 100.7, quality: "good" });
  });
});

test("it stops cleanly when it is asked to", async () => {
  const meter = await run.child("meter");
  expect(meter).toBeGreaterThan(0);
  expect(await run.stop()).toEqual({ status: 0, signal: null });
  const saved = await controller.saved();
  const last = controller.records().findLast((record) => record.kind === "usage");
  expect(saved!.registers.working).toBeGreaterThanOrEqual(last!.registers.working);
});
