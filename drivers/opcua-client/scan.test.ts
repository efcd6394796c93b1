// What a scan tells a person of a server: its endpoints first, then its variables.

import { expect, test } from "vitest";
import { silentLog } from "../../runtime/signal/log.ts";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import type { Found } from "../driver.ts";
import { codeOf } from "../shared/test-rig.ts";
import { opcuaClientDriver } from "./opcua-client.ts";
import { nodeOf, openBus, platform, serve } from "./test-rig.ts";

async function scan(settings: unknown, stop = new AbortController().signal): Promise<Found[]> {
  const found: Found[] = [];
  const context = {
    settings: opcuaClientDriver.bus.parse(settings),
    ...platform,
    log: silentLog,
    stop,
    progress() {},
  };
  for await (const one of opcuaClientDriver.scan!(context)) found.push(one);
  return found;
}

test("a scan lists what is offered and what can be read, under names that last", async () => {
  using scratch = scratchDirectory();
  const plant = await serve({
    pki: scratch.at("plant"),
    manyNumbers: 60,
    library: { serverCapabilities: { operationLimits: { maxNodesPerRead: 20 } } },
  });
  const { endpoint } = plant;
  const found = await scan({ endpoint, security: { mode: "none" } });
  expect(found[0]!.what).toContain("security none None; users: Anonymous");
  expect(found[0]!.settings).toEqual({ endpoint, security: { mode: "none" } });
  const load = found.find(({ where }) => where === "Spindle/Load")!;
  expect(load).toEqual({
    where: "Spindle/Load",
    what: "Double = 12.5 A",
    settings: { node: nodeOf("Load") },
  });
  expect(found.find(({ where }) => where === "Spindle/Wide")!.what).toBe("Int64 = -2");
  // One array and one locked beside the ten kinds.
  expect(found.filter(({ where }) => where.startsWith("Spindle/"))).toHaveLength(12 + 60);
  expect(new Set(found.map(({ where }) => where)).size).toBe(found.length);

  const { device, sink, close } = openBus({ endpoint }, [load.settings]);
  await device.read!();
  expect(sink.values()).toEqual([12.5]);
  await close();
  const stopped = await scan({ endpoint, security: { mode: "none" } }, AbortSignal.abort());
  expect(stopped).toHaveLength(1);
  await plant.close();
});

test("a secured server tells its endpoints to who may not come in yet", async () => {
  using scratch = scratchDirectory();
  const plant = await serve({ pki: scratch.at("plant"), secured: true });
  const settings = { endpoint: plant.endpoint, security: { mode: "none" } };
  const found: Found[] = [];
  const context = {
    settings: opcuaClientDriver.bus.parse(settings),
    ...platform,
    log: silentLog,
    stop: new AbortController().signal,
    progress() {},
  };
  const walk = async () => {
    for await (const one of opcuaClientDriver.scan!(context)) found.push(one);
  };
  expect(await codeOf(walk())).toBe("BUS_FORBIDDEN");
  expect(found).toHaveLength(1);
  expect(found[0]!.what).toContain(
    "signAndEncrypt Basic256Sha256; users: UserName, Certificate, Anonymous",
  );
  expect(found[0]!.settings["security"]).toMatchObject({
    mode: "signAndEncrypt",
    policy: "Basic256Sha256",
    serverFingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  await plant.close();
});
