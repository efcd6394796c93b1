// The gateway's HTTP server with its bounds: a connection that says nothing, or takes nothing, must
// not hold a place for ever, and there are only so many places.

import assert from "node:assert/strict";
import { createServer, type RequestListener, type Server } from "node:http";

export interface HttpLimits {
  /** From the connection, or the end of the request before it, to the end of the headers. */
  readonly headersMs: number;
  /** The whole request; ours have no body. */
  readonly requestMs: number;
  /** How long an answered connection may wait for its next request. */
  readonly keepAliveMs: number;
  /** How long nothing may move on a connection that is no stream: a reader that takes nothing. */
  readonly idleMs: number;
  /** How often overdue connections are looked for. */
  readonly lookEveryMs: number;
  /** Streams among them, of which the stream server has its own and lower limit. */
  readonly connectionsMax: number;
}

/** A silent connection is gone after 7 s at the latest. */
export const HTTP_LIMITS: HttpLimits = {
  headersMs: 5_000,
  requestMs: 5_000,
  keepAliveMs: 5_000,
  idleMs: 10_000,
  lookEveryMs: 2_000,
  connectionsMax: 300,
};

export function boundedHttpServer(listener: RequestListener, limits: HttpLimits): Server {
  assert(limits.headersMs <= limits.requestMs, "the headers are a part of the request");
  const server = createServer(
    {
      headersTimeout: limits.headersMs,
      requestTimeout: limits.requestMs,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: limits.lookEveryMs,
    },
    listener,
  );
  // The stream's library takes this one off a socket that becomes a stream, which has its beats.
  server.timeout = limits.idleMs;
  server.maxConnections = limits.connectionsMax;
  return server;
}
