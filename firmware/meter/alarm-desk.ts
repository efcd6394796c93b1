// What people do about alarms: acknowledge, shelve, take from the shelf. An order is judged, put on
// record and only then followed; who may give one is decided by the connection it comes from.

import { ALARM_COMMANDS } from "../../protocols/stream/frames.ts";
import { Unanswerable } from "../../protocols/stream/source.ts";
import type { AlarmBook, AlarmVerdict } from "../../runtime/diagnosis/alarm-book.ts";
import {
  PERSON_LENGTH_MAX,
  REASON_LENGTH_MAX,
  SHELF_MS_MAX,
  SHELF_MS_MIN,
} from "../../runtime/diagnosis/alarm-state.ts";
import type { AlarmBody } from "../../runtime/journal/record.ts";
import type { Mono } from "../../runtime/signal/instant.ts";

/** Of a finding: a source of several signals, its fault and its part. */
const ID_LENGTH_MAX = 500;

type OrderKind = (typeof ALARM_COMMANDS)[number];

type Args = Readonly<Record<string, unknown>>;

export type AlarmOutcome =
  | {
      readonly result: "taken";
      /** It was so before; nothing was done this time. */
      readonly repeated: boolean;
      /** As it stands now; null where it stands no more. */
      readonly alarm: AlarmBody | null;
    }
  | {
      readonly result: "refused";
      readonly code: "unknown-alarm" | "not-standing" | "not-shelved";
      readonly message: string;
    };

/** One order, with what the record says of it. */
export interface AlarmOrder {
  readonly kind: OrderKind;
  readonly about: { readonly alarm: string; readonly by: string } & Args;
  /** Null where it can be followed. */
  readonly refusal: () => Extract<AlarmOutcome, { result: "refused" }> | null;
  readonly repeated: () => boolean;
  readonly act: (at: Mono) => void;
  readonly outcome: (repeated: boolean) => AlarmOutcome;
}

/** Null where the name is no command about an alarm. Throws an `Unanswerable` for bad arguments. */
export function alarmOrder(book: AlarmBook, name: string, args: Args): AlarmOrder | null {
  const kind = ALARM_COMMANDS.find((one) => one === name);
  if (kind === undefined) return null;
  const alarm = textOf(args, "alarm", ID_LENGTH_MAX);
  const by = textOf(args, "by", PERSON_LENGTH_MAX);
  const { details, verdict, act } = partsOf(kind, book, alarm, by, args);
  return {
    kind,
    about: { alarm, by, ...details },
    refusal: () => refusalOf(verdict(), alarm),
    repeated: () => verdict() === "repeated",
    act,
    outcome: (repeated) => {
      const standing = book.standing.find(({ id }) => id === alarm) ?? null;
      return { result: "taken", repeated, alarm: standing };
    },
  };
}

interface OrderParts {
  readonly details: Args;
  readonly verdict: () => AlarmVerdict;
  readonly act: (at: Mono) => void;
}

function partsOf(
  kind: OrderKind,
  book: AlarmBook,
  alarm: string,
  by: string,
  args: Args,
): OrderParts {
  if (kind === "alarm-acknowledge") {
    const comment = args["comment"] === undefined ? "" : textOf(args, "comment", REASON_LENGTH_MAX);
    return {
      details: comment === "" ? {} : { comment },
      verdict: () => book.mayAcknowledge(alarm),
      act: (at) => book.acknowledge(alarm, by, comment, at),
    };
  }
  if (kind === "alarm-shelve") {
    const because = textOf(args, "because", REASON_LENGTH_MAX);
    const forMs = shelfTime(args["forMs"]);
    return {
      details: { because, forMs },
      verdict: () => book.mayShelve(alarm),
      act: (at) => book.shelve(alarm, { by, because, forMs }, at),
    };
  }
  return {
    details: {},
    verdict: () => book.mayUnshelve(alarm),
    act: (at) => book.unshelve(alarm, at),
  };
}

function refusalOf(verdict: AlarmVerdict, alarm: string): ReturnType<AlarmOrder["refusal"]> {
  const refused = (code: "unknown-alarm" | "not-standing" | "not-shelved", message: string) =>
    ({ result: "refused", code, message }) as const;
  switch (verdict) {
    case "unknown-alarm":
      return refused(verdict, `there is no alarm "${alarm}" now`);
    case "not-standing":
      return refused(verdict, `${alarm} is normal: there is nothing to acknowledge`);
    case "not-shelved":
      return refused(verdict, `${alarm} is not shelved`);
    case "does":
    case "repeated":
      return null;
  }
}

function shelfTime(value: unknown): number {
  const isTime = Number.isSafeInteger(value);
  if (isTime && (value as number) >= SHELF_MS_MIN && (value as number) <= SHELF_MS_MAX) {
    return value as number;
  }
  const message = `"forMs" must be from ${SHELF_MS_MIN} (1 min) to ${SHELF_MS_MAX} (7 d)`;
  throw new Unanswerable("bad-arguments", message);
}

/** Who and why stand in one line of logs and pages. */
function textOf(args: Args, name: string, charactersMax: number): string {
  const value = args[name];
  const isText = typeof value === "string" && value.trim() !== "" && value.length <= charactersMax;
  if (isText && /^\P{Cc}*$/u.test(value)) return value.trim();
  const message = `"${name}" must be one line of text, at most ${charactersMax} characters`;
  throw new Unanswerable("bad-arguments", message);
}
