import { expect, test } from "vitest";
import { HostClock } from "../../firmware/host/clock.ts";
import { hostTimers } from "../../firmware/host/timers.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import type { Found } from "../driver.ts";
import { rtu } from "./framing.ts";
import { modbusDriver } from "./modbus.ts";
import { exception, registers, registersPdu, serve, serveFrames } from "./test-rig.ts";

/** Scans until `enough`, then has seen enough. */
async function scan(settings: object, enough: (found: readonly Found[], text: string) => boolean) {
  const stop = new AbortController();
  const found: Found[] = [];
  const context = {
    settings: modbusDriver.bus.parse({ host: "127.0.0.1", ...settings }),
    clock: new HostClock({ boot: "test", synchronised: () => true }),
    timers: hostTimers,
    log: silentLog,
    stop: stop.signal,
    progress: (text: string) => {
      if (enough(found, text)) stop.abort();
    },
  };
  for await (const each of modbusDriver.scan!(context)) found.push(each);
  return found;
}

test("a scan finds who answers, refuses or says its name, and writes nothing", async () => {
  await using server = await serveFrames(rtu, (request) => {
    const { unitId, functionCode } = request;
    if (functionCode !== 3 && functionCode !== 0x2b) throw new Error(`function ${functionCode}`);
    if (functionCode === 0x2b && unitId === 2) {
      const objects = [0, 4, ...Buffer.from("ACME"), 1, 2, ...Buffer.from("P1")];
      request.send([0x2b, 0x0e, 1, 1, 0, 0, 2, ...objects]);
    } else if (functionCode === 0x2b || unitId === 4) request.send([functionCode | 0x80, 1]);
    else if (unitId === 2 || unitId === 3) request.send(registersPdu(request, () => 7));
  });
  const settings = { transport: "rtu-over-tcp", port: server.port, latenessMax: "0s" };
  const found = await scan(settings, (_, text) => text.startsWith("unit 6 "));
  expect(found).toEqual([
    { where: "unit 2", what: "ACME P1", settings: { unitId: 2 } },
    { where: "unit 3", what: expect.stringMatching(/^answers/), settings: { unitId: 3 } },
    { where: "unit 4", what: expect.stringMatching(/^answers/), settings: { unitId: 4 } },
  ]);
});

test("a device that ignores the unit id is told once, and the scan ends", async () => {
  await using server = await serve((request) => {
    const knows = request.functionCode === 3;
    request.socket.write(knows ? registers(request, () => 1) : exception(request, 1));
  });
  const found = await scan({ port: server.port }, (_, text) => text.startsWith("unit 20 "));
  expect(found.length).toBe(9);
  expect(found.at(-1)).toMatchObject({ where: "all units", settings: {} });
});

test("a bus that cannot be reached ends the scan with its fault", async () => {
  const gone = await serve(() => {});
  await gone[Symbol.asyncDispose]();
  const attempt = scan({ port: gone.port, connectTimeout: "500ms" }, () => false);
  await expect(attempt).rejects.toMatchObject({ code: "BUS_UNREACHABLE" });
});
