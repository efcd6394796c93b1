// A minute of the demo's machine, its plant and some readers: memory stays where it is and nothing
// is dropped on the way.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { expectTheTruth } from "./hours.ts";
import {
  Controller,
  freePort,
  Platform,
  REPOSITORY,
  residentBytes,
  statusDocument,
  streamUrl,
  until,
} from "./instance.ts";

const MEGABYTE = 1_024 * 1_024;
/** Time to load what is loaded late: the compiler's code, OPC UA, the first pages of history. */
const WARM_UP_MS = 20_000;
const SOAK_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** A leak of one frame per second and reader would be more than this. */
const GROWTH_BYTES_MAX = 24 * MEGABYTE;
const READERS = 4;

test("a minute of the demo leaves memory flat and drops nothing", async () => {
  await using controller = new Controller();
  const plant = spawn(
    process.execPath,
    [
      join(REPOSITORY, "firmware/examples/demo/plant.ts"),
      ...["--modbus-port", "0", "--waveform-port", "0"],
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  try {
    const [line] = (await once(createInterface(plant.stdout), "line")) as [string];
    const [modbus, waveform] = line.match(/\d{4,5}/g)!;
    const http = await freePort();
    const opcua = await freePort();
    controller.write(
      readFileSync(join(REPOSITORY, "firmware/examples/demo/machine.yaml"), "utf8")
        .replace("port: 8502", `port: ${modbus}`)
        .replace("127.0.0.1:8503", `127.0.0.1:${waveform}`)
        .replace("port: 8420", `port: ${http}`)
        .replace("port: 4840", `port: ${opcua}`),
    );
    const run = controller.run();
    await until(async () => (await statusDocument(http))?.["meter"] === "running", "the page");
    const platforms = Array.from({ length: READERS }, () => new Platform(streamUrl(http)).read());
    for (const { client } of platforms) {
      client.readLatest("now", { maxRate: 10, onLatest: () => undefined });
    }
    await platforms[0]!.wait(
      (record) => record.kind === "sample" && record.signal === "bearingRms",
      "a feature of the waveform",
    );
    const pids = { meter: await run.child("meter"), gateway: await run.child("gateway") };
    await pause(WARM_UP_MS);

    const seen = { meter: [] as number[], gateway: [] as number[] };
    const end = performance.now() + SOAK_MS;
    while (performance.now() < end) {
      seen.meter.push(residentBytes(pids.meter));
      seen.gateway.push(residentBytes(pids.gateway));
      await pause(LOOK_EVERY_MS);
    }
    for (const [name, bytes] of Object.entries(seen)) {
      const third = Math.floor(bytes.length / 3);
      const growth = median(bytes.slice(-third)) - median(bytes.slice(0, third));
      console.log(`${name}: ${megabytes(median(bytes))} resident, grew by ${megabytes(growth)}`);
      expect(growth, name).toBeLessThan(GROWTH_BYTES_MAX);
    }
    expect(await run.child("meter")).toBe(pids.meter);
    expect(await run.child("gateway")).toBe(pids.gateway);

    const { journal, devices, usage } = await controller.state();
    expect(journal.droppedRows).toBe(0);
    for (const device of devices) expect(device).toMatchObject({ state: "up", errors: {} });
    expect(usage.state).not.toBe("UNKNOWN");
    for (const platform of platforms) {
      expect(platform).toMatchObject({ jumps: [], gaps: [], resets: [], downs: [] });
      expect(platform.records.length).toBeGreaterThan(100);
    }
    expect(await run.stop()).toEqual({ status: 0, signal: null });
    for (const platform of platforms) platform[Symbol.dispose]();
    await expectTheTruth(controller);
  } finally {
    plant.stdin.end();
    await once(plant, "exit");
  }
});

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function megabytes(bytes: number): string {
  return `${(bytes / MEGABYTE).toFixed(1)} MiB`;
}
