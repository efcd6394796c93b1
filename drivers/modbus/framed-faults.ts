// What to say of a request on a line without transaction ids that brought no answer: each sentence
// names bus and unit, and its remedy what to look at first.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Outcome } from "./exchange.ts";
import type { Target } from "./line.ts";
import type { UnitHistory } from "./unit-history.ts";

type Verdict = Outcome["verdict"];

/** `unit` begins the message: `Bus plant (/dev/ttyUSB0), unit 3`. */
export function failureOf(
  unit: string,
  { unitId, timeoutMs }: Target,
  verdict: Verdict,
  receivedBytes: number,
  history: UnitHistory,
): Fault {
  switch (verdict.kind) {
    case "echo":
      return new Fault(
        "BUS_WRONG_ANSWER",
        `${unit}: the adapter sends our own request back.`,
        "Set `echo: true` on the bus, or switch the adapter's echo off.",
      );
    case "no-echo":
      return new Fault(
        "BUS_WRONG_ANSWER",
        `${unit}: the bus has \`echo: true\`, and what came does not begin with the request.`,
        "Remove `echo: true` where the adapter does not echo; else look for noise.",
      );
    case "other-unit":
      return new Fault(
        "BUS_WRONG_ANSWER",
        `${unit} was asked, and unit ${verdict.unitId} answered.`,
        "Are unit ids unique on this line, and is there only one master?",
      );
    case "other-answer":
      return new Fault(
        "BUS_WRONG_ANSWER",
        `${unit} sent a whole frame that does not answer the request.`,
        "Is there a second master on the line, or a second device with this unit id?",
      );
    case "damaged":
    case "garbled":
      return new Fault(
        "BUS_CHECKSUM",
        `${unit} sent ${receivedBytes} bytes that fail their check.`,
        history.remedyForNoise(unitId),
      );
    default: {
      const what = receivedBytes === 0 ? "" : ` in full: ${receivedBytes} bytes came`;
      return new Fault(
        "BUS_TIMEOUT",
        `${unit} did not answer within ${timeoutMs} ms${what}.`,
        history.remedyForSilence(unitId),
      );
    }
  }
}

/** `what` is the rest of a sentence. */
export function lateFault(unit: string, what: string): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${unit}: ${what}.`,
    "Set latenessMax to the longest delay there is, or timeout to more than it.",
  );
}

export function lostFault(place: string, why: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `${place} was lost: ${why}.`,
    "Is the adapter plugged in, or the device server on? It is opened again by itself.",
  );
}
