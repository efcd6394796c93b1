// OCMF records (Open Charge Metering Format 1.3): a period of the hours in the form in which
// charging stations sign theirs, `OCMF|payload|signature`, for programs that read that and no
// statement. The payload's bytes are what is signed; they are made once and never written again.

import type { RegisterName } from "../usage/usage-state.ts";
import { fromBase64, fromHex, toHex, utf8 } from "./bytes.ts";
import { rawToDer } from "./der.ts";
import type { Signer } from "./keys.ts";
import type { Leaf } from "./leaf.ts";

/** A record with a hundred readings has less; what is longer is not looked at. */
const OCMF_BYTES_MAX = 64 * 1024;
/** Time that is added up, as devices in the field name it. */
const DURATION_REGISTER = "01-00:00.08.06*FF";
const DEFAULT_ALGORITHM = "ECDSA-secp256r1-SHA256";

/** A leaf whose instant the wall clock knew. */
export type DatedLeaf = Leaf & { readonly utc: number };

export interface OcmfPeriod {
  readonly opening: DatedLeaf;
  readonly closing: DatedLeaf;
  /** Between the two something may be missing from the registers. */
  readonly hasGap: boolean;
  /** What is read: their sum. */
  readonly registers: readonly RegisterName[];
  /** Running time that the machine's own register proved and the contract admits. */
  readonly substitutedMs: number;
  readonly machine: string;
  readonly origin: string;
  /** Seconds that local time was ahead of UTC at an instant. */
  offsetSeconds(utc: number): number;
}

/**
 * The payload of a period: its registers in seconds at its begin and its end, each to the
 * millisecond, so that their difference is what was counted and not a rounding of it.
 */
function ocmfPayload(period: OcmfPeriod): string {
  const { opening, closing, hasGap, substitutedMs } = period;
  const isUnsure = hasGap || closing.regs.unknown > opening.regs.unknown;
  // A relative time is about the whole: where the begin is not synchronised, neither is the end.
  const endStatus = opening.tq === "R" ? "R" : closing.tq;
  const readings = [
    reading(period, opening, { status: opening.tq, transaction: "B", errors: "", state: "G" }, 0),
    reading(
      period,
      closing,
      {
        status: endStatus,
        transaction: "E",
        errors: isUnsure ? "t" : "",
        state: substitutedMs > 0 ? "S" : "G",
      },
      substitutedMs,
    ),
  ];
  return objectText([
    ["FV", text("1.3")],
    ["GI", text("Telltale hour meter")],
    ["GS", text(closing.dev)],
    ["GV", text(closing.sw.slice(0, 16))],
    // Grows from record to record of one meter; the same period has the same number again.
    ["PG", text(`T${closing.seq}`)],
    ["MV", text("Telltale")],
    ["MM", text("hour meter")],
    ["MS", text(closing.dev)],
    ["MF", text(closing.sw)],
    ["IS", "false"],
    ["IL", text("NONE")],
    ["IF", "[]"],
    ["IT", text("NONE")],
    ["ID", text("")],
    // Names that begin with U to Z are for vendors: where it stands in the ledger, and of what.
    ["UM", text(period.machine)],
    ["UO", text(period.origin)],
    ["UL", text(closing.lease?.id ?? "")],
    ["UR", text(period.registers.join("+"))],
    ["UB", text(String(opening.seq))],
    ["UE", text(String(closing.seq))],
    ["RD", `[${readings.join(",")}]`],
  ]);
}

interface ReadingWords {
  readonly status: string;
  readonly transaction: "B" | "E";
  readonly errors: string;
  readonly state: "G" | "S";
}

function reading(
  { registers, offsetSeconds }: OcmfPeriod,
  { regs, utc }: DatedLeaf,
  { status, transaction, errors, state }: ReadingWords,
  addedMs: number,
): string {
  const milliseconds = registers.reduce((sum, name) => sum + BigInt(regs[name]), BigInt(addedMs));
  return objectText([
    ["TM", text(`${localTime(utc, offsetSeconds(utc))} ${status}`)],
    ["TX", text(transaction)],
    ["EF", text(errors)],
    ["ST", text(state)],
    ["RV", `${milliseconds / 1_000n}.${String(milliseconds % 1_000n).padStart(3, "0")}`],
    ["RI", text(DURATION_REGISTER)],
    ["RU", text("sec")],
  ]);
}

/** `2026-11-23T08:00:00,000+0100`. */
function localTime(utc: number, offsetSeconds: number): string {
  // Four digits of hours and minutes are all that the format has.
  const minutes = Math.trunc(offsetSeconds / 60);
  const local = new Date(utc + minutes * 60_000).toISOString().slice(0, 23).replace(".", ",");
  const size = Math.abs(minutes);
  const digits = `${Math.floor(size / 60)}`.padStart(2, "0") + `${size % 60}`.padStart(2, "0");
  return `${local}${minutes < 0 ? "-" : "+"}${digits}`;
}

/** Members in their order, with values that are JSON already: no number is formatted twice. */
function objectText(members: readonly (readonly [string, string])[]): string {
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function text(value: string): string {
  return JSON.stringify(value);
}

/** Signs a payload with the meter's P-256 key. */
function ocmfRecord(payload: string, signer: Signer): string {
  if (signer.algorithm !== "p256") throw new TypeError("OCMF is signed with a P-256 key");
  const words = {
    SA: DEFAULT_ALGORITHM,
    SE: "hex",
    SM: "application/x-der",
    SD: toHex(rawToDer(signer.sign(utf8(payload)))).toUpperCase(),
  };
  return `OCMF|${payload}|${JSON.stringify(words)}`;
}

/** The record of a period, signed. */
export function ocmfOf(period: OcmfPeriod, signer: Signer): string {
  return ocmfRecord(ocmfPayload(period), signer);
}

export interface OcmfRecord {
  /** The text between the bars, as it came: its UTF-8 bytes are signed. */
  readonly payload: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** Such as `ECDSA-secp256r1-SHA256`. */
  readonly algorithm: string;
  readonly signature: Uint8Array;
}

/** The record of a text, or one sentence that says what is wrong with it. */
export function parseOcmf(given: string): OcmfRecord | string {
  if (given.length > OCMF_BYTES_MAX) return `it has more than ${OCMF_BYTES_MAX} bytes`;
  const text = given.trim();
  // A bar may stand in a text of the payload, and never in a signature.
  const bar = text.lastIndexOf("|");
  if (!text.startsWith("OCMF|") || bar <= "OCMF|".length) return "it is not OCMF|payload|signature";
  const payload = text.slice("OCMF|".length, bar);
  const fields = objectOf(payload);
  if (fields === null) return "its payload is no JSON object";
  const words = objectOf(text.slice(bar + 1));
  if (words === null) return "its signature is no JSON object";
  const { SA: algorithm = DEFAULT_ALGORITHM, SE: encoding = "hex", SD: data } = words;
  if (typeof algorithm !== "string" || typeof data !== "string") {
    return "its signature has no algorithm or no data";
  }
  if (encoding !== "hex" && encoding !== "base64") return "its signature is neither hex nor base64";
  const signature = encoding === "hex" ? fromHex(data) : fromBase64(data);
  if (signature === null) return `its signature is not ${encoding}`;
  return { payload, fields, algorithm, signature };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : null;
  } catch {
    // Whatever is no JSON has one answer, and the caller says where it stood.
    return null;
  }
}
