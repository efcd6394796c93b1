// Looks who is on a Modbus bus: asks each unit id for one register, and takes any answer, a refusal
// too, as a sign of life. Nothing is written.

import { Fault } from "../../runtime/signal/fault.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import type { Found, ScanContext } from "../driver.ts";
import { type Ask, ModbusException, type ModbusLine } from "./line.ts";
import { makeLine } from "./open-line.ts";
import { identificationTexts } from "./pdu.ts";
import type { BusSettings } from "./settings.ts";

const UNIT_MAX = 247;

/** A device at rest answers within tens of milliseconds; the time on the wire comes on top. */
const SCAN_TIMEOUT_MS = 200;
/** Where most devices are found, a slow one is waited for. */
const USUAL_UNITS_MAX = 10;
const USUAL_TIMEOUT_MS = 600;

/** Enough to tell a device that ignores the unit id from devices that stand in a row. */
const ALL_ALIKE = 8;

/** Tried where nobody answers: the rates and parities that devices leave their factory with. */
const BAUD_RATES = [9_600, 19_200, 38_400, 57_600, 115_200, 4_800] as const;
const PARITIES = ["none", "even"] as const;
const UNITS_AT_OTHER_RATES = 10;

const ONE_REGISTER: Ask = { kind: "read", table: "holding", address: 0, count: 1 };

export async function* scanBus(context: ScanContext<BusSettings>): AsyncIterable<Found> {
  const { settings } = context;
  let found = 0;
  for await (const each of scanUnits(context, settings, UNIT_MAX, "")) {
    found += 1;
    yield each;
  }
  const isSerial = settings.transport === "rtu" || settings.transport === "ascii";
  if (found > 0 || !isSerial) return;
  for (const baudRate of BAUD_RATES) {
    for (const parity of PARITIES) {
      if (context.stop.aborted) return;
      const isKnown = (settings.baudRate ?? 9_600) === baudRate;
      if (isKnown && (settings.parity ?? "none") === parity) continue;
      const other = { ...settings, baudRate, parity };
      const how = ` at ${baudRate} baud, parity ${parity}`;
      for await (const each of scanUnits(context, other, UNITS_AT_OTHER_RATES, how)) {
        found += 1;
        yield each;
      }
      // A bus has one rate.
      if (found > 0) return;
    }
  }
}

async function* scanUnits(
  { clock, timers, log, stop, progress }: ScanContext<BusSettings>,
  settings: BusSettings,
  unitMax: number,
  how: string,
): AsyncIterable<Found> {
  const line = makeLine({ name: "scan", settings, clock, timers, log });
  const end = () => void line.close();
  stop.addEventListener("abort", end, { once: true });
  try {
    let inRow = 0;
    for (let unitId = 1; unitId <= unitMax && !stop.aborted; unitId++) {
      progress(`unit ${unitId} of ${unitMax}${how}`);
      const found = await look(line, unitId, how, stop);
      if (found !== null) yield found;
      inRow = found === null ? 0 : inRow + 1;
      if (settings.transport === "tcp" && inRow === ALL_ALIKE && unitId === ALL_ALIKE) {
        const what = "the device seems to answer under every unit id; no others were tried";
        yield { where: "all units", what, settings: {} };
        return;
      }
    }
  } finally {
    stop.removeEventListener("abort", end);
    await line.close();
  }
}

/** Null where nobody answers; throws where the bus itself cannot be used. */
async function look(
  line: ModbusLine,
  unitId: number,
  how: string,
  stop: AbortSignal,
): Promise<Found | null> {
  const target = {
    unitId,
    timeoutMs: unitId <= USUAL_UNITS_MAX ? USUAL_TIMEOUT_MS : SCAN_TIMEOUT_MS,
    wire: silentWire,
  };
  const where = `unit ${unitId}${how}`;
  try {
    await line.request(target, ONE_REGISTER);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // Who has seen enough closes the line under the request.
    if (error.code === "BUS_TIMEOUT" || stop.aborted) return null;
    const isNoise = error.code === "BUS_CHECKSUM" || error.code === "BUS_WRONG_ANSWER";
    if (isNoise) return { where, what: `${error.message} ${error.remedy}`, settings: {} };
    if (!(error instanceof ModbusException)) throw error;
    // A gateway that reached nobody is not the device.
    if (error.isFromGateway) return null;
  }
  return { where, what: await nameOf(line, target), settings: { unitId } };
}

async function nameOf(line: ModbusLine, target: Parameters<ModbusLine["request"]>[0]) {
  try {
    const objects = await line.request(target, { kind: "identify" });
    const texts = identificationTexts(objects).filter((text) => text !== "");
    return texts.length === 0 ? UNNAMED : texts.join(" ");
  } catch (error) {
    // Most devices do not know the function; some say nothing to it at all.
    if (error instanceof Fault) return UNNAMED;
    throw error;
  }
}

const UNNAMED = "answers, and does not say who it is";
