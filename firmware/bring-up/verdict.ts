// What the devices of a bus say together: one silent device is its own trouble, a bus on which all
// are silent has one of its own, and the usual causes differ.

import type { DeviceResult } from "./probe.ts";

/** At least this many devices, or their agreement is no evidence. */
const DEVICES_MIN = 2;

const ALL: Readonly<Record<string, string>> = {
  BUS_TIMEOUT:
    "no device on this bus answers: look at power, at A and B swapped, at the baud rate and " +
    "parity, and at the port that the bus names",
  BUS_CHECKSUM:
    "every answer on this bus is damaged: the baud rate or parity differs, A and B are swapped, " +
    "or the line has no termination",
  BUS_UNREACHABLE: "nothing answers at the address of this bus: look at the network and the power",
  BUS_BUSY: "another program has the line of this bus: is a meter running on it?",
};

const ONE: Readonly<Record<string, string>> = {
  BUS_TIMEOUT:
    "the other devices of this bus answer, so the line is good: look at the address (unit id) " +
    "and the power of this one",
  BUS_CHECKSUM:
    "the other devices of this bus answer well: look for a second device with the same address, " +
    "and at this one's stub of the line",
};

export interface Verdict {
  readonly bus: string;
  readonly device: string | null;
  readonly text: string;
}

export function verdictsOf(results: readonly DeviceResult[]): readonly Verdict[] {
  const buses = [...new Set(results.map(({ bus }) => bus))];
  return buses.flatMap((bus) =>
    verdictsOfBus(
      bus,
      results.filter((result) => result.bus === bus),
    ),
  );
}

function verdictsOfBus(bus: string, results: readonly DeviceResult[]): readonly Verdict[] {
  if (results.length < DEVICES_MIN) return [];
  const codes = new Set(results.map(({ fault }) => fault?.code ?? ""));
  const [only] = codes;
  if (codes.size === 1 && only !== undefined) {
    const text = ALL[only];
    return text === undefined ? [] : [{ bus, device: null, text }];
  }
  if (!codes.has("")) return [];
  return results.flatMap(({ device, fault }) => {
    const text = fault && ONE[fault.code];
    return text ? [{ bus, device, text }] : [];
  });
}
