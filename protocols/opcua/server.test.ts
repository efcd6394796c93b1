// One server with anonymous access on loopback, read by the library's own client over a socket.

import { connect as dial } from "node:net";
import { networkInterfaces } from "node:os";
import {
  AttributeIds,
  type ClientSession,
  ClientSubscription,
  DataType,
  type DataValue,
  makeBrowsePath,
  NodeClass,
  type OPCUAClient,
  StatusCodes,
  TimestampsToReturn,
} from "node-opcua";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REASONS, type Reason } from "../../runtime/signal/quality.ts";
import { FakeClock } from "../../runtime/testing/fake-clock.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import type { OpcuaServer } from "./server.ts";
import { STATUS_OF_REASON } from "./status-of.ts";
import { bad, connect, good, meterState, serve } from "./test-plant.ts";

const clock = new FakeClock({ mono: 1_000_000 });
const scratch = scratchDirectory();
let server: OpcuaServer;
let client: OPCUAClient;
let session: ClientSession;

beforeAll(async () => {
  server = await serve(scratch.at("server"), clock);
  client = await connect(server.endpointUrl, scratch.at("client"));
  session = await client.createSession();
});

afterAll(async () => {
  await session.close();
  await client.disconnect();
  await server.close();
  scratch[Symbol.dispose]();
});

const NO_TIME = Date.UTC(1601, 0, 1);
const signal = (name: string) => `ns=1;s=machine-signals-${name}`;

async function read(nodeId: string): Promise<DataValue> {
  return session.read({ nodeId, attributeId: AttributeIds.Value });
}

async function namespaceIndex(uri: string): Promise<number> {
  return (await session.readNamespaceArray()).indexOf(uri);
}

/** The node at a path of browse names below Objects, `di:` and `m:` standing for the namespaces. */
async function nodeAt(path: string): Promise<string> {
  const di = await namespaceIndex("http://opcfoundation.org/UA/DI/");
  const m = await namespaceIndex("http://opcfoundation.org/UA/Machinery/");
  const absolute = path.replaceAll("di:", `${di}:`).replaceAll("m:", `${m}:`);
  const result = await session.translateBrowsePath(makeBrowsePath("ObjectsFolder", absolute));
  expect(result.statusCode).toBe(StatusCodes.Good);
  return result.targets![0]!.targetId.toString();
}

const MACHINE = "/m:Machines/1:NW-2026-0417";
const BLOCKS = `${MACHINE}/m:MachineryBuildingBlocks`;

describe("the Machinery model", () => {
  test.each([
    ["Manufacturer", "di:Manufacturer", "Nordwind"],
    ["Model", "di:Model", "SK 37"],
    ["SerialNumber", "di:SerialNumber", "NW-2026-0417"],
    ["ProductInstanceUri", "di:ProductInstanceUri", "urn:Nordwind:SK%2037:NW-2026-0417"],
    ["SoftwareRevision", "di:SoftwareRevision", "0.1.0"],
    ["Location", "m:Location", "Hall 3, Bremen"],
  ])("%s is at the machine and among its building blocks", async (_name, path, expected) => {
    const atMachine = await nodeAt(`${MACHINE}/di:Identification/${path}`);
    expect(await nodeAt(`${BLOCKS}/di:Identification/${path}`)).toBe(atMachine);
    const { value, statusCode } = await read(atMachine);
    expect(statusCode).toBe(StatusCodes.Good);
    expect(value.value.text ?? value.value).toBe(expected);
  });

  test("signals are found under Monitoring/Process", async () => {
    const path = `${BLOCKS}/m:Monitoring/m:Process/1:motorCurrent`;
    expect(await nodeAt(path)).toBe(signal("motorCurrent"));
  });

  test("every node id of the machine can be typed in any client", async () => {
    const seen = new Set<string>();
    const queue = ["ns=1;s=machine"];
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      const { references } = await session.browse(node);
      for (const { nodeId, isForward } of references ?? []) {
        if (isForward && nodeId.namespace === 1) queue.push(nodeId.toString());
      }
    }
    expect(seen.size).toBeGreaterThan(30);
    for (const nodeId of seen) expect(nodeId).toMatch(/^ns=1;s=machine[-A-Za-z0-9]*$/);
  });
});

describe("a signal", () => {
  test("carries value, status and the time of its sample", async () => {
    server.update({ motorCurrent: good(42.5, 120) });
    const { value, statusCode, sourceTimestamp } = await read(signal("motorCurrent"));
    expect(statusCode).toBe(StatusCodes.Good);
    expect(value).toMatchObject({ dataType: DataType.Double, value: 42.5 });
    expect(sourceTimestamp?.getTime()).toBe(clock.instantAt(clock.mono() - 120).utc);
  });

  test("carries its UNECE unit and its range", async () => {
    const units = await read(`${signal("dischargeTemperature")}-EngineeringUnits`);
    // 4408652 is the worked example of OPC 10000-8 §5.6.4.3: "CEL".
    expect(units.value.value).toMatchObject({
      namespaceUri: "http://www.opcfoundation.org/UA/units/un/cefact",
      unitId: 4_408_652,
      displayName: { text: "°C" },
      description: { text: "degree Celsius" },
    });
    const range = await read(`${signal("dischargeTemperature")}-EURange`);
    expect(range.value.value).toMatchObject({ low: -40, high: 160 });
  });

  test("without a declared range claims none", async () => {
    const { statusCode } = await read(`${signal("faultWord")}-EURange`);
    expect(statusCode).toBe(StatusCodes.BadNodeIdUnknown);
    const description = await session.read({
      nodeId: signal("faultWord"),
      attributeId: AttributeIds.Description,
    });
    expect(description.value.value.text).toBe("The faultWord");
  });

  test.each(REASONS.filter((reason): reason is Reason => reason !== "good"))(
    "that is %s has the status code of the table and no old number",
    async (reason) => {
      const uncertain = reason === "settling" || reason === "substituted";
      server.update({ motorCurrent: good(42) });
      server.update({
        motorCurrent: uncertain ? { value: 7, quality: "uncertain", reason, age: 0 } : bad(reason),
      });
      const { value, statusCode } = await read(signal("motorCurrent"));
      expect(statusCode).toBe(STATUS_OF_REASON[reason]);
      expect(statusCode.isGood()).toBe(false);
      expect(value.value ?? null).toBe(uncertain ? 7 : null);
    },
  );

  test("that was never sampled waits for its first value", async () => {
    server.update({ faultWord: bad("not-connected", null) });
    const { value, statusCode, sourceTimestamp } = await read(signal("faultWord"));
    expect(statusCode).toBe(StatusCodes.BadWaitingForInitialData);
    expect(value.value ?? null).toBeNull();
    // The first instant of OPC UA's calendar, which the wire writes as zero: no timestamp.
    expect(sourceTimestamp?.getTime() ?? NO_TIME).toBe(NO_TIME);
  });

  test("of a reason that this gateway does not know is still bad", async () => {
    server.update({ motorCurrent: bad("eaten-by-mice") });
    expect((await read(signal("motorCurrent"))).statusCode).toBe(StatusCodes.Bad);
  });

  test("of a name that the model does not have is passed over", () => {
    expect(() => server.update({ ghost: good(1) })).not.toThrow();
  });

  test("reaches a subscriber when it changes", async () => {
    server.update({ motorCurrent: good(1) });
    const subscription = ClientSubscription.create(session, {
      requestedPublishingInterval: 100,
      requestedLifetimeCount: 100,
      requestedMaxKeepAliveCount: 10,
      publishingEnabled: true,
      maxNotificationsPerPublish: 100,
      priority: 1,
    });
    const item = await subscription.monitor(
      { nodeId: signal("motorCurrent"), attributeId: AttributeIds.Value },
      { samplingInterval: 100, queueSize: 10, discardOldest: true },
      TimestampsToReturn.Both,
    );
    const seen: unknown[] = [];
    const changed = new Promise<void>((resolve) => {
      item.on("changed", ({ value, statusCode }: DataValue) => {
        seen.push(value.value ?? statusCode.name);
        if (seen.length === 1) server.update({ motorCurrent: good(2) });
        if (seen.length === 2) server.update({ motorCurrent: bad("stale") });
        if (seen.length === 3) resolve();
      });
    });
    await changed;
    await subscription.terminate();
    expect(seen).toEqual([1, 2, "BadNoCommunication"]);
  });
});

describe("usage", () => {
  const registers = {
    off: 1,
    standby: 20,
    idle: 300,
    working: 4_000,
    fault: 50_000,
    unknown: 600_000,
    starts: 7,
    loads: 8,
  };

  test.each([
    ["OFF", "NotAvailable"],
    ["STANDBY", "NotExecuting"],
    ["IDLE", "NotExecuting"],
    ["WORKING", "Executing"],
    ["FAULT", "OutOfService"],
    ["UNKNOWN", "NotAvailable"],
  ] as const)("state %s is the item state %s", async (state, itemState) => {
    server.updateState(meterState(state));
    const current = await read("ns=1;s=machine-MachineryItemState-CurrentState");
    expect(current.value.value.text).toBe(itemState);
    expect((await read("ns=1;s=machine-usage-State")).value.value).toBe(state);
  });

  test("the counters are milliseconds by their documented map", async () => {
    server.updateState(meterState("WORKING", registers));
    const counters = `${BLOCKS}/di:OperationCounters`;
    const durationAt = async (path: string) => (await read(await nodeAt(path))).value.value;
    expect(await durationAt(`${counters}/di:PowerOnDuration`)).toBe(54_320);
    expect(await durationAt(`${counters}/di:OperationDuration`)).toBe(4_000);
    expect(await durationAt(`${counters}/di:OperationCycleCounter`)).toBe(8);
    expect(await durationAt(`${MACHINE}/1:Usage/1:UnknownDuration`)).toBe(600_000);
    expect(await durationAt(`${MACHINE}/1:Usage/1:OffDuration`)).toBe(1);
    expect(await durationAt(`${MACHINE}/1:Usage/1:Starts`)).toBe(7);
  });

  test("a state report brings the current values, too", async () => {
    server.updateState(meterState("IDLE", {}, { motorCurrent: good(13) }));
    expect((await read(signal("motorCurrent"))).value.value).toBe(13);
  });
});

describe("when the meter falls silent", () => {
  test("no value is live and the counters say that nobody counts", async () => {
    server.updateState(meterState("WORKING", { working: 5_000 }, { motorCurrent: good(42) }));
    clock.advance(5_000);
    expect((await read(signal("motorCurrent"))).statusCode).toBe(StatusCodes.Good);

    clock.advance(1_000);
    const current = await read(signal("motorCurrent"));
    expect(current.statusCode).toBe(StatusCodes.BadNoCommunication);
    expect(current.value.value ?? null).toBeNull();
    const state = await read("ns=1;s=machine-usage-State");
    expect(state.statusCode).toBe(StatusCodes.BadNoCommunication);
    const item = await read("ns=1;s=machine-MachineryItemState-CurrentState");
    expect(item.value.value.text).toBe("NotAvailable");
    const working = await read("ns=1;s=machine-usage-WorkingDuration");
    expect(working.statusCode).toBe(StatusCodes.UncertainLastUsableValue);
    expect(working.value.value).toBe(5_000);

    server.updateState(meterState("WORKING", { working: 6_000 }, { motorCurrent: good(43) }));
    expect((await read(signal("motorCurrent"))).value.value).toBe(43);
    expect((await read("ns=1;s=machine-usage-WorkingDuration")).statusCode).toBe(StatusCodes.Good);
  });
});

describe("read-only", () => {
  test.each([
    ["a signal", signal("motorCurrent"), DataType.Double, 1],
    ["a counter", "ns=1;s=machine-OperationCounters-OperationDuration", DataType.Double, 0],
    ["the location", "ns=1;s=machine-Identification-Location", DataType.String, "elsewhere"],
    // Server_ServerDiagnostics_EnabledFlag, which the standard makes writable.
    ["the server's diagnostics", "i=2294", DataType.Boolean, true],
  ])("%s refuses to be written", async (_name, nodeId, dataType, value) => {
    const status = await session.write({
      nodeId,
      attributeId: AttributeIds.Value,
      value: { value: { dataType, value } },
    });
    expect([StatusCodes.BadNotWritable, StatusCodes.BadUserAccessDenied]).toContain(status);
  });

  test("no variable of the machine says that it can be written", async () => {
    const queue = ["ns=1;s=machine"];
    const seen = new Set<string>();
    for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      const nodeClass = await session.read({ nodeId: node, attributeId: AttributeIds.NodeClass });
      if (nodeClass.value.value === NodeClass.Variable) {
        const attributeId = AttributeIds.AccessLevel;
        const level = await session.read({ nodeId: node, attributeId });
        expect(level.value.value).toBe(1);
      }
      const { references } = await session.browse(node);
      for (const { nodeId, isForward } of references ?? []) {
        if (isForward && nodeId.namespace === 1) queue.push(nodeId.toString());
      }
    }
  });
});

describe("the listening socket", () => {
  test("is bound to the declared host alone", async (ctx) => {
    const other = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === "IPv4" && !address.internal);
    if (other === undefined) return ctx.skip("this computer has no address besides loopback");
    const port = Number(new URL(server.endpointUrl).port);
    const answer = await new Promise<string>((resolve) => {
      const socket = dial({ host: other.address, port });
      socket.once("connect", () => {
        socket.destroy();
        resolve("connected");
      });
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
    });
    expect(answer).toBe("ECONNREFUSED");
    return undefined;
  });
});
