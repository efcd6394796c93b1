// What can go wrong between a request and its answer, in words for the person at the wire.

import { Fault } from "../../runtime/signal/fault.ts";

export function timeoutFault(place: string, timeoutMs: number): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${place} did not answer within ${timeoutMs} ms.`,
    "Is it switched on, are baud rate and wiring right, and does it know this request?",
  );
}

export function stuckFault(place: string): Fault {
  return new Fault(
    "BUS_TIMEOUT",
    `${place} cannot be asked: the line takes no bytes.`,
    "With `rtscts` the other side has to raise CTS; is it switched on and wired?",
  );
}

export function echoFault(place: string): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${place}: what was sent did not come back as it was.`,
    "Two speak at once, or this adapter has no echo: then set `echo: false`.",
  );
}

export function floodFault(place: string): Fault {
  return new Fault(
    "SOURCE_OVERRUN",
    `${place} cannot be asked: the line is never quiet.`,
    "Something speaks unasked on it: leave `request` out, or silence it.",
  );
}

export function abandonedFault(place: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} answers no requests any more; another connection is made.`,
    "Look at the device server and at the devices on its line that are asked.",
  );
}
