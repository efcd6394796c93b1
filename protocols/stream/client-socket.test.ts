import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { StreamClient } from "./client.ts";
import { StreamServer } from "./server.ts";
import { MemorySource, until } from "./test-rig.ts";

test.each(["a socket", "a:b", "what?", "50%23"])("a socket at %j is reached", async (name) => {
  const clock = new FakeClock();
  const source = new MemorySource(clock);
  const directory = mkdtempSync(join(tmpdir(), "telltale-"));
  const socketPath = join(directory, name);
  const http = createServer();
  const server = new StreamServer({
    http,
    source: () => source,
    admit: () => ({ rights: ["read"] }),
    timers: clock,
    log: silentLog,
  });
  server.open();
  http.listen(socketPath);
  await once(http, "listening");
  const url = "ws://localhost/stream";
  const client = new StreamClient({ url, socketPath, timers: clock, random: () => 0 });
  client.open();
  await until(() => client.hello !== null, "hello");
  expect(client.hello).toMatchObject({ epoch: source.epoch, rights: ["read"] });
  client.close();
  server.close();
  http.close();
  rmSync(directory, { recursive: true });
});
