// Serial devices with protocols of their own: what they say is taken, what is spoilt is not, and an
// adapter that is pulled out is read again when it is back.

import { expect } from "vitest";
import { until } from "../instance.ts";
import type { Instance, MachineParts, SerialPeer, Settings } from "../place.ts";
import { scenario } from "../scenario.ts";
import { errorsOf, isBad } from "./expect.ts";

/** Longer than any frame, and than the buffers on the way. */
const FLOOD_BYTES = 4_000;

function serialMachine(
  line: SerialPeer,
  device: Settings,
  signals: Readonly<Record<string, Settings>>,
): MachineParts {
  const entries = Object.entries(signals).map(
    ([name, point]) => [name, { device: "scale", ...point }] as const,
  );
  return {
    buses: { weighing: line.bus },
    devices: { scale: { bus: "weighing", every: "200ms", ...line.device, ...device } },
    signals: Object.fromEntries(entries),
  };
}

const NMEA = { checksum: { kind: "nmea" }, silence: "1h" };
const SPEED = { speed: { field: 7 } };

/** A receiver's sentence about its speed, with the checksum that belongs to it. */
function sentence(speed: number): string {
  const text = `GPVTG,054.7,T,034.4,M,005.5,N,${speed.toFixed(1)},K`;
  const check = [...text].reduce((sum, letter) => sum ^ letter.charCodeAt(0), 0);
  return `$${text}*${check.toString(16).toUpperCase().padStart(2, "0")}\r\n`;
}

/** Says it until it is heard: what is said before the port is open is lost. */
function say(line: SerialPeer, instance: Instance, speed: number): Promise<true> {
  return until(async () => {
    await line.send(sentence(speed));
    const { value, quality } = (await instance.state()).values["speed"]!;
    return quality === "good" && value === speed;
  }, `the speed ${speed}`);
}

export const serialScenarios = [
  scenario(
    "a device that speaks unasked is heard, and a spoilt line is no value",
    { driver: "serial", requires: ["serialLine"] },
    async ({ serialLine, start }) => {
      const instance = await start(serialMachine(serialLine, NMEA, SPEED));
      await say(serialLine, instance, 10.2);
      await serialLine.send(sentence(99.9).replace("99.9", "11.1"));
      const { reason } = await instance.untilValue("speed", isBad);
      expect(reason).toBe("checksum");
      await say(serialLine, instance, 10.3);
      await instance.stop();
      const values = (await instance.records()).flatMap((record) =>
        record.kind === "sample" && record.quality === "good" ? [record.value] : [],
      );
      expect([...new Set(values)]).toEqual([10.2, 10.3]);
    },
  ),
  scenario(
    "a device that is asked answers, and its silence is a timeout",
    { driver: "serial", requires: ["serialLine"] },
    async ({ serialLine, start }) => {
      const device = { request: "R\r", timeout: "500ms" };
      const instance = await start(serialMachine(serialLine, device, { weight: { field: 1 } }));
      let asked = "";
      const untilAsked = () =>
        until(async () => {
          asked += await serialLine.received();
          return asked.includes("R\r");
        }, "the request");
      await untilAsked();
      // An answer can miss its request on a slow place; then the next one gets it.
      await until(async () => {
        asked = "";
        await untilAsked();
        await serialLine.send("ST,12.5\r\n");
        return (await instance.state()).values["weight"]?.value === 12.5;
      }, "the weight");
      const { reason } = await instance.untilValue("weight", isBad);
      expect(reason).toBe("timeout");
    },
  ),
  scenario(
    "a flood without a line end is no value, and the next whole line is one",
    { driver: "serial", requires: ["serialLine"] },
    async ({ serialLine, start }) => {
      const instance = await start(serialMachine(serialLine, NMEA, SPEED));
      await say(serialLine, instance, 4.5);
      for (let sent = 0; sent < FLOOD_BYTES; sent += 1_000) {
        await serialLine.send("x".repeat(1_000));
      }
      await serialLine.send("\r\n");
      await say(serialLine, instance, 5.5);
      const [device] = (await instance.state()).devices;
      expect(Object.keys(device!.errors)).not.toContain("DRIVER_DEFECT");
    },
  ),
  scenario(
    "an adapter that is pulled out and put back is read again without a restart",
    { driver: "serial", requires: ["serialLine", "serialPlug"] },
    async ({ serialLine, serialPlug, start, figure }) => {
      const instance = await start(serialMachine(serialLine, NMEA, SPEED));
      await say(serialLine, instance, 1.5);
      await serialPlug.unplug();
      await instance.untilValue("speed", isBad);
      expect(errorsOf(await instance.state(), "scale", "BUS_CLOSED")).toBeGreaterThan(0);
      await serialPlug.plug();
      const pluggedAt = performance.now();
      await say(serialLine, instance, 2.5);
      figure("good again after", `${Math.round(performance.now() - pluggedAt)} ms`);
    },
  ),
];
