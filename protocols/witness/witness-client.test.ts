import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { cosign, verifyCosignature } from "../../runtime/ledger/checkpoint.ts";
import { softwareSigner } from "../../runtime/ledger/keys.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import {
  MemoryWitnessStore,
  NOW_SECONDS,
  serveWitness,
  TestLog,
  WITNESS,
  WITNESS_KEY,
  WITNESS_NAME,
  witnessOf,
} from "./test-rig.ts";
import { askWitness } from "./witness-client.ts";

const clock = new FakeClock();
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
  // No timer outlives its exchange.
  expect(clock.pendingCalls).toBe(0);
});

async function witness(store = new MemoryWitnessStore()): Promise<string> {
  const served = await serveWitness(witnessOf(store));
  open.push(served);
  return served.url;
}

/** Something else that answers. */
async function other(listener: RequestListener): Promise<string> {
  const http = createServer(listener);
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  open.push({
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      http.close();
    },
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const says = (status: number, body: string, type = "text/plain") =>
  other((request, response) => {
    request.resume();
    response.writeHead(status, { "Content-Type": type });
    response.end(body);
  });

function ask(url: string, log: TestLog, old = 0) {
  const proofFrom = async (from: number) => log.proof(from);
  const checkpoint = log.checkpoint();
  return askWitness({ url, key: WITNESS_KEY, checkpoint, old, proofFrom, timers: clock });
}

test("a checkpoint comes back cosigned, whatever size was believed", async () => {
  const url = await witness();
  const log = new TestLog().append(9);
  const first = await ask(url, log);
  expect(first.time).toBe(NOW_SECONDS);
  expect(verifyCosignature(first.note, WITNESS_KEY)).toEqual({ time: NOW_SECONDS });
  log.append(5);
  // 0 after a restart, 9 as it is, 3 by mistake.
  for (const old of [0, 14, 3]) await ask(url, log, old);
  await ask(`${url}/`, log.append(2), 14);
});

test("a witness that has more leaves tells of a rollback", async () => {
  const url = await witness();
  const log = new TestLog().append(9);
  await ask(url, log);
  await expect(ask(url, log.fork(4))).rejects.toMatchObject({
    trouble: "ahead",
    message: expect.stringContaining("it has cosigned 9 leaves, here are 4"),
  });
});

test("a witness that has another tree tells of a fork", async () => {
  const url = await witness();
  const log = new TestLog().append(9);
  await ask(url, log);
  const same = log.fork(8).append(1, "other");
  await expect(ask(url, same)).rejects.toMatchObject({ trouble: "fork" });
  await expect(ask(url, same.append(3))).rejects.toMatchObject({ trouble: "fork" });
});

test("a witness that does not know us refuses, which is no fork", async () => {
  const url = await witness();
  const log = new TestLog([], "telltale/usage/other").append(1);
  await expect(ask(url, log)).rejects.toMatchObject({
    trouble: "refused",
    message: expect.stringContaining("404"),
  });
});

test("nobody there", async () => {
  const served = await serveWitness(witnessOf(new MemoryWitnessStore()));
  await served[Symbol.asyncDispose]();
  await expect(ask(served.url, new TestLog().append(1))).rejects.toMatchObject({
    trouble: "unreachable",
  });
});

test("somebody who never answers is given up after 30 s", async () => {
  const asked = Promise.withResolvers<void>();
  const url = await other(() => asked.resolve());
  const answer = ask(url, new TestLog().append(1));
  const refused = expect(answer).rejects.toMatchObject({ trouble: "unreachable" });
  await asked.promise;
  clock.advance(30_000);
  await refused;
});

test("an answer without end is given up", async () => {
  const url = await other((request, response) => {
    request.resume();
    response.write("x".repeat(20_000));
  });
  await expect(ask(url, new TestLog().append(1))).rejects.toMatchObject({
    trouble: "unreachable",
    message: expect.stringContaining("more than"),
  });
});

test.each([
  ["a page", 200, "<html>Welcome to the portal</html>", "text/html", "bad-answer"],
  ["nothing", 200, "", "text/plain", "bad-answer"],
  ["a size that is none", 409, "many\n", "text/x.tlog.size", "bad-answer"],
  ["the size that it was given", 409, "0\n", "text/x.tlog.size", "bad-answer"],
  ["another size each time", 409, "1\n", "text/x.tlog.size", "bad-answer"],
  ["an error", 500, "oops\n", "text/plain", "refused"],
  ["that it is busy", 429, "later\n", "text/plain", "refused"],
  ["a way elsewhere", 302, "", "text/plain", "refused"],
] as const)("who says %s is not believed", async (_, status, body, type, trouble) => {
  const url = await says(status, body, type);
  await expect(ask(url, new TestLog().append(2))).rejects.toMatchObject({ trouble });
});

test("a cosignature by another key, or on another checkpoint, is not believed", async () => {
  const log = new TestLog().append(2);
  const stranger = softwareSigner("ed25519", new Uint8Array(32).fill(50));
  const wrongKey = cosign(log.checkpoint(), WITNESS_NAME, stranger, 1);
  const wrongNote = cosign(new TestLog().append(3).checkpoint(), WITNESS_NAME, WITNESS, 1);
  const right = cosign(log.checkpoint(), WITNESS_NAME, WITNESS, 7);
  for (const line of [wrongKey, wrongNote]) {
    const url = await says(200, `${line}\n`);
    await expect(ask(url, log)).rejects.toMatchObject({ trouble: "bad-answer" });
  }
  // Beside those that are not known the right one is found.
  const url = await says(200, `${wrongKey}\n${right}\n`);
  expect((await ask(url, log)).time).toBe(7);
});
