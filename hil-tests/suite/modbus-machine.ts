// What the scenarios of every Modbus transport share: the machine file around one device, and the
// good path.

import type { MachineParts, ModbusPeer, Settings } from "../place.ts";
import type { Bench } from "../scenario.ts";
import { isGood } from "./expect.ts";

/** One device with these registers, asked ten times a second. */
export function modbusMachine(
  peer: ModbusPeer,
  registers: Readonly<Record<string, Settings>>,
): MachineParts {
  const signals = Object.entries(registers).map(
    ([name, register]) => [name, { device: "drive", register }] as const,
  );
  return {
    buses: { plant: peer.bus },
    devices: { drive: { bus: "plant", every: "100ms", ...peer.device } },
    signals: Object.fromEntries(signals),
  };
}

/** Registers of every table and width arrive as they stand in the device. */
export async function readsEveryKind(
  peer: ModbusPeer,
  start: Bench["start"],
  figure: Bench["figure"],
): Promise<void> {
  figure("peer", peer.software);
  await peer.set(10, 4_711);
  await peer.set(12, 0x0001);
  await peer.set(13, 0x86a0);
  await peer.setCoil(3, true);
  const instance = await start(
    modbusMachine(peer, {
      speed: { holding: 10 },
      hours: { holding: 12, type: "uint32" },
      pressure: { input: 10 },
      ready: { coil: 3 },
      open: { discrete: 4 },
    }),
  );
  await instance.untilValue("speed", isGood(4_711));
  await instance.untilValue("hours", isGood(100_000));
  await instance.untilValue("pressure", isGood(4_711));
  await instance.untilValue("ready", isGood(1));
  await instance.untilValue("open", isGood(0));
  await peer.set(10, 4_712);
  await instance.untilValue("speed", isGood(4_712));
}
