import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import {
  type Checkpoint,
  parseCheckpoint,
  verifyCosignature,
} from "../../runtime/ledger/checkpoint.ts";
import { addSignature } from "../../runtime/ledger/note.ts";
import { MemoryWitnessStore, serveWitness, TestLog, WITNESS_KEY, witnessOf } from "./test-rig.ts";

const post = (url: string, body: string) =>
  fetch(`${url}/add-checkpoint`, { method: "POST", body });

test("a foreign client gets the cosignature, or the size as specified", async () => {
  const store = new MemoryWitnessStore();
  await using served = await serveWitness(witnessOf(store));
  const log = new TestLog().append(5);
  const first = await post(served.url, log.request(0));
  expect(first.status).toBe(200);
  const lines = (await first.text()).split("\n");
  expect(lines).toEqual([expect.stringMatching(/^— witness\.example\/lessee /), ""]);
  expect(verifyCosignature(addSignature(log.checkpoint(), lines[0]!), WITNESS_KEY)).not.toBeNull();

  log.append(4);
  const conflict = await post(served.url, log.request(2));
  expect(conflict.status).toBe(409);
  expect(conflict.headers.get("content-type")).toBe("text/x.tlog.size");
  expect(await conflict.text()).toBe("5\n");
  expect((await post(served.url, log.request(5))).status).toBe(200);
});

test.each([
  ["another path", "/", "POST", 404],
  ["another method", "/add-checkpoint", "GET", 405],
  ["no request", "/add-checkpoint", "POST", 400],
])("%s", async (_, path, method, status) => {
  await using served = await serveWitness(witnessOf(new MemoryWitnessStore()));
  expect((await fetch(served.url + path, { method })).status).toBe(status);
});

test("bytes that are no text are refused", async () => {
  await using served = await serveWitness(witnessOf(new MemoryWitnessStore()));
  const body = new Uint8Array([0xff, 0xfe]);
  const answer = await fetch(`${served.url}/add-checkpoint`, { method: "POST", body });
  expect(answer.status).toBe(400);
});

test("a body without end is cut off with 413, and nothing is kept of it", async () => {
  await using served = await serveWitness(witnessOf(new MemoryWitnessStore()));
  const socket = connect(served.port, "127.0.0.1");
  let answer = "";
  socket.setEncoding("utf8").on("data", (text: string) => {
    answer += text;
  });
  // The server may close while we still write.
  socket.on("error", () => socket.destroy());
  socket.write("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 100000000\r\n\r\n");
  socket.write("x".repeat(100_000));
  while (!answer.includes("\r\n\r\n")) await once(socket, "data");
  expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  expect(answer).toContain("Connection: close");
  socket.destroy();
});

test("who hangs up in the middle of a request leaves the others served", async () => {
  await using served = await serveWitness(witnessOf(new MemoryWitnessStore()));
  for (let tries = 0; tries < 20; tries++) {
    const socket = connect(served.port, "127.0.0.1");
    socket.write("POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 500\r\n\r\nold 0\n");
    await once(socket, "connect");
    socket.destroy();
  }
  expect((await post(served.url, new TestLog().append(2).request(0))).status).toBe(200);
});

test("a hundred posts of two forks at once: one of them is cosigned, the other never", async () => {
  const store = new MemoryWitnessStore();
  await using served = await serveWitness(witnessOf(store));
  const trunk = new TestLog().append(4);
  const forks = ["a", "b"].map((word) => trunk.fork().append(3, word));
  const bodies = Array.from({ length: 100 }, (_, index) => forks[index % 2]!.request(0));
  const answers = await Promise.all(
    bodies.map(async (body) => (await post(served.url, body)).status),
  );
  expect(answers.filter((status) => status === 200)).toHaveLength(1);
  expect(answers.filter((status) => status === 409)).toHaveLength(99);
  expect(new Set(store.evidence.map(({ kind }) => kind))).toEqual(new Set(["fork"]));
});

test("concurrent posts of one log never make what is kept smaller", async () => {
  const store = new MemoryWitnessStore();
  await using served = await serveWitness(witnessOf(store));
  const log = new TestLog();
  const bodies = Array.from({ length: 40 }, () => log.append(1).request(0));
  // Each asks again with the size it is told, as our own client does.
  await Promise.all(
    bodies.map(async (body, index) => {
      const answer = await post(served.url, body);
      if (answer.status !== 409) return;
      const old = Number(await answer.text());
      const size = index + 1;
      if (old > size) return;
      const proof = log.proof(old, size).map((hash) => `${hash}\n`);
      await post(served.url, body.replace("old 0\n", `old ${old}\n${proof.join("")}`));
    }),
  );
  const sizes = store.history.map((note) => (parseCheckpoint(note) as Checkpoint).size);
  expect(sizes).toEqual([...sizes].sort((one, other) => one - other));
  expect(sizes.length).toBeGreaterThan(1);
  expect(store.evidence).toEqual([]);
});

test("more than a hundred at once are told to come later, and may then", async () => {
  let now = 0;
  const mono = () => now;
  await using served = await serveWitness(witnessOf(new MemoryWitnessStore()), mono);
  const asks = Array.from({ length: 110 }, async () => (await post(served.url, "x")).status);
  const statuses = await Promise.all(asks);
  expect(statuses.filter((status) => status === 400)).toHaveLength(100);
  expect(statuses.filter((status) => status === 429)).toHaveLength(10);
  now = 1_000;
  expect((await post(served.url, "x")).status).toBe(400);
});

test("a disk that takes nothing is an error of the witness, and nothing is signed", async () => {
  const store = new MemoryWitnessStore();
  await using served = await serveWitness(witnessOf(store));
  store.failure = new Error("no space");
  const answer = await post(served.url, new TestLog().append(2).request(0));
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain("—");
});
