// Says of an exception what a person needs to know: which register, under the number that the
// device's manual may print, and what is usually wrong.

import { Fault } from "../../runtime/signal/fault.ts";
import type { ModbusException } from "./line.ts";
import type { RegisterPlace, Table } from "./register.ts";

/** How manuals number the first register of each table. */
const FIRST_NUMBER: Readonly<Record<Table, number>> = {
  coil: 1,
  discrete: 10_001,
  input: 30_001,
  holding: 40_001,
};

/** Manuals write five digits, and six where five do not reach. */
const FIVE_DIGITS_MAX = 9_998;

/** `40011` of holding register 10, `400011` where the list has six digits. */
function manualNumber({ table, address }: Pick<RegisterPlace, "table" | "address">): string {
  const first = FIRST_NUMBER[table];
  const leading = first - 1;
  const number = address <= FIVE_DIGITS_MAX ? first + address : leading * 10 + 1 + address;
  return String(number).padStart(5, "0");
}

const TWIN: Readonly<Record<Table, Table>> = {
  coil: "discrete",
  discrete: "coil",
  input: "holding",
  holding: "input",
};

export function refusalOf(device: string, place: RegisterPlace, exception: ModbusException): Fault {
  const { table, address } = place;
  const code = exception.exceptionCode;
  const where = `${table} ${address} (${manualNumber(place)} in many manuals)`;
  return new Fault(
    "BUS_EXCEPTION",
    code === 2 || code === 3
      ? `Exception ${code}: device ${device} has no ${where}.`
      : `Device ${device} answers the read of ${where} with exception ${code}.`,
    remedyFor(place, code) ?? exception.remedy,
    { cause: exception },
  );
}

function remedyFor({ table, address }: RegisterPlace, code: number): string | null {
  if (code === 1) return `The device does not read this table: try \`${TWIN[table]}: ${address}\`.`;
  if (code !== 2 && code !== 3) return null;
  const before = address > 0 ? `\`${table}: ${address - 1}\`` : "the number without its offset";
  return (
    `Is its list counted from 1? Then try ${before}; ` +
    `else it may be \`${TWIN[table]}: ${address}\`, or this model lacks it.`
  );
}
