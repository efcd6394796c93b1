// The bounds of the gateway's HTTP server, over real sockets and with short times.

import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { boundedHttpServer, HTTP_LIMITS, type HttpLimits } from "./http-server.ts";

const SHORT: HttpLimits = {
  headersMs: 200,
  requestMs: 200,
  keepAliveMs: 200,
  idleMs: 400,
  lookEveryMs: 50,
  connectionsMax: 3,
};

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function serve(limits: HttpLimits, body = "well"): Promise<number> {
  server = boundedHttpServer((_request, response) => response.end(body), limits);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

function connection(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  // A connection that is reset has ended too, and `close` follows.
  socket.on("error", () => undefined);
  return socket;
}

const closing = (socket: Socket) => new Promise<void>((resolve) => socket.once("close", resolve));
const connecting = (socket: Socket) =>
  new Promise<void>((resolve) => socket.once("connect", resolve));

const cases = [
  { name: "that never says anything", words: "" },
  { name: "that never ends its headers", words: "GET / HTTP/1.1\r\nHost: localhost\r\n" },
  { name: "that asked once and stays", words: "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" },
];
test.each(cases)("a connection $name is closed", async ({ words }) => {
  const socket = connection(await serve(SHORT));
  socket.write(words);
  socket.resume();
  await closing(socket);
});

test("a reader that takes nothing of its answer is closed", async () => {
  const port = await serve(SHORT, "x".repeat(64 * 1024 * 1024));
  const served = new Promise<Socket>((resolve) => server.once("connection", resolve));
  const socket = connection(port);
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  await closing(await served);
  socket.destroy();
});

test("more connections than there are places are turned away", async () => {
  const port = await serve({ ...HTTP_LIMITS, connectionsMax: 3 });
  const inside = [connection(port), connection(port), connection(port)];
  await Promise.all(inside.map(connecting));
  const outside = connection(port);
  outside.resume();
  await closing(outside);
  expect(inside.map((socket) => socket.readyState)).toEqual(["open", "open", "open"]);
});

test("a stream stays open however little it says", async () => {
  const port = await serve(SHORT);
  const streams = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, rest) =>
    streams.handleUpgrade(request, socket, rest, (opened) => {
      opened.on("message", (data) => opened.send(String(data)));
    }),
  );
  const stream = new WebSocket(`ws://127.0.0.1:${port}/`);
  await new Promise<void>((resolve) => stream.once("open", () => resolve()));
  const silent = connection(port);
  silent.resume();
  await closing(silent);
  // Longer than a connection may be idle that is no stream.
  await new Promise((resolve) => setTimeout(resolve, 2 * SHORT.idleMs));
  const answered = new Promise((resolve) => stream.once("message", (data) => resolve(`${data}`)));
  stream.send("there?");
  expect(await answered).toBe("there?");
  stream.terminate();
});

test("a silent connection is gone within 10 s, and streams leave places for the page", () => {
  expect(HTTP_LIMITS.headersMs + HTTP_LIMITS.lookEveryMs).toBeLessThanOrEqual(10_000);
  expect(HTTP_LIMITS.connectionsMax).toBeGreaterThan(200);
});
