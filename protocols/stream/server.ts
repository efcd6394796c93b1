// The controller's side of telltale.stream.v1: upgrades HTTP requests of one server, in the meter
// on its Unix socket and in the gateway on its port.

import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { Connection, type Right } from "./connection.ts";
import { CLOSE, LIMITS, STREAM_PATH, SUBPROTOCOL } from "./frames.ts";
import type { StreamSource } from "./source.ts";

/** Connections at a time; each costs some kilobytes and up to 1 MiB of socket buffer. */
const CONNECTIONS_MAX = 200;
/** How long who was refused may take to read why and to close its side. */
const REFUSAL_MS = 1_000;

/** What a request that wants the stream gets: rights, or an HTTP status that says why not. */
export type Admission =
  | { readonly rights: readonly Right[] }
  | { readonly status: number; readonly reason: string };

export interface StreamServerOptions {
  readonly http: Server;
  /** Null while there is nothing to read from: the upgrade is then refused with 503. */
  readonly source: () => StreamSource | null;
  readonly admit: (request: IncomingMessage) => Admission;
  readonly timers: Timers;
  readonly log: Log;
}

export class StreamServer {
  readonly #options: StreamServerOptions;
  readonly #sockets: WebSocketServer;
  readonly #connections = new Set<Connection>();
  readonly #consumers = new Map<string, Connection>();

  constructor(options: StreamServerOptions) {
    this.#options = options;
    this.#sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      // Larger than a frame may be, so that the reader is told so by our own close code.
      maxPayload: 4 * LIMITS.inboundBytesMax,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
  }

  open(): void {
    this.#options.http.on("upgrade", (request, socket, head) =>
      this.#upgrade(request, socket, head),
    );
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Sends every reader away with a word; they come back. */
  dismissAll(reason: string): void {
    for (const connection of this.#connections) connection.bye(reason);
  }

  close(): void {
    for (const connection of this.#connections) {
      connection.bye("the controller stops");
    }
    this.#sockets.close();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", (error) =>
      this.#options.log.debug("an upgrade failed", { reason: error.message }),
    );
    const { source: sourceOf, admit, timers, log } = this.#options;
    const refuse = (status: number, reason: string) =>
      refuseUpgrade(socket, timers, status, reason);
    const path = request.url?.split("?")[0];
    if (path !== STREAM_PATH) {
      refuse(404, `the stream is at ${STREAM_PATH}`);
      return;
    }
    const offered = request.headers["sec-websocket-protocol"] ?? "";
    if (!offered.split(/\s*,\s*/).includes(SUBPROTOCOL)) {
      refuse(400, `ask for the sub-protocol ${SUBPROTOCOL}`);
      return;
    }
    const admission = admit(request);
    if ("status" in admission) {
      refuse(admission.status, admission.reason);
      return;
    }
    const source = sourceOf();
    if (source === null) {
      refuse(503, "the meter is not running");
      return;
    }
    if (this.#connections.size >= CONNECTIONS_MAX) {
      refuse(503, `at most ${CONNECTIONS_MAX} connections`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection({
        socket: webSocket,
        source,
        rights: admission.rights,
        timers,
        log,
        consumers: {
          mayBegin: (consumer) => this.#mayBegin(consumer, source),
          claim: (consumer, claimant) => this.#claim(consumer, claimant),
          release: (consumer, holder) => this.#release(consumer, holder),
        },
        onClosed: (closed) => this.#forget(closed),
      });
      this.#connections.add(connection);
      connection.open();
    });
  }

  /** One connection a consumer: the newest wins, because the older one may be half-open. */
  #claim(consumer: string, claimant: Connection): void {
    const holder = this.#consumers.get(consumer);
    if (holder && holder !== claimant) {
      holder.close(CLOSE.consumerElsewhere, "this consumer is connected elsewhere");
    }
    this.#consumers.set(consumer, claimant);
  }

  #release(consumer: string, holder: Connection): void {
    if (this.#consumers.get(consumer) === holder) this.#consumers.delete(consumer);
  }

  /** Who reads counts before it has acknowledged anything, who has acknowledged counts for ever. */
  #mayBegin(consumer: string, source: StreamSource): boolean {
    const known = new Set([...Object.keys(source.facts().acked), ...this.#consumers.keys()]);
    return known.has(consumer) || known.size < LIMITS.consumersMax;
  }

  #forget(connection: Connection): void {
    this.#connections.delete(connection);
    for (const consumer of this.#consumers.keys()) this.#release(consumer, connection);
  }
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

function refuseUpgrade(socket: Duplex, timers: Timers, status: number, reason: string): void {
  // `end` closes our half only, and nobody reads the other: it would stay open for ever.
  const timer = timers.after(REFUSAL_MS, () => socket.destroy());
  socket.once("close", () => timer.cancel());
  socket.resume();
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? "Refused"}\r\nConnection: close\r\n` +
      `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}
