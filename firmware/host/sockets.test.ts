// Listening on a port that somebody else has, again and again.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { listenOnPort } from "./sockets.ts";

test("a port that stays taken leaves no listener behind, however often it is tried", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const server = createServer();
  try {
    const before = server.listenerCount("listening") + server.listenerCount("error");
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const tried = listenOnPort(server, { host: "127.0.0.1", port }, "endpoints.http.port");
      await expect(tried).rejects.toThrow(/in use by another program/);
    }
    expect(server.listenerCount("listening") + server.listenerCount("error")).toBe(before);
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
  expect(await listenOnPort(server, { host: "127.0.0.1", port }, "endpoints.http.port")).toBe(port);
  await new Promise((resolve) => server.close(resolve));
});
