import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import modbusSerial from "modbus-serial";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BLOCK_SAMPLES, RATE_HZ, WaveformServer } from "./waveform-server.ts";

/** The types of the package know its class under this name only; it is the same object. */
const ModbusRTU = modbusSerial.default;
type ModbusClient = InstanceType<typeof ModbusRTU>;

const run = promisify(execFile);
const PLANT = fileURLToPath(new URL("./plant.ts", import.meta.url));

interface Ports {
  readonly modbus: number;
  readonly waveform: number;
}

function spawnPlant(...options: string[]): ChildProcess {
  return spawn(process.execPath, [PLANT, ...options], { stdio: ["pipe", "pipe", "pipe"] });
}

async function portsOf(child: ChildProcess): Promise<Ports> {
  const [line] = (await once(createInterface(child.stdout!), "line")) as [string];
  return JSON.parse(line) as Ports;
}

/** Exit status and standard error of a plant that ends. */
async function ending(child: ChildProcess): Promise<{ status: number | null; errors: string }> {
  let errors = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [status] = (await once(child, "close")) as [number | null];
  return { status, errors };
}

async function clientOf(port: number, unitId: number, timeoutMs: number): Promise<ModbusClient> {
  const client = new ModbusRTU();
  await client.connectTCP("127.0.0.1", { port });
  client.setID(unitId);
  client.setTimeout(timeoutMs);
  return client;
}

async function closeClient(client: ModbusClient): Promise<void> {
  await new Promise<void>((resolve) => client.close(resolve));
}

describe("a running plant", () => {
  let child: ChildProcess;
  let ports: Ports;
  let client: ModbusClient;

  beforeAll(async () => {
    const free = ["--modbus-port", "0", "--waveform-port", "0"];
    child = spawnPlant(...free, "--seed", "3", "--speed", "200", "--hours", "6543.2");
    ports = await portsOf(child);
    client = await clientOf(ports.modbus, 1, 2_000);
  });
  afterAll(async () => {
    await closeClient(client);
    const ended = ending(child);
    child.kill("SIGTERM");
    await ended;
  });

  async function mbpoll(...options: string[]): Promise<string> {
    const where = ["-m", "tcp", "-p", String(ports.modbus), "-a", "1", "-0", "-1", "-q"];
    const { stdout } = await run("mbpoll", [...where, ...options]);
    return stdout;
  }

  async function hasMbpoll(): Promise<boolean> {
    try {
      await run("mbpoll", ["-V"]);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
      return true;
    }
  }

  test("answers its register map", async () => {
    await expect
      .poll(async () => (await client.readInputRegisters(1, 1)).data[0]!, { timeout: 5_000 })
      .toBeGreaterThan(180);
    const inputs = (await client.readInputRegisters(0, 5)).data;
    expect(inputs[0]! / 10).toBeGreaterThan(380);
    expect(inputs[3]! / 10).toBeGreaterThan(15);
    expect(inputs[4]).toBe(0);
    const [high, low] = (await client.readHoldingRegisters(10, 2)).data;
    expect((high! * 65_536 + low!) * 0.05).toBeGreaterThanOrEqual(6_543.2 - 0.01);
    expect((high! * 65_536 + low!) * 0.05).toBeLessThan(6_600);
  });

  test("gives mbpoll the same values", async (ctx) => {
    if (!(await hasMbpoll())) ctx.skip("mbpoll is not installed (Debian package mbpoll)");
    const inputs = await mbpoll("-t", "3", "-r", "0", "-c", "5", "127.0.0.1");
    const values = [...inputs.matchAll(/^\[(\d+)\]:\s+(-?\d+)/gm)].map((match) => Number(match[2]));
    expect(values).toHaveLength(5);
    expect(values[0]! / 10).toBeGreaterThan(380);
    const hours = await mbpoll("-t", "4:int", "-B", "-r", "10", "-c", "1", "127.0.0.1");
    const counts = Number(/^\[10\]:\s+(\d+)/m.exec(hours)?.[1]);
    expect(counts * 0.05).toBeGreaterThanOrEqual(6_543.2 - 0.01);
    expect(counts * 0.05).toBeLessThan(6_600);
    await mbpoll("-t", "0", "-r", "0", "127.0.0.1", "1");
    expect((await client.readCoils(0, 1)).data[0]).toBe(true);
    await mbpoll("-t", "0", "-r", "0", "127.0.0.1", "0");
    expect((await client.readCoils(0, 1)).data[0]).toBe(false);
  });

  test("takes the start inhibit and gives it back", async () => {
    await client.writeCoil(0, true);
    expect((await client.readCoils(0, 1)).data[0]).toBe(true);
    await client.writeCoil(0, false);
    expect((await client.readCoils(0, 1)).data[0]).toBe(false);
  });

  test("answers an unknown address with exception 2", async () => {
    await expect(client.readInputRegisters(4, 2)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readHoldingRegisters(0, 1)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.readDiscreteInputs(0, 1)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.writeCoil(1, true)).rejects.toMatchObject({ modbusCode: 2 });
    await expect(client.writeRegister(10, 0)).rejects.toMatchObject({ modbusCode: 2 });
  });

  test("is silent towards another unit id", async () => {
    const stranger = await clientOf(ports.modbus, 2, 200);
    await expect(stranger.readInputRegisters(0, 1)).rejects.toThrow(/time/i);
    await closeClient(stranger);
  });

  test("sends the waveform at its rate, as signed 16-bit samples of a machine", async () => {
    const socket = connect(ports.waveform, "127.0.0.1");
    const chunks: Buffer[] = [];
    let firstBytes = 0;
    let bytes = 0;
    let firstAt = 0;
    let lastAt = 0;
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      lastAt = performance.now();
      if (bytes === 0) {
        firstAt = lastAt;
        firstBytes = chunk.length;
      }
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= 2 * RATE_HZ) break;
    }
    const rate = ((bytes - firstBytes) / 2 / (lastAt - firstAt)) * 1_000;
    expect(rate / RATE_HZ).toBeGreaterThan(0.8);
    expect(rate / RATE_HZ).toBeLessThan(1.25);
    const all = Buffer.concat(chunks);
    let squares = 0;
    for (let at = 0; at + 1 < all.length; at += 2) squares += (all.readInt16LE(at) / 1_024) ** 2;
    const rmsG = Math.sqrt(squares / (all.length / 2));
    expect(rmsG).toBeGreaterThan(0.001);
    expect(rmsG).toBeLessThan(2);
  });
});

describe("the end of a plant", () => {
  const free = ["--modbus-port", "0", "--waveform-port", "0"];

  test("comes when its standard input ends, also with clients connected", async () => {
    const child = spawnPlant(...free);
    const { waveform } = await portsOf(child);
    const socket = connect(waveform, "127.0.0.1");
    await once(socket, "data");
    const ended = ending(child);
    child.stdin!.end();
    expect(await ended).toEqual({ status: 0, errors: "" });
    socket.destroy();
  });

  test.each(["SIGTERM", "SIGINT"] as const)("comes clean on %s", async (signal) => {
    const child = spawnPlant(...free);
    await portsOf(child);
    const ended = ending(child);
    child.kill(signal);
    expect(await ended).toEqual({ status: 0, errors: "" });
  });
});

describe("what a plant cannot do", () => {
  let taken: Server;
  let port: number;

  beforeAll(async () => {
    taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    port = (taken.address() as { port: number }).port;
  });
  afterAll(() => {
    taken.close();
  });

  test.each(["--modbus-port", "--waveform-port"])(
    "a %s in use is one line and status 1",
    async (option) => {
      const other = option === "--modbus-port" ? "--waveform-port" : "--modbus-port";
      const { status, errors } = await ending(spawnPlant(option, String(port), other, "0"));
      expect(status).toBe(1);
      expect(errors).toBe(
        `plant: port ${port} on 127.0.0.1 is already in use; give another one with ${option}\n`,
      );
    },
  );

  test.each([
    { args: ["--onset", "soon"], says: /--onset soon is no duration/ },
    { args: ["--speed", "0"], says: /--speed 0 is not a number from 0.1 to 1000/ },
    { args: ["--seed", "1.5"], says: /--seed 1.5 is not a whole number/ },
    { args: ["--sped", "2"], says: /--sped/ },
  ])("$args is a usage error: status 2, no stack", async ({ args, says }) => {
    const { status, errors } = await ending(spawnPlant(...args));
    expect(status).toBe(2);
    expect(errors).toMatch(says);
    expect(errors).not.toMatch(/\n {4}at /);
  });
});

test("a client that does not read is dropped instead of queued for", async () => {
  const server = new WaveformServer();
  const port = await server.open(0);
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.on("error", () => socket.destroy());
  await expect.poll(() => server.clients).toBe(1);
  const block = new Float32Array(BLOCK_SAMPLES);
  const blocksMax = 20_000;
  let blocks = 0;
  while (server.clients > 0 && blocks < blocksMax) {
    server.send(block);
    blocks++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(server.clients).toBe(0);
  socket.destroy();
  await server.close();
});
