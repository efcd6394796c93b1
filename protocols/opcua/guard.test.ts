// The server outlives whatever is thrown at its port before anybody has logged in.

import { connect as dial } from "node:net";
import fc from "fast-check";
import { PacketAssembler } from "node-opcua-packet-assembler";
import { afterAll, beforeAll, expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { GUARDED_VERSION, guardPacketAssembler } from "./guard.ts";
import type { OpcuaServer } from "./server.ts";
import { connect, RecordingLog, serve } from "./test-plant.ts";

const scratch = scratchDirectory();
let server: OpcuaServer;

beforeAll(async () => {
  server = await serve(scratch.at("server"), new FakeClock());
});

afterAll(async () => {
  await server.close();
  scratch[Symbol.dispose]();
});

/** A message header as OPC 10000-6 §7.1.2 lays it out; the rest of the message need not fit it. */
function framed(type: string, length: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, "latin1");
  head.writeUInt32LE(length >>> 0, 4);
  return Buffer.concat([head, body]);
}

function hello(url: string): Buffer {
  const body = Buffer.alloc(24 + url.length);
  body.writeUInt32LE(65_536, 4);
  body.writeUInt32LE(65_536, 8);
  body.writeUInt32LE(url.length, 20);
  body.write(url, 24, "latin1");
  return framed("HELF", 8 + body.length, body);
}

const bytes = fc.uint8Array({ maxLength: 64 });
const type = fc.constantFrom("HELF", "OPNF", "MSGF", "MSGC", "CLOF", "ERRF", "GET ", "\0\0\0\0");
const message = fc.oneof(
  fc.constant(hello("opc.tcp://localhost:4840")),
  bytes.map((body) => Buffer.from(body)),
  fc.tuple(type, bytes).map(([name, body]) => framed(name, 8 + body.length, body)),
  fc
    .tuple(type, fc.constantFrom(0, 1, 7, 8, 4_097, 0x7fff_ffff, 0xffff_ffff), bytes)
    .map(([name, length, body]) => framed(name, length, body)),
);
const stream = fc.record({
  messages: fc.array(message, { minLength: 1, maxLength: 4 }),
  /** All in one write, or one write each. */
  joined: fc.boolean(),
});

const SEED = 20_261_123;
const STREAMS = 300;
/** Below the server's bound on connections, so that each stream is really read. */
const ABREAST = 15;
/** Long enough for the server to have read what loopback brought. */
const LINGER_MS = 15;

async function send({ messages, joined }: { messages: Buffer[]; joined: boolean }): Promise<void> {
  const { hostname, port } = new URL(server.endpointUrl);
  const socket = dial({ host: hostname, port: Number(port) });
  // A server that hangs up on garbage is right; the next test is whether it still lives.
  socket.on("error", () => socket.destroy());
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const connected = new Promise<void>((resolve) => socket.once("connect", resolve));
  await Promise.race([connected, closed]);
  for (const part of joined ? [Buffer.concat(messages)] : messages) {
    if (!socket.destroyed) socket.write(part);
    if (!joined) await new Promise(setImmediate);
  }
  await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
  socket.destroy();
  await closed;
}

test("malformed streams leave the server answering", async () => {
  const streams = fc.sample(stream, { numRuns: STREAMS, seed: SEED });
  for (let start = 0; start < streams.length; start += ABREAST) {
    await Promise.all(streams.slice(start, start + ABREAST).map(send));
  }
  const client = await connect(server.endpointUrl, scratch.at("client"));
  const session = await client.createSession();
  expect((await session.readNamespaceArray()).length).toBe(5);
  await session.close();
  await client.disconnect();
});

test("an assembler that nobody listens to drops its input", () => {
  guardPacketAssembler(silentLog);
  let read = 0;
  const assembler = new PacketAssembler({
    minimumSizeInBytes: 8,
    readChunkFunc: (data) => {
      read++;
      const messageHeader = { msgType: "MSG", isFinal: "F", length: data.length };
      return { length: data.length, messageHeader, extra: "" };
    },
  });
  assembler.feed(Buffer.alloc(16));
  expect(read).toBe(0);
  assembler.on("error", () => {});
  assembler.feed(Buffer.alloc(16));
  expect(read).toBe(1);
});

test("another version of the library is said in the log", () => {
  const log = new RecordingLog();
  guardPacketAssembler(log, GUARDED_VERSION);
  expect(log.warnings).toEqual([]);
  guardPacketAssembler(log, "9.9.9");
  expect(log.warnings).toHaveLength(1);
});

test("the installed version is the one that the guard was written for", () => {
  const log = new RecordingLog();
  guardPacketAssembler(log);
  expect(log.warnings).toEqual([]);
});
