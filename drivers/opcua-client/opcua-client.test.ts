// The driver against a real server: what is read, what is never delivered as a value, what is
// written, and what becomes of a server that goes, comes back, or is silent.

import { createServer } from "node:net";
import { StatusCodes } from "node-opcua";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import { codeOf } from "../shared/test-rig.ts";
import { cable, nodeOf, openBus, type Plant, serve } from "./test-rig.ts";

const scratch = scratchDirectory();
let plant: Plant;

beforeAll(async () => {
  plant = await serve({
    pki: scratch.at("plant"),
    manyNumbers: 120,
    library: { serverCapabilities: { operationLimits: { maxNodesPerRead: 50 } } },
  });
});

afterAll(async () => {
  await plant.close();
  scratch[Symbol.dispose]();
});

/** Reads once on a bus of its own and gives what was delivered. */
async function readOnce(points: readonly Readonly<Record<string, unknown>>[]) {
  const { device, sink, wire, close } = openBus({ endpoint: plant.endpoint }, points);
  await device.read!();
  await close();
  return { sink, wire };
}

describe("reading", () => {
  test.each([
    ["Running", 1],
    ["Small", -5],
    ["Count", 4_000_000_000],
    ["Wide", -2],
    ["Load", 12.5],
    ["Single", Math.fround(0.1)],
    ["State", 3],
  ] as const)("%s becomes the number %d", async (name, expected) => {
    const { sink } = await readOnce([{ node: nodeOf(name) }]);
    expect(sink.values()).toEqual([expected]);
  });

  test.each([
    ["Vast", "out-of-range", "beyond 2^53"],
    ["Name", "not-configured", "is no number"],
    ["Temperatures", "not-configured", "array of 3"],
    ["Nowhere", "exception", "BadNodeIdUnknown"],
  ] as const)("%s is bad: %s", async (name, reason, sentence) => {
    const { sink } = await readOnce([{ node: nodeOf(name) }]);
    expect(sink.values()).toEqual([reason]);
    expect(sink.got[0]!.fault!.message).toContain(sentence);
  });

  test("a number that is none is the sensor's fault", async () => {
    const { sink } = await readOnce([{ node: nodeOf("Void") }]);
    expect(sink.values()).toEqual(["sensor-fault"]);
  });

  test("an element of an array is read by its index, and one beyond it is bad", async () => {
    const node = nodeOf("Temperatures");
    const { sink } = await readOnce([
      { node, index: 1 },
      { node, index: 3 },
    ]);
    expect(sink.values(0)).toEqual([2]);
    expect(sink.values(1)).toEqual(["exception"]);
    expect(sink.got[1]!.fault!.remedy).toContain("`index`");
  });

  test("a namespace that the server does not have turns its point bad and no other", async () => {
    const { sink } = await readOnce([
      { node: "nsu=http://example.com/elsewhere;s=Load" },
      { node: nodeOf("Load") },
    ]);
    expect(sink.values(0)).toEqual(["not-configured"]);
    expect(sink.values(1)).toEqual([12.5]);
  });

  test("no request has more nodes than the server takes at once", async () => {
    const before = plant.requests.reads;
    const points = Array.from({ length: 120 }, (_, index) => ({
      node: `nsu=http://example.com/machine;i=${1_000 + index}`,
    }));
    const { sink, wire } = await readOnce(points);
    expect(sink.got.map(({ value }) => value)).toEqual(points.map((_, index) => index));
    // One for the namespaces, one for the limit, three with the nodes.
    expect(plant.requests.reads - before).toBe(5);
    expect(wire.frames.filter(({ way }) => way === "sent")).toHaveLength(3);
  });

  test("what the server does not vouch for is never a sample", async () => {
    const points = [{ node: nodeOf("Load") }];
    const { device, sink, close } = openBus({ endpoint: plant.endpoint }, points);
    for (const status of [
      StatusCodes.UncertainLastUsableValue,
      StatusCodes.UncertainSubNormal,
      StatusCodes.BadNoCommunication,
      StatusCodes.BadSensorFailure,
      StatusCodes.BadUserAccessDenied,
      StatusCodes.GoodLocalOverride,
      StatusCodes.Good,
    ]) {
      plant.set("Load", 99, status);
      await device.read!();
    }
    expect(sink.values()).toEqual([
      "stale",
      "sensor-fault",
      "not-connected",
      "sensor-fault",
      "exception",
      "substituted",
      99,
    ]);
    plant.set("Load", 12.5);
    await close();
  });

  test("a good value that is not renewed is stale where its age is bounded", async () => {
    const bounded = { node: nodeOf("State"), sourceAgeMax: "10s" };
    plant.set("State", 3, StatusCodes.Good, new Date(Date.now() - 60_000));
    const { sink } = await readOnce([bounded, { node: nodeOf("State") }]);
    expect(sink.values(0)).toEqual(["stale"]);
    expect(sink.values(1)).toEqual([3]);
    plant.set("State", 3, StatusCodes.Good, new Date());
    expect((await readOnce([bounded])).sink.values()).toEqual([3]);
  });
});

describe("writing", () => {
  async function write(name: string, raw: number, more = {}): Promise<string> {
    const { device, close } = openBus({ endpoint: plant.endpoint }, [
      { node: nodeOf(name), ...more },
    ]);
    const code = await codeOf(device.write(0, raw));
    await close();
    return code;
  }

  test.each([
    ["Load", 33.25, 33.25],
    ["Single", 0.1, Math.fround(0.1)],
    ["Small", -128, -128],
    ["Running", 0, false],
    ["Wide", -3, [0xffff_ffff, 0xffff_fffd]],
  ] as const)("%s takes %d in its own type", async (name, raw, kept) => {
    expect(await write(name, raw)).toContain("no fault");
    expect(plant.get(name)).toEqual(kept);
  });

  test("an element of an array is written alone", async () => {
    expect(await write("Temperatures", 20, { index: 1 })).toContain("no fault");
    expect([...(plant.get("Temperatures") as number[])]).toEqual([1, 20, 3]);
  });

  test.each([
    ["Small", 128],
    ["Running", 2],
    ["Count", 1.5],
    ["Name", 1],
    ["Locked", 8],
  ] as const)("%s refuses %d", async (name, raw) => {
    const before = plant.get(name);
    expect(await write(name, raw)).toBe("WRITE_REFUSED");
    expect(plant.get(name)).toEqual(before);
  });
});

describe("a server that goes and comes", () => {
  test("a cut connection fails no read: it is made anew within the same one", async () => {
    const wire = await cable(plant.port);
    const { device, sink, close } = openBus({ endpoint: wire.endpoint }, [
      { node: nodeOf("Locked") },
    ]);
    await device.read!();
    wire.cut();
    await device.read!();
    expect(sink.values()).toEqual([7, 7]);
    await close();
    await vi.waitFor(() => expect(wire.connections()).toBe(0));
    await wire.close();
  });

  test("a session that the server has ended is made anew", async () => {
    const { device, sink, close } = openBus({ endpoint: plant.endpoint }, [
      { node: nodeOf("Locked") },
    ]);
    await device.read!();
    await plant.endSessions();
    await device.read!();
    expect(sink.values()).toEqual([7, 7]);
    await close();
  });

  test("a server that is silent on an open connection is a timeout, and then left", async () => {
    const wire = await cable(plant.port);
    const { device, sink, close } = openBus(
      { endpoint: wire.endpoint, connectTimeout: "2s" },
      [{ node: nodeOf("Locked") }],
      { timeout: "100ms" },
    );
    await device.read!();
    wire.fallSilent();
    expect(await codeOf(device.read!())).toBe("BUS_TIMEOUT");
    wire.speakAgain();
    await device.read!();
    expect(sink.values()).toEqual([7, 7]);
    // The one that fell silent is not left hanging beside the one that is used.
    await vi.waitFor(() => expect(wire.connections()).toBe(1));
    await close();
    await wire.close();
  });

  test("a server that is updated may move its namespaces: the point follows its URI", async () => {
    const first = await serve({ pki: scratch.at("plant") });
    const { port } = first;
    const { device, sink, close } = openBus({ endpoint: first.endpoint }, [
      { node: nodeOf("Locked") },
    ]);
    await device.read!();
    await first.close();
    expect(await codeOf(device.read!())).toBe("BUS_UNREACHABLE");
    const second = await serve({
      pki: scratch.at("plant"),
      port,
      namespacesBefore: ["urn:one", "urn:two"],
    });
    await device.read!();
    expect(sink.values()).toEqual([7, 7]);
    await close();
    await second.close();
  });

  test("a server without a free session says so", async () => {
    const full = await serve({
      pki: scratch.at("plant"),
      library: { serverCapabilities: { maxSessions: 1 } },
    });
    const first = openBus({ endpoint: full.endpoint }, [{ node: nodeOf("Locked") }]);
    const second = openBus({ endpoint: full.endpoint }, [{ node: nodeOf("Locked") }]);
    await first.device.read!();
    expect(await codeOf(second.device.read!())).toBe("BUS_BUSY");
    await first.close();
    await second.device.read!();
    expect(second.sink.values()).toEqual([7]);
    await second.close();
    await full.close();
  });
});

describe("what is no server", () => {
  test("nobody at the port", async () => {
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, "127.0.0.1", resolve));
    const { port } = free.address() as { port: number };
    await new Promise((resolve) => free.close(resolve));
    const { device, close } = openBus({ endpoint: `opc.tcp://127.0.0.1:${port}` }, [
      { node: nodeOf("Load") },
    ]);
    expect(await codeOf(device.read!())).toBe("BUS_UNREACHABLE");
    await close();
  });

  test.each([
    ["is silent", () => "", "BUS_UNREACHABLE"],
    ["speaks HTTP", () => "HTTP/1.1 400 Bad Request\r\n\r\n", "BUS_WRONG_ANSWER"],
    ["speaks nonsense", () => "\u0000\u00ff".repeat(500), "BUS_WRONG_ANSWER"],
  ])("somebody who %s", async (_, answer, code) => {
    const server = createServer((socket) => {
      socket.on("error", () => socket.destroy());
      socket.once("data", () => socket.write(answer()));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const { device, close } = openBus(
      { endpoint: `opc.tcp://127.0.0.1:${port}`, connectTimeout: "300ms" },
      [{ node: nodeOf("Load") }],
    );
    expect([code, "BUS_UNREACHABLE"]).toContain(await codeOf(device.read!()));
    await close();
    await new Promise((resolve) => server.close(resolve));
  });
});

test("a bus that is closed while it dials leaves nothing open and takes no more", async () => {
  const wire = await cable(plant.port);
  wire.fallSilent();
  const { device, close } = openBus({ endpoint: wire.endpoint, connectTimeout: "5s" }, [
    { node: nodeOf("Load") },
  ]);
  const reading = codeOf(device.read!());
  await vi.waitFor(() => expect(wire.connections()).toBe(1));
  await close();
  expect(["BUS_CLOSED", "BUS_UNREACHABLE"]).toContain(await reading);
  expect(await codeOf(device.read!())).toBe("BUS_CLOSED");
  await vi.waitFor(() => expect(wire.connections()).toBe(0));
  await wire.close();
});
