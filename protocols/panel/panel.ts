// The HTTP side of the status page: a closed list of files from memory, three small JSON documents,
// and nothing else. What the page shows of the machine it reads from the stream by itself; only
// what must be known while no meter runs comes from here.

import { createHash } from "node:crypto";
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { isIP } from "node:net";
import { reasonOf } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { UNITS } from "../../runtime/signal/units.ts";
import { STREAM_PATH, SUBPROTOCOL } from "../stream/frames.ts";
import type { PanelStatus } from "./panel-status.ts";

export interface PanelAsset {
  readonly type: string;
  readonly body: Buffer;
}

export interface PanelOptions {
  status(): PanelStatus;
  /** The files of `PANEL_FILES` by name. */
  readonly assets: ReadonlyMap<string, PanelAsset>;
  /** Names under which this controller is reached, besides `localhost` and any plain address. */
  readonly hostNames: readonly string[];
  readonly log: Log;
}

const INDEX_FILE = "index.html";
const HTML = "text/html; charset=utf-8";
const STYLE = "text/css; charset=utf-8";
const SCRIPT = "text/javascript; charset=utf-8";
const JSON_TYPE = "application/json; charset=utf-8";

/** The files of the page, beside this file in `assets/`, and what each is. There are no others. */
export const PANEL_FILES: readonly { readonly name: string; readonly type: string }[] = [
  { name: INDEX_FILE, type: HTML },
  { name: "panel.css", type: STYLE },
  { name: "diagnosis.css", type: STYLE },
  { name: "icon.svg", type: "image/svg+xml" },
  ...[
    "panel.js",
    "stream-reader.js",
    "dom.js",
    "format.js",
    "alarms-section.js",
    "charts.js",
    "diagnosis-section.js",
    "usage-section.js",
    "signals-section.js",
    "health-section.js",
    "events-section.js",
    "configuration-section.js",
  ].map((name) => ({ name, type: SCRIPT })),
];

/** The meter beats every 10 s; two lost beats in a row are no longer fresh. */
export const FRESH_AGE_MS_MAX = 30_000;

/** The longest host name of DNS, and a port. */
const HOST_HEADER_MAX = 253 + 6;

const HOST_HEADER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/;

/** True where a Host header may be answered: DNS rebinding needs a name that is not ours. */
export function isOurHost(header: string | undefined, hostNames: readonly string[]): boolean {
  if (header === undefined || header.length > HOST_HEADER_MAX) return false;
  const match = HOST_HEADER.exec(header);
  if (!match) return false;
  const host = match[1]!.toLowerCase().replace(/^\[|\]$/g, "");
  if (host === "localhost" || isIP(host) !== 0) return true;
  return hostNames.some((name) => name.toLowerCase() === host);
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Handles every request that is not an upgrade; mount it as the server's request listener. */
export function createPanel(options: PanelOptions): RequestListener {
  const { status, hostNames, log } = options;
  const files = new Map<string, Answer>();
  for (const { name } of PANEL_FILES) {
    const asset = options.assets.get(name);
    if (!asset) throw new Error(`the status page lacks its file ${name}`);
    const tag = createHash("sha256").update(asset.body).digest("base64url").slice(0, 22);
    // `no-cache` asks again each time: after an update the page must not mix old and new scripts.
    const headers = { "cache-control": "no-cache", etag: `"${tag}"` };
    files.set(name === INDEX_FILE ? "/" : `/${name}`, {
      status: 200,
      type: asset.type,
      body: asset.body,
      headers,
    });
  }
  const symbols = Object.entries(UNITS).map(([code, unit]) => [code, unit.symbol]);
  const units = json(200, Object.fromEntries(symbols));
  let refusedHosts = 0;

  function answer(request: IncomingMessage): Answer {
    if (!isOurHost(request.headers.host, hostNames)) {
      // One line finds a wrong setting; a line for each would let a stranger fill the log.
      if (refusedHosts++ === 0) {
        log.warn("the status page refused a request for a host name that is not this controller's");
      }
      return text(421, "This controller does not answer to that host name.");
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return {
        ...text(405, "Only GET and HEAD are answered here."),
        headers: { allow: "GET, HEAD" },
      };
    }
    // Paths are compared, never decoded or joined, so none can lead out of the list.
    const path = (request.url ?? "/").split("?", 1)[0]!;
    const file = files.get(path);
    if (file) {
      const tag = file.headers!["etag"]!;
      return request.headers["if-none-match"] === tag ? { ...file, status: 304, body: "" } : file;
    }
    switch (path) {
      case "/status.json":
        return json(200, status());
      case "/units.json":
        return units;
      case "/healthz":
        return health(status());
      case STREAM_PATH:
        return {
          ...text(426, `This is a WebSocket; connect to it with the sub-protocol ${SUBPROTOCOL}.`),
          headers: { upgrade: "websocket" },
        };
      default:
        return text(404, "There is nothing at this address. The status page is at /.");
    }
  }

  return (request, response) => {
    let result: Answer;
    try {
      result = answer(request);
    } catch (error) {
      // A status that cannot be told must not take the page of everything else down with it.
      log.error("the status page could not answer", { path: request.url, reason: reasonOf(error) });
      result = text(500, "The controller could not answer; its log says why.");
    }
    send(request, response, result);
  };
}

/** Healthy is who has fresh data of the meter; an open socket or a living process proves none. */
function health(status: PanelStatus): Answer {
  const { meter, lastDataAge, configuration } = status;
  const fresh = meter === "running" && lastDataAge !== null && lastDataAge <= FRESH_AGE_MS_MAX;
  const problems = configuration.problems.length;
  return json(fresh ? 200 : 503, {
    status: fresh ? "ok" : "no-fresh-data",
    meter,
    lastDataAge,
    configuration: { inForce: configuration.inForce, problems },
  });
}

function text(status: number, sentence: string): Answer {
  return { status, type: "text/plain; charset=utf-8", body: `${sentence}\n` };
}

function json(status: number, value: unknown): Answer {
  return { status, type: JSON_TYPE, body: JSON.stringify(value) };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { host } = request.headers;
  // Older Safari does not count a WebSocket to the same host as 'self', hence the explicit ones.
  const sockets = answer.type === HTML ? ` ws://${host} wss://${host}` : "";
  response.writeHead(answer.status, {
    "content-type": answer.type,
    // A 304 may only repeat the length of the 200 (RFC 9110, 8.6), so it gives none.
    ...(answer.status === 304 ? {} : { "content-length": Buffer.byteLength(answer.body) }),
    "cache-control": "no-store",
    "content-security-policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self'${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    ...answer.headers,
  });
  response.end(request.method === "HEAD" || answer.status === 304 ? undefined : answer.body);
}
