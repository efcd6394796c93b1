// What goes wrong on a controller, done to the real processes: kills, taken ports, broken files, a
// device that goes away. The long ones stand in faults.full.test.ts.

import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { serve as serveModbus } from "../drivers/modbus/test-rig.ts";
import type { EventRecord, SampleRecord } from "../runtime/journal/record.ts";
import { withSeed } from "../runtime/testing/seeded-random.ts";
import { REGISTER_NAMES } from "../runtime/usage/usage-state.ts";
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

// Each starts some processes; a machine that is busy with other tests is slow at that.
vi.setConfig({ testTimeout: 60_000 });

const PROBLEM = 'unknown key "signls"; did you mean "signals"?';

async function controllerWith(
  options: { more?: string; wave?: string } = {},
): Promise<{ controller: Controller; port: number }> {
  const controller = new Controller();
  const port = await freePort();
  controller.write(simulatedMachine({ port, ...options }));
  return { controller, port };
}

const isEvent = (kind: string) => (record: { kind: string }) => record.kind === kind;
const isRunning = async (port: number) => {
  const status = await statusDocument(port);
  return status?.["meter"] === "running" && status;
};

describe.concurrent("the machine file", () => {
  test.each([
    { name: "missing", content: null, problem: "there is no such file" },
    { name: "with an unknown key", content: "signls: {}\n", problem: PROBLEM },
  ])(
    "$name: the last good one stays in force and the page says why",
    async ({ content, problem }) => {
      const { controller, port } = await controllerWith();
      await using _ = controller;
      mkdirSync(controller.data);
      writeFileSync(join(controller.data, "machine.yaml"), readFileSync(controller.file));
      controller.write(content ?? "");
      const file = content === null ? controller.scratch.at("none.yaml") : controller.file;
      const run = controller.start("run", file, "--data", controller.data);
      const status = await until(() => isRunning(port), "a page with a running meter");
      const { inForce, problems } = status["configuration"] as {
        inForce: string;
        problems: readonly string[];
      };
      expect(inForce).toBe("last-good");
      expect(problems.join("\n")).toContain(problem);
      expect(run.error).toContain(problem);
      expect(run.error).toContain("The last good machine file stays in force");
      expect(run.error).not.toContain("    at ");
      using platform = new Platform(streamUrl(port)).read();
      const record = await platform.wait(isEvent("configuration"), "the record of it");
      expect((record as EventRecord).detail).toMatchObject({ inForce: "last-good", problems });
      await platform.wait(isEvent("sample"), "a sample all the same");
    },
  );
});

describe.concurrent("ports", () => {
  test("one that is taken is named with its key, and taken over when it is free", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const holder = createServer((socket) => socket.destroy());
    holder.listen(port, "127.0.0.1");
    await once(holder, "listening");
    const run = controller.run();
    await run.said(`port ${port} on 127.0.0.1 is in use by another program`);
    expect(run.error).toContain("endpoints.http.port in the machine file");
    // Everything else goes on: hours, journal, and the commands on this machine.
    await run.said("the meter is connected");
    const state = await until(async () => {
      const now = await controller.state();
      return now.usage.registers.working > 0 && now;
    }, "hours");
    expect(state.devices[0]).toMatchObject({ state: "up" });
    holder.close();
    await once(holder, "close");
    await until(() => isRunning(port), "the page");
  });
});

describe.concurrent("one data directory", () => {
  test("a second instance is refused and touches nothing", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    controller.run();
    await until(() => isRunning(port), "the first");
    const kept = readFileSync(join(controller.data, "machine.yaml"), "utf8");
    controller.write(simulatedMachine({ port: await freePort() }));
    const second = await controller.command("run", controller.file, "--data", controller.data);
    expect(second.status).toBe(1);
    expect(second.error).toContain("another meter is running on the data directory");
    expect(second.error).toContain("[DATA_LOCKED]");
    expect(second.error).not.toContain("    at ");
    expect(readFileSync(join(controller.data, "machine.yaml"), "utf8")).toBe(kept);
    using platform = new Platform(streamUrl(port)).read("newest");
    await platform.wait(isEvent("sample"), "that the first goes on");
  });

  test("a corrupt journal and lock are set aside; readers are told, hours go on", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const first = controller.run();
    using platform = new Platform(streamUrl(port)).read();
    await platform.wait(isEvent("sample"), "a sample");
    expect(await first.stop()).toEqual({ status: 0, signal: null });
    const before = await controller.saved();
    corrupt(join(controller.data, "journal.sqlite"));
    writeFileSync(join(controller.data, "lock.sqlite"), "x".repeat(5_000));
    platform.records.length = 0;
    const second = controller.run();
    await until(() => platform.resets.length > 0, "the reset");
    await platform.wait(isEvent("sample"), "a sample of the new journal");
    const [old, epoch] = platform.resets[0]!.split(" ");
    expect(epoch).not.toBe(old);
    expect(platform.records[0]).toMatchObject({ seq: 1 });
    const said = platform.records.find(isEvent("journal")) as EventRecord | undefined;
    expect(said).toMatchObject({ name: "set-aside" });
    expect(String(said?.detail["aside"])).toContain("journal.sqlite.");
    expect(second.error).toContain("the journal is corrupt; it was set aside");
    expect(second.error).toContain("the lock is damaged; it was set aside");
    const after = (await controller.state()).usage.registers;
    for (const name of REGISTER_NAMES) {
      expect(after[name]).toBeGreaterThanOrEqual(before!.registers[name]);
    }
  });

  test("where slots and journal are both lost, the beginning at zero is on record", async () => {
    const { controller, port } = await controllerWith();
    await using _controller = controller;
    mkdirSync(controller.data);
    writeFileSync(join(controller.data, "registers.slots"), Buffer.alloc(8_192, 0x5a));
    const run = controller.run();
    using platform = new Platform(streamUrl(port)).read();
    const recovery = await platform.wait(isEvent("recovery"), "the recovery");
    expect(recovery).toMatchObject({ detail: { from: "nothing", lossBoundMs: null } });
    expect(run.error).toContain("neither register slot is whole; the file was set aside");
    expect(await run.stop()).toEqual({ status: 0, signal: null });
  });
});

describe.concurrent("ends", () => {
  test("SIGTERM: everything is on the disk, and the next start loses nothing", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const first = controller.run();
    const platform = new Platform(streamUrl(port)).read("oldest", "cloud");
    await platform.wait(isEvent("sample"), "a sample");
    const meter = await first.child("meter");
    const gateway = await first.child("gateway");
    const before = await controller.state();
    const asked = performance.now();
    expect(await first.stop()).toEqual({ status: 0, signal: null });
    // The one bound of time that is a promise: a clean stop takes at most 5 s.
    expect(performance.now() - asked).toBeLessThan(5_000);
    platform[Symbol.dispose]();
    expect([meter, gateway].filter(isAlive)).toEqual([]);
    expect(first.error).not.toContain("started again");
    const saved = await controller.saved();
    // What came after the last sample was observed, too: it is UNKNOWN in the next life.
    expect(saved!.savedAt).toBeGreaterThanOrEqual(before.time.mono);
    const records = controller.records();
    expect(records.length).toBeGreaterThanOrEqual(platform.records.length);
    expect(records.slice(0, platform.records.length)).toEqual(platform.records);
    // Nobody was killed: what was sampled last is there, up to the end.
    expect(records.at(-1)!.mono).toBeGreaterThanOrEqual(before.time.mono);
    await expectTheTruth(controller);

    const second = controller.run();
    using again = new Platform(streamUrl(port)).read("oldest");
    const recovery = (await again.wait(isEvent("recovery"), "the recovery")) as EventRecord;
    expect(recovery.detail).toMatchObject({ lastMono: saved!.mono, previousBoot: saved!.boot });
    const { undecidedMs, gapMs } = recovery.detail as { undecidedMs: number; gapMs: number };
    expect(recovery.mono - saved!.mono).toBe(undecidedMs + gapMs);
    await again.wait(
      ({ kind, seq }) => kind === "sample" && seq > recovery.seq,
      "a sample after the restart",
    );
    expect(again.jumps).toEqual([]);
    await second.stop();
    await expectTheTruth(controller);
  });

  test("SIGKILL of the gateway costs no sample; its readers resume", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    using platform = new Platform(streamUrl(port)).read();
    await platform.wait(isEvent("sample"), "a sample");
    const meter = await run.child("meter");
    const gateway = await run.child("gateway");
    process.kill(gateway, "SIGKILL");
    await run.child("gateway", gateway);
    const restart = (await platform.wait(isEvent("restart"), "the cause")) as EventRecord;
    expect(restart).toMatchObject({ name: "gateway", detail: { cause: "ended by SIGKILL" } });
    const afterwards = restart.seq + 5;
    await platform.wait(({ seq }) => seq >= afterwards, "records after the restart");
    expect(platform.jumps).toEqual([]);
    expect(platform.records.filter(isEvent("recovery"))).toEqual([]);
    expect(await run.child("meter")).toBe(meter);
    // Each sample is one more step of the ramp: the meter never paused.
    const { usage } = await controller.state();
    expect(usage.registers.unknown).toBeLessThan(usage.registers.working);
    await run.stop();
    await expectTheTruth(controller);
  });

  test("SIGKILL of the meter: it comes back by itself and says what happened", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    using platform = new Platform(streamUrl(port)).read("oldest", "cloud");
    await platform.wait(({ seq }) => seq >= 10, "some records");
    const meter = await run.child("meter");
    process.kill(meter, "SIGKILL");
    await until(
      async () => (await statusDocument(port))?.["meter"] === "down",
      "a page that says so",
    );
    const restart = (await platform.wait(isEvent("restart"), "the cause")) as EventRecord;
    expect(restart).toMatchObject({ name: "meter", detail: { cause: "ended by SIGKILL" } });
    const recovery = platform.records.find(isEvent("recovery")) as EventRecord;
    expect(recovery.detail["gapMs"]).toBeGreaterThan(0);
    const { registers } = recovery.detail as { registers: { unknown: number } };
    expect(registers.unknown).toBeGreaterThanOrEqual(recovery.detail["gapMs"] as number);
    await platform.wait(({ kind, seq }) => kind === "sample" && seq > restart.seq, "a sample");
    expect(platform.jumps).toEqual([]);
    expect(platform.resets).toEqual([]);
    const causes = JSON.parse(readFileSync(join(controller.data, "restarts.json"), "utf8"));
    expect(causes).toMatchObject([{ process: "meter", cause: "ended by SIGKILL", waitMs: 1_000 }]);
    await run.stop();
    expect(controller.records().slice(0, platform.records.length)).toEqual(platform.records);
    await expectTheTruth(controller);
  });

  test("SIGKILL of the meter at random moments keeps every promise", () =>
    withSeed(async (random) => {
      const { controller, port } = await controllerWith();
      await using _ = controller;
      await killAtRandomMoments(controller, port, { random, kills: 2, lifeMsMax: 1_500 });
    }));

  test("SIGKILL of the parent ends its children; nobody counts twice", async () => {
    const { controller, port } = await controllerWith();
    await using _ = controller;
    const run = controller.run();
    await until(() => isRunning(port), "the page");
    const [meter, gateway] = [await run.child("meter"), await run.child("gateway")];
    run.kill("SIGKILL");
    await run.ended;
    await until(() => !isAlive(meter) && !isAlive(gateway), "the children to end");
    await expectTheTruth(controller);
    const again = controller.run();
    await until(() => isRunning(port), "the next one");
    await again.stop();
    await expectTheTruth(controller);
  });
});

describe.concurrent("devices", () => {
  test("one that goes away takes its value along, comes back, and slows no other", async () => {
    const controller = new Controller();
    await using _ = controller;
    const [http, modbus] = [await freePort(), await freePort()];
    let rig = await serveModbus(answerWith(412), modbus);
    controller.write(`telltale: 1
machine: { maker: Example, model: Pump, serialNumber: "0001" }
buses:
  plant: { driver: modbus, host: 127.0.0.1, port: ${modbus}, connectTimeout: 300ms }
  script: { driver: simulated }
devices:
  pump: { bus: plant, unitId: 1, every: 100ms, timeout: 200ms, retries: 0 }
  other: { bus: script, every: 100ms }
signals:
  motorCurrent: { device: pump, register: { input: 0 }, unit: A, scale: 0.5 }
  level: { device: other, wave: { ramp: { min: 0, max: 1000, period: 1min } }, unit: "%" }
usage:
  WORKING: { signal: motorCurrent, above: 20 }
journal: { commitEvery: 100ms }
endpoints: { http: { host: 127.0.0.1, port: ${http} } }
`);
    const run = controller.run();
    using platform = new Platform(streamUrl(http)).read();
    const inState = (state: string, after: number) =>
      platform.wait(
        (record) => record.kind === "usage" && record.state === state && record.seq > after,
        state,
      );
    const working = await inState("WORKING", 0);
    await rig[Symbol.asyncDispose]();
    const unknown = await inState("UNKNOWN", working.seq);
    const { values, devices } = await controller.state();
    expect(values["motorCurrent"]).toMatchObject({
      value: null,
      quality: "bad",
      reason: "not-connected",
      last: { value: 206 },
    });
    expect(values["level"]).toMatchObject({ quality: "good" });
    expect(devices[0]).toMatchObject({ name: "pump", lastError: { code: expect.any(String) } });
    const failing = platform.records.find(
      (record) => record.kind === "device" && record.name === "pump" && record.detail["code"],
    ) as EventRecord;
    expect(failing.detail).toMatchObject({ state: "failing", remedy: expect.any(String) });

    rig = await serveModbus(answerWith(414), modbus);
    const back = await inState("WORKING", unknown.seq);
    await platform.wait(
      (record) =>
        record.kind === "device" && record.detail["state"] === "up" && record.seq > failing.seq,
      "the record that it is back",
    );
    await run.stop();
    await rig[Symbol.asyncDispose]();
    const all = controller.records();
    const away = all.filter(({ mono }) => mono > unknown.mono && mono < back.mono);
    expect(away.filter((record) => isGoodSample(record, "motorCurrent"))).toEqual([]);
    // Ten reads a second while the neighbour was dead; a slow test machine may have dropped some.
    const levels = away.filter((record) => isGoodSample(record, "level"));
    expect(levels.length).toBeGreaterThanOrEqual(Math.floor((back.mono - unknown.mono) / 300));
    await expectTheTruth(controller);
  });
});

/** Every byte of the file, and of what SQLite keeps beside it. */
function corrupt(file: string): void {
  for (const part of [file, `${file}-wal`]) {
    if (existsSync(part)) writeFileSync(part, readFileSync(part).fill(0x5a));
  }
}

/** A Modbus server's answer to a read of one input register. */
function answerWith(value: number): Parameters<typeof serveModbus>[0] {
  return ({ transactionId, unitId, functionCode, socket }) => {
    const answer = Buffer.alloc(11);
    answer.writeUInt16BE(transactionId, 0);
    answer.writeUInt16BE(5, 4);
    answer.writeUInt8(unitId, 6);
    answer.writeUInt8(functionCode, 7);
    answer.writeUInt8(2, 8);
    answer.writeUInt16BE(value, 9);
    socket.write(answer);
  };
}

function isGoodSample(record: { kind: string }, signal: string): boolean {
  const sample = record as SampleRecord;
  return record.kind === "sample" && sample.signal === signal && sample.quality === "good";
}
