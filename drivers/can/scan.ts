// Listens on a bus for a person who sets one up: who speaks, how often, and what of it is known.
// Nothing is sent.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Mono } from "../../runtime/signal/instant.ts";
import type { Found, ScanContext } from "../driver.ts";
import type { Libc } from "../shared/libc.ts";
import { CanSocket, type Received } from "./can-socket.ts";
import type { DataFrame, ErrorFrame } from "./frame.ts";
import { GROUP, parseIdentifier } from "./identifier.ts";
import { PARAMETERS, readParameter } from "./parameters.ts";
import type { BusSettings } from "./settings.ts";
import { decodeTroubleReport, LAMPS } from "./trouble-codes.ts";

/** Some groups come every ten seconds; most every second or faster. */
const LISTEN_MS = 12_000;
const PROGRESS_EVERY_MS = 1_000;
/** Far more than the groups of a machine: a bus with more is flooded. */
const GROUPS_MAX = 2_000;

interface Heard {
  count: number;
  data: Uint8Array;
}

export async function* scanBus(
  { settings, clock, stop, progress }: ScanContext<BusSettings>,
  load: () => Promise<Libc>,
): AsyncIterable<Found> {
  const place = `Interface ${settings.interface}`;
  const ear = new Ear();
  const socket = CanSocket.open(await load(), settings.interface, place, null);
  const beganAt = clock.mono();
  let toldAt = beganAt;
  try {
    while (clock.mono() - beganAt < LISTEN_MS && !stop.aborted) {
      await socket.receive(clock, ear);
      if (clock.mono() - toldAt < PROGRESS_EVERY_MS) continue;
      toldAt = clock.mono();
      progress(`${ear.bySource.size} source addresses, ${ear.frames} frames`);
    }
  } finally {
    await socket.close();
  }
  if (ear.frames === 0) throw silenceFault(place, ear.hasErrors);
  const seconds = Math.max(clock.mono() - beganAt, 1) / 1_000;
  const sources = [...ear.bySource].sort(([one], [other]) => one - other);
  for (const [source, groups] of sources) yield* foundOf(source, groups, seconds);
}

class Ear implements Received {
  readonly bySource = new Map<number, Map<number, Heard>>();
  frames = 0;
  hasErrors = false;
  #groups = 0;

  frame({ identifier, data }: DataFrame, _at: Mono): void {
    const { source, group } = parseIdentifier(identifier);
    this.frames += 1;
    const groups = this.bySource.get(source) ?? new Map<number, Heard>();
    this.bySource.set(source, groups);
    const heard = groups.get(group);
    if (heard !== undefined) {
      heard.count += 1;
      heard.data = Uint8Array.from(data);
    } else if (this.#groups < GROUPS_MAX) {
      this.#groups += 1;
      groups.set(group, { count: 1, data: Uint8Array.from(data) });
    }
  }

  error(_frame: ErrorFrame): void {
    this.hasErrors = true;
  }

  dropped(): void {
    // A scan needs some frames of each kind, not all.
  }
}

function* foundOf(
  source: number,
  groups: ReadonlyMap<number, Heard>,
  seconds: number,
): Iterable<Found> {
  const where = `source address ${source}`;
  const rates = [...groups]
    .sort(([one], [other]) => one - other)
    .map(([group, { count }]) => `${group} ${(count / seconds).toFixed(1)}/s`);
  yield { where, what: `groups ${rates.join(", ")}`, settings: { sourceAddress: source } };
  for (const parameter of PARAMETERS.values()) {
    const heard = groups.get(parameter.group);
    if (heard === undefined) continue;
    const value = readParameter(heard.data, parameter);
    // A group has places for more than its sender knows.
    if (typeof value !== "number") continue;
    const { number, name, unit, isUnverified } = parameter;
    const doubt = isUnverified ? " (unverified)" : "";
    const what = `${name} = ${value} ${unit}${doubt}`;
    yield { where: `${where}, SPN ${number}`, what, settings: { spn: number } };
  }
  const report = decodeTroubleReport(
    groups.get(GROUP.activeTroubleCodes)?.data ?? new Uint8Array(),
  );
  if (report === null) return;
  const lit = LAMPS.filter((lamp) => report.lamps[lamp] === 1);
  const codes = report.codes.map(
    ({ parameter, failureMode }) => `SPN ${parameter} FMI ${failureMode}`,
  );
  const what = `trouble codes: ${codes.join(", ") || "none"}; lamps: ${lit.join(", ") || "none"}`;
  yield { where: `${where}, DM1`, what, settings: { troubleCodes: "count" } };
}

function silenceFault(place: string, hasErrors: boolean): Fault {
  return hasErrors
    ? new Fault(
        "BUS_WRONG_ANSWER",
        `${place} hears errors and no frame.`,
        "The bit rate is wrong (most have 250000, newer ones 500000), or H and L are swapped.",
      )
    : new Fault(
        "BUS_TIMEOUT",
        `${place} hears nothing.`,
        "Is the ignition on? Is the cable at the right pins, with 120 ohm at both ends?",
      );
}
