// A port that is taken: what a server that asks again and again leaves behind.

import { createServer } from "node:http";
import { expect, test } from "vitest";
import { listenOnPort } from "./sockets.ts";

const HOST = "127.0.0.1";

test("a port that is tried again leaves nothing behind, and is had once it is free", async () => {
  const other = createServer();
  const port = await listenOnPort(other, { host: HOST, port: 0 }, "endpoints.http.port");
  const server = createServer();
  // A server of HTTP listens to itself.
  const own = server.listenerCount("listening");
  for (let attempt = 0; attempt < 12; attempt++) {
    const taken = listenOnPort(server, { host: HOST, port }, "endpoints.http.port");
    await expect(taken).rejects.toThrow(`port ${port} on ${HOST} is in use`);
  }
  expect(server.listenerCount("listening")).toBe(own);
  expect(server.listenerCount("error")).toBe(0);
  await new Promise((resolve) => other.close(resolve));
  expect(await listenOnPort(server, { host: HOST, port }, "endpoints.http.port")).toBe(port);
  await new Promise((resolve) => server.close(resolve));
});
