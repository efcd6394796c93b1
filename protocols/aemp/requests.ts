// What a client of ISO/TS 15143-3 asks for: the paths of the standard, in whatever case, and the
// format that it accepts.

import type { Format } from "./documents.ts";
import { SERIES, type Series } from "./equipment.ts";

/** The standard's: a page has at most so many entries, and the first page is 1. */
export const PAGE_SIZE = 100;

export interface SeriesRequest {
  readonly kind: "series";
  readonly id: string;
  readonly series: Series;
  /** Milliseconds since 1970, both included; and as they were written, for the links. */
  readonly from: number;
  readonly to: number;
  readonly fromText: string;
  readonly toText: string;
  readonly page: number;
}

export type AempRequest =
  | { readonly kind: "fleet"; readonly page: number }
  | { readonly kind: "equipment"; readonly id: string }
  | {
      readonly kind: "equipment-by-type";
      readonly maker: string;
      readonly model: string;
      readonly serialNumber: string;
    }
  | SeriesRequest;

export interface Refusal {
  readonly status: 400 | 404;
  readonly message: string;
}

const PATHS =
  "/Fleet/{page}, /Fleet/Equipment/{id}, /Fleet/Equipment/MakeModelSerial/{make}/{model}/{serial}" +
  " and /Fleet/Equipment/{id}/{series}/{from}/{to}/{page}";

/** True for what belongs to this protocol, whoever asks and however it is spelt. */
export function isAempPath(url: string): boolean {
  return /^\/fleet(?:[/?]|$)/i.test(url);
}

export function readRequest(url: string): AempRequest | Refusal {
  const segments = segmentsOf(url);
  if (segments === null) return { status: 400, message: "The address is not well encoded." };
  const [, equipment, ...rest] = segments;
  if (equipment === undefined) return { kind: "fleet", page: 1 };
  if (equipment.toLowerCase() !== "equipment") {
    const page = rest.length === 0 ? pageOf(equipment) : null;
    return page === null ? nothingThere() : { kind: "fleet", page };
  }
  if (rest[0]?.toLowerCase() === "makemodelserial" && rest.length === 4) {
    const [, maker, model, serialNumber] = rest as [string, string, string, string];
    return { kind: "equipment-by-type", maker, model, serialNumber };
  }
  if (rest.length === 1) return { kind: "equipment", id: rest[0]! };
  return rest.length === 5 || rest.length === 4 ? seriesOf(rest) : nothingThere();
}

function seriesOf(segments: readonly string[]): SeriesRequest | Refusal {
  const [id, name, fromText, toText, pageText = "1"] = segments as [string, string, string, string];
  const series = SERIES.find((each) => each.toLowerCase() === name.toLowerCase());
  if (series === undefined) {
    const message = `There is no series of that name here; there are ${SERIES.join(", ")}.`;
    return { status: 404, message };
  }
  const [from, to, page] = [instantOf(fromText), instantOf(toText), pageOf(pageText)];
  if (from === null || to === null) {
    return { status: 400, message: "A date and time reads YYYY-MM-DDThh:mm:ssZ." };
  }
  if (from > to) return { status: 400, message: "The range ends before it begins." };
  if (page === null) return { status: 400, message: "Pages are numbered from 1." };
  return { kind: "series", id, series, from, to, fromText, toText, page };
}

function nothingThere(): Refusal {
  return { status: 404, message: `There is nothing at this address; there are ${PATHS}.` };
}

/** Null where an escape is none. */
function segmentsOf(url: string): readonly string[] | null {
  const path = url.split("?", 1)[0]!.replace(/\/$/, "");
  try {
    return path.split("/").slice(1).map(decodeURIComponent);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

function pageOf(text: string): number | null {
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i;

function instantOf(text: string): number | null {
  if (!DATE_TIME.test(text)) return null;
  const instant = Date.parse(text.toUpperCase());
  return Number.isNaN(instant) ? null : instant;
}

const FORMAT_OF: Readonly<Record<string, Format>> = {
  "application/xml": "xml",
  "text/xml": "xml",
  "application/json": "json",
  "application/*": "xml",
  "text/*": "xml",
  "*/*": "xml",
};

/** What an Accept header wants most of what there is; null: nothing that there is. */
export function formatOf(accept: string | undefined): Format | null {
  if (accept === undefined || accept.trim() === "") return "xml";
  let best: { readonly format: Format; readonly weight: number } | null = null;
  for (const part of accept.split(",")) {
    const [type = "", ...parameters] = part.split(";").map((text) => text.trim().toLowerCase());
    const format = FORMAT_OF[type];
    const quality = parameters.find((text) => text.startsWith("q="));
    const weight = quality === undefined ? 1 : Number(quality.slice(2));
    if (format !== undefined && weight > (best?.weight ?? 0)) best = { format, weight };
  }
  return best?.format ?? null;
}
