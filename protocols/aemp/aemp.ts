// ISO/TS 15143-3 (AEMP 2.0) over HTTP: one machine as a fleet of one, its hours now and as a series
// of dated readings. Read only, as XML or JSON. A reading is one that the meter made; none is
// interpolated.

import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { documentText, errorText, type Format, MEDIA_TYPES, VERSION } from "./documents.ts";
import {
  type AempIdentity,
  type AempReading,
  dateTime,
  equipmentOf,
  headerOf,
  isIdentifier,
  pointOf,
  type Tree,
} from "./equipment.ts";
import {
  type AempRequest,
  formatOf,
  PAGE_SIZE,
  type Refusal,
  readRequest,
  type SeriesRequest,
} from "./requests.ts";

/** Where the readings come from: the gateway's, or a command's, connection to a meter. */
export interface AempSource {
  /** Null while no meter has said who it is. */
  identity(): AempIdentity | null;
  /** The newest; null while there is none, or none that a clock dated. */
  newest(): AempReading | null;
  /**
   * Readings whose dates lie in a range, in the order in which they were made, from a position in
   * that range on. Rejects while the meter cannot be asked.
   */
  series(range: SeriesRange): Promise<SeriesPage>;
}

export interface SeriesRange {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly limit: number;
}

export interface SeriesPage {
  /** Of the whole range. */
  readonly total: number;
  readonly readings: readonly AempReading[];
}

export interface AempOptions {
  readonly source: AempSource;
  /** Milliseconds since 1970; null where no clock can be believed. */
  readonly utc: () => number | null;
  /** Whether a Host header is one of ours: a page of another site must not be able to ask. */
  readonly isOurHost: (header: string | undefined) => boolean;
  readonly timers: Timers;
  readonly log: Log;
}

/** A client is told before the server gives its silent connection up, which is after 10 s. */
export const SERIES_MS_MAX = 8_000;

/**
 * Series that are looked up at a time; the meter answers 16 requests of one connection at a time,
 * and the page and the stream need theirs.
 */
export const SERIES_AT_ONCE_MAX = 4;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Handles the requests of `isAempPath`. */
export function createAemp(options: AempOptions): RequestListener {
  const { log, timers, isOurHost } = options;
  let seriesAtOnce = 0;

  async function answer(request: IncomingMessage): Promise<Answer> {
    const { method, headers, url = "/" } = request;
    if (!isOurHost(headers.host)) {
      return plain(421, "This controller does not answer to that host name.");
    }
    if (method !== "GET" && method !== "HEAD") {
      return { ...plain(405, "Only GET and HEAD are answered here."), headers: ALLOW };
    }
    const format = formatOf(headers.accept);
    if (format === null) return plain(406, "There are application/xml and application/json.");
    const asked = readRequest(url);
    if ("status" in asked) return refusal(asked, format);
    const base = `http://${headers.host}`;
    if (asked.kind !== "series") {
      return documentOf(await aempDocument(asked, options, base), format);
    }
    if (seriesAtOnce >= SERIES_AT_ONCE_MAX) {
      return busy(429, "Too many series are being looked up; ask again in a second.", format);
    }
    seriesAtOnce++;
    // The place is free when the question is over, which may be after its asker was answered.
    const work = aempDocument(asked, options, base).finally(() => seriesAtOnce--);
    return withinDeadline(
      work.then(
        (made) => documentOf(made, format),
        (error: unknown) => {
          log.debug("a series could not be looked up", { reason: reasonOf(error) });
          return noAnswer(format);
        },
      ),
      format,
    );
  }

  function withinDeadline(answered: Promise<Answer>, format: Format): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const deadline = timers.after(SERIES_MS_MAX, () => resolve(noAnswer(format)));
      answered.then(resolve, reject).finally(() => deadline.cancel());
    });
  }

  function documentOf(made: AempDocument | Refusal | null, format: Format): Answer {
    if (made === null) return busy(503, "No meter has spoken yet; ask again.", format);
    if ("status" in made) return refusal(made, format);
    const body = documentText(made.root, made.tree, format);
    return { status: 200, type: MEDIA_TYPES[format], body };
  }

  return (request, response) => {
    answer(request).then(
      (result) => send(request, response, result),
      (error: unknown) => {
        log.error("AEMP could not answer", { path: request.url, reason: reasonOf(error) });
        send(request, response, plain(500, "The controller could not answer; its log says why."));
      },
    );
  };
}

const ALLOW = { allow: "GET, HEAD" };

export interface AempDocument {
  readonly root: string;
  readonly tree: Tree;
}

/**
 * What is asked for, as a document; null while no meter has said who it is.
 * @param base goes before each link, such as `http://127.0.0.1:8420`.
 */
export async function aempDocument(
  asked: AempRequest,
  { source, utc }: Pick<AempOptions, "source" | "utc">,
  base: string,
): Promise<AempDocument | Refusal | null> {
  const identity = source.identity();
  if (identity === null) return null;
  if (asked.kind === "fleet") {
    if (asked.page !== 1) return { status: 404, message: "There is one page, for one machine." };
    const now = utc();
    return {
      root: "Fleet",
      tree: {
        "@version": VERSION,
        ...(now !== null && { "@snapshotTime": dateTime(now) }),
        Links: linksOf(1, 1, (page) => `${base}/Fleet/${page}`),
        Equipment: [equipmentOf(identity, source.newest())],
      },
    };
  }
  if (!isAbout(asked, identity)) {
    return { status: 404, message: "That machine is not here; /Fleet/1 names the one that is." };
  }
  if (asked.kind !== "series") {
    return { root: "Equipment", tree: equipmentOf(identity, source.newest()) };
  }
  return seriesDocument(asked, identity, source, base);
}

function isAbout(asked: Exclude<AempRequest, { kind: "fleet" }>, own: AempIdentity): boolean {
  if (asked.kind !== "equipment-by-type") return isIdentifier(own, asked.id);
  const { maker, model, serialNumber } = asked;
  return maker === own.maker && model === own.model && serialNumber === own.serialNumber;
}

async function seriesDocument(
  asked: SeriesRequest,
  identity: AempIdentity,
  source: AempSource,
  base: string,
): Promise<AempDocument | Refusal> {
  const { id, series, from, to, fromText, toText, page } = asked;
  const offset = (page - 1) * PAGE_SIZE;
  const { total, readings } = await source.series({ from, to, offset, limit: PAGE_SIZE });
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  if (page > last) return { status: 404, message: `The last page of this range is ${last}.` };
  const place = ["Fleet", "Equipment", id, series, fromText, toText]
    .map(encodeURIComponent)
    .join("/")
    .replaceAll("%3A", ":");
  return {
    root: `${series}Messages`,
    tree: {
      "@version": VERSION,
      Links: linksOf(page, last, (number) => `${base}/${place}/${number}`),
      EquipmentHeader: headerOf(identity),
      [series]: readings.map((reading) => pointOf(series, reading)),
    },
  };
}

/** The standard's links between pages. */
function linksOf(page: number, last: number, href: (page: number) => string): readonly Tree[] {
  const links: [rel: string, page: number][] = [["self", page]];
  if (page > 1) links.push(["prev", page - 1]);
  if (page < last) links.push(["next", page + 1]);
  links.push(["last", last]);
  return links.map(([rel, number]) => ({ rel, href: href(number) }));
}

function plain(status: number, sentence: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${sentence}\n` };
}

function refusal({ status, message }: { status: number; message: string }, format: Format): Answer {
  return { status, type: MEDIA_TYPES[format], body: errorText(status, message, format) };
}

function noAnswer(format: Format): Answer {
  return busy(503, "The meter did not answer; ask again.", format);
}

function busy(status: 429 | 503, message: string, format: Format): Answer {
  return { ...refusal({ status, message }, format), headers: { "retry-after": "1" } };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status, {
    "content-type": answer.type,
    "content-length": Buffer.byteLength(answer.body),
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    ...answer.headers,
  });
  response.end(request.method === "HEAD" ? undefined : answer.body);
}
