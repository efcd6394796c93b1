// The far end of the stream for the tests of the page: it says what a test wants it to say, behind
// the page's real server and a real socket.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import type { JournalRecord } from "../../runtime/journal/record.ts";
import { silentLog } from "../../runtime/signal/log.ts";
import {
  type ControllerFrame,
  type MeterState,
  type ReaderFrame,
  type SignalSummary,
  SUBPROTOCOL,
} from "../stream/frames.ts";
import { hello, meterState, panelStatus, signalSummaries, usageDays } from "./page-fixture.ts";
import { createPanel, PANEL_FILES } from "./panel.ts";
import type { PanelStatus } from "./panel-status.ts";

const directory = join(import.meta.dirname, "assets");
const assets = new Map(
  PANEL_FILES.map(({ name, type }) => [name, { type, body: readFileSync(join(directory, name)) }]),
);

/** What the far end says, and what it was told. */
export class ScriptedController {
  status: PanelStatus = panelStatus();
  hello = hello();
  state: MeterState = meterState();
  signals: readonly SignalSummary[] = signalSummaries();
  records: readonly JournalRecord[] = [];
  /** Answers `get state` with this message instead of a state. */
  stateError: string | null = null;
  refuses = false;
  readonly heard: ReaderFrame[] = [];
  readonly #server: Server;
  readonly #sockets = new WebSocketServer({ noServer: true, handleProtocols: () => SUBPROTOCOL });

  constructor() {
    const status = () => this.status;
    this.#server = createServer(createPanel({ status, assets, hostNames: [], log: silentLog }));
    this.#server.on("upgrade", (request, socket, rest) => {
      if (this.refuses) {
        socket.end("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, rest, (opened) => this.#greet(opened));
    });
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.dropAll();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** As a power cut or a pulled plug does it: without a word. */
  dropAll(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
  }

  say(frame: ControllerFrame): void {
    this.sayText(JSON.stringify(frame));
  }

  sayText(text: string): void {
    for (const socket of this.#sockets.clients) socket.send(text);
  }

  get subscriptions() {
    return this.heard.flatMap((frame) => (frame.t === "subscribe" ? [frame] : []));
  }

  #greet(socket: WebSocket): void {
    socket.send(JSON.stringify(this.hello));
    socket.on("message", (data) => {
      const frame = JSON.parse(String(data)) as ReaderFrame;
      this.heard.push(frame);
      const answer = this.#answer(frame);
      if (answer) socket.send(JSON.stringify(answer));
    });
  }

  #answer(frame: ReaderFrame): ControllerFrame | null {
    if (frame.t === "get") {
      const { id, what } = frame;
      if (what === "state" && this.stateError !== null) {
        const error = { code: "unavailable", message: this.stateError };
        return { t: "result", id, ok: false, error };
      }
      const answers = { state: this.state, signals: this.signals, usage: usageDays() };
      return { t: "result", id, ok: true, value: answers[what as keyof typeof answers] };
    }
    if (frame.t !== "subscribe" || frame.mode !== "log" || this.records.length === 0) return null;
    const { sub } = frame;
    const { newest } = this.hello;
    return { t: "records", sub, from: 1, to: newest, late: true, records: this.records };
  }
}
