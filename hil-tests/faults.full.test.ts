// The faults that take longer to show, or to happen: many kills, a page that breaks in the middle
// of the journal, a meter that hangs, a start with no machine file at all.

import { readFileSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import type { EventRecord, JournalRecord } from "../runtime/journal/record.ts";
import type { LiveValue } from "../runtime/signal/process-image.ts";
import { withSeed } from "../runtime/testing/seeded-random.ts";
import { expectTheTruth, killAtRandomMoments } from "./hours.ts";
import {
  Controller,
  freePort,
  isAlive,
  Platform,
  simulatedMachine,
  statusDocument,
  streamUrl,
  until,
} from "./instance.ts";

const isEvent = (kind: string) => (record: { kind: string }) => record.kind === kind;
const isRunning = async (port: number) => {
  const status = await statusDocument(port);
  return status?.["meter"] === "running" && status;
};

async function controllerWith(
  more: string = "",
): Promise<{ controller: Controller; port: number }> {
  const controller = new Controller();
  const port = await freePort();
  controller.write(simulatedMachine({ port, more }));
  return { controller, port };
}

describe("kills", () => {
  test("SIGKILL of the meter at fifteen random moments keeps every promise", () =>
    withSeed(async (random) => {
      const { controller, port } = await controllerWith();
      await using _ = controller;
      await killAtRandomMoments(controller, port, { random, kills: 15, lifeMsMax: 1_500 });
    }));

  test("a long life is saved every ten seconds, so that a kill costs no more", () =>
    withSeed(async (random) => {
      const { controller, port } = await controllerWith();
      await using _ = controller;
      await killAtRandomMoments(controller, port, { random, kills: 2, lifeMsMax: 25_000 });
    }));

  test("the supervisor waits longer each time, and each cause is on record", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    using platform = new Platform(streamUrl(port)).read();
    let meter = await run.child("meter");
    for (const wait of [1, 2, 5]) {
      const mark = platform.records.length;
      await until(() => platform.records.length > mark, "a record");
      process.kill(meter, "SIGKILL");
      await run.said(`it is started again in ${wait} s`);
      meter = await run.child("meter", meter);
    }
    const restarts = () => platform.records.filter(isEvent("restart")) as readonly EventRecord[];
    await until(() => restarts().length === 3, "three restarts on record");
    expect(restarts().map(({ detail }) => detail["waitMs"])).toEqual([1_000, 2_000, 5_000]);
    expect(platform.jumps).toEqual([]);
    await run.stop();
    await expectTheTruth(controller);
  });

  test("both killed at once come back, and no sample that was read is missing", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    using platform = new Platform(streamUrl(port)).read("oldest", "cloud");
    await platform.wait(isEvent("sample"), "a sample");
    for (const name of ["meter", "gateway"] as const) {
      process.kill(await run.child(name), "SIGKILL");
    }
    const named = (name: string) => (record: JournalRecord) =>
      record.kind === "restart" && record.name === name;
    await platform.wait(named("meter"), "the meter's restart");
    await platform.wait(named("gateway"), "the gateway's restart");
    expect(platform.jumps).toEqual([]);
    await run.stop();
    expect(controller.records().slice(0, platform.records.length)).toEqual(platform.records);
    await expectTheTruth(controller);
  });

  test("SIGINT, as Ctrl-C sends it to all three at once, is a clean stop", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    await until(() => isRunning(port), "the page");
    const [meter, gateway] = [await run.child("meter"), await run.child("gateway")];
    for (const pid of [meter, gateway, run.pid]) process.kill(pid, "SIGINT");
    expect(await run.ended).toEqual({ status: 0, signal: null });
    expect([meter, gateway].filter(isAlive)).toEqual([]);
    expect(run.error).not.toContain("started again");
    await expectTheTruth(controller);
  });
});

describe("a meter that hangs", () => {
  test("its values are withdrawn, and are back when it goes on", async () => {
    const controller = new Controller();
    await using _ = controller;
    const port = await freePort();
    const machine = simulatedMachine({ port });
    controller.write(machine.replace("heartbeat: 100ms", "heartbeat: 100ms, stale: 500ms"));
    const run = controller.run();
    await until(() => isRunning(port), "the page");
    using platform = new Platform(streamUrl(port));
    let current: LiveValue | undefined;
    platform.client.readLatest("now", {
      maxRate: 20,
      onLatest: (values) => {
        current = values["motorCurrent"];
      },
    });
    await until(() => current?.quality === "good", "a good value");
    const meter = await run.child("meter");
    process.kill(meter, "SIGSTOP");
    const stale = await until(
      () => current?.value === null && current,
      "the value to be withdrawn",
    );
    process.kill(meter, "SIGCONT");
    expect(stale).toMatchObject({
      quality: "bad",
      reason: "stale",
      last: { value: expect.any(Number) },
    });
    await until(() => current?.quality === "good", "a good value again");
    // The pause is UNKNOWN or was bridged by what was read; it is never lost or counted twice.
    await run.stop();
    await expectTheTruth(controller);
  });
});

describe("the journal", () => {
  test("a page that breaks unseen is found later and does not end the hours", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const first = controller.run();
    using platform = new Platform(streamUrl(port)).read();
    await platform.wait(isEvent("sample"), "a sample");
    await first.stop();
    const before = (await controller.saved())!;
    breakIndex(join(controller.data, "journal.sqlite"));
    const second = controller.run();
    await second.said("it was set aside and a new one begins");
    await until(() => platform.resets.length > 0, "the reset");
    await platform.wait(
      ({ kind, mono }) => kind === "sample" && mono > before.mono,
      "samples in the new journal",
    );
    await second.stop();
    const after = (await controller.saved())!;
    expect(after.registers.working).toBeGreaterThan(before.registers.working);
  });
});

describe("the machine file", () => {
  test.each([
    { name: "empty", content: "", problem: "the file is empty" },
    { name: "no YAML", content: "telltale: [1", problem: "machine.yaml:1:" },
    {
      name: "of 10 MB",
      content: "#".repeat(10_000_000),
      problem: "it has 10000000 bytes, more than",
    },
    {
      name: "with a name twice",
      content: "telltale: 1\ntelltale: 1\n",
      problem: "machine.yaml:2:",
    },
  ])("$name: the one that ran before stays in force", async ({ content, problem }) => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const first = controller.run();
    await until(() => isRunning(port), "the first run");
    await first.stop();
    controller.write(content);
    const second = controller.run();
    const status = await until(() => isRunning(port), "a page with a running meter");
    const configuration = status["configuration"] as { problems: readonly string[] };
    expect(configuration).toMatchObject({ inForce: "last-good" });
    expect(configuration.problems.join("\n")).toContain(problem);
    expect(second.error).not.toContain("    at ");
    await second.stop();
    await expectTheTruth(controller);
  });

  test("with none that is good only the page is served, on the default port", async (ctx) => {
    if (await isTaken(8_420)) ctx.skip("port 8420 is in use on this machine");
    await using controller = new Controller();
    controller.write("telltale: 1\nmachine: { maker: a }\n");
    const run = controller.run();
    const status = await until(() => statusDocument(8_420), "the page");
    expect(status).toMatchObject({ meter: "none", configuration: { inForce: "none" } });
    const { problems } = status["configuration"] as { problems: readonly string[] };
    expect(problems.join("\n")).toContain("machine.yaml:2:");
    expect(run.error).toContain("nothing is metered, only the page is served");
    for (const problem of problems) expect(run.error).toContain(problem);
    const health = await fetch("http://127.0.0.1:8420/healthz");
    expect(health.status).toBe(503);
    const page = await fetch("http://127.0.0.1:8420/");
    expect(page.headers.get("content-type")).toContain("text/html");
    expect(await run.stop()).toEqual({ status: 0, signal: null });
  });
});

test("port 0 is one that the system chooses, and the log says which", async () => {
  await using controller = new Controller();
  controller.write(simulatedMachine({ port: 0 }));
  const run = controller.run();
  await run.said(/the status page is at http:\/\/127\.0\.0\.1:[1-9]\d*\//);
  const port = Number(/127\.0\.0\.1:(\d+)\//.exec(run.error)![1]);
  expect(await statusDocument(port)).toMatchObject({
    endpoints: { stream: `ws://127.0.0.1:${port}/stream` },
  });
});

/**
 * Breaks the index that only events are entered in: opening does not read it, the next event does.
 */
function breakIndex(file: string): void {
  const database = new Database(file);
  const pageSize = database.pragma("page_size", { simple: true }) as number;
  const { rootpage } = database
    .prepare("SELECT rootpage FROM sqlite_master WHERE name = 'records_of_kind'")
    .get() as { rootpage: number };
  database.close();
  const bytes = readFileSync(file);
  bytes.fill(0x5a, (rootpage - 1) * pageSize, rootpage * pageSize);
  writeFileSync(file, bytes);
}

function isTaken(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
