// CAN with J1939: what an engine says becomes values, what it marks as none does not, and an engine
// that falls silent is not shown as live.

import { expect } from "vitest";
import type { CanBus, MachineParts } from "../place.ts";
import { scenario } from "../scenario.ts";
import { isBad, isGood } from "./expect.ts";

/** Speed of the engine at 1,000 per minute, priority 3, from source address 0. */
const SPEED_ID = 0x0cf0_0400;
const SPEED = [0xff, 0xff, 0xff, 0x40, 0x1f, 0xff, 0xff, 0xff];
const SPEED_ERROR = [0xff, 0xff, 0xff, 0x00, 0xfe, 0xff, 0xff, 0xff];
const HOURS_ID = 0x18fe_e500;
/** 12,345.6 h in steps of 0.05 h. */
const HOURS = [0x80, 0xc4, 0x03, 0x00, 0xff, 0xff, 0xff, 0xff];
const OTHERS_SPEED_ID = 0x0cf0_0401;
/** The announcement of 14 bytes of active trouble codes, and the two frames that carry them. */
const ANNOUNCE_ID = 0x1cec_ff00;
const DATA_ID = 0x1ceb_ff00;
const ANNOUNCEMENT = [32, 14, 0, 2, 0xff, 0xca, 0xfe, 0x00];
const CODES = [
  [1, 0x10, 0xff, 100, 0x00, 0x01, 0x05, 110],
  [2, 0x00, 0x00, 0x01, 159, 0x00, 0x03, 0x01],
];

function engine({ bus, device }: CanBus): MachineParts {
  return {
    buses: { engineBus: bus },
    devices: { engine: { bus: "engineBus", sourceAddress: 0, timeout: "3s", ...device } },
    signals: {
      speed: { device: "engine", spn: 190, unit: "/min" },
      hours: { device: "engine", spn: 247, unit: "h" },
      codes: { device: "engine", troubleCodes: "count", unit: "1" },
      oilPressureLow: { device: "engine", troubleCode: { spn: 100, fmi: 1 }, unit: "1" },
      stopLamp: { device: "engine", lamp: "red-stop", unit: "1" },
    },
  };
}

async function send(bus: CanBus, id: number, bytes: readonly number[]): Promise<void> {
  await bus.send(id, Uint8Array.from(bytes));
}

export const canScenarios = [
  scenario(
    "what an engine says becomes values, and what it marks as an error does not",
    { driver: "can", requires: ["canBus"] },
    async ({ canBus, start }) => {
      const instance = await start(engine(canBus));
      // Until the meter listens nobody hears: an engine says it again and again.
      await repeat(
        () => send(canBus, SPEED_ID, SPEED),
        instance.untilValue("speed", isGood(1_000)),
      );
      await send(canBus, OTHERS_SPEED_ID, [0xff, 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff]);
      await send(canBus, HOURS_ID, HOURS);
      await instance.untilValue("hours", isGood(12_345.6));
      expect((await instance.state()).values["speed"]?.value).not.toBe(0);
      await send(canBus, SPEED_ID, SPEED_ERROR);
      const { reason } = await instance.untilValue("speed", isBad);
      expect(reason).toBe("sensor-fault");
    },
  ),
  scenario(
    "trouble codes come in several frames",
    { driver: "can", requires: ["canBus"] },
    async ({ canBus, start }) => {
      const instance = await start(engine(canBus));
      const report = async () => {
        await send(canBus, ANNOUNCE_ID, ANNOUNCEMENT);
        for (const part of CODES) await send(canBus, DATA_ID, part);
      };
      await repeat(report, instance.untilValue("codes", isGood(3)));
      await instance.untilValue("oilPressureLow", isGood(1));
      await instance.untilValue("stopLamp", isGood(1));
    },
  ),
  scenario(
    "an engine that falls silent is lost, and heard again",
    { driver: "can", requires: ["canBus"] },
    async ({ canBus, start }) => {
      const instance = await start(engine(canBus));
      const speak = () => send(canBus, SPEED_ID, SPEED);
      await repeat(speak, instance.untilValue("speed", isGood(1_000)));
      await instance.untilValue("speed", isBad);
      await repeat(speak, instance.untilValue("speed", isGood(1_000)));
    },
  ),
];

/** Does it again and again until what is waited for has come or failed. */
async function repeat(act: () => Promise<void>, waited: Promise<unknown>): Promise<void> {
  let isOver = false;
  const watched = waited.finally(() => {
    isOver = true;
  });
  const acting = (async () => {
    while (!isOver) await act();
  })();
  await Promise.all([watched, acting]);
}
