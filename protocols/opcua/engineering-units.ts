// Units as OPC UA writes them: EUInformation with the UNECE code packed into a number (OPC 10000-8
// §5.6.4.3), so that a client can convert and not only print them.

import { makeEUInformation } from "node-opcua";
import { UNITS } from "../../runtime/signal/units.ts";

/** What OPC 10000-8 gives a unit that has no UNECE code. */
const UNIT_ID_UNKNOWN = -1;

/** A UCUM code that the table does not know is shown as it is, with the unit id for "unknown". */
export function engineeringUnitsOf(ucum: string) {
  const unit = UNITS[ucum];
  if (unit !== undefined) return makeEUInformation(unit.unece, unit.symbol, unit.name);
  const unknown = makeEUInformation("", ucum, ucum);
  unknown.unitId = UNIT_ID_UNKNOWN;
  return unknown;
}
