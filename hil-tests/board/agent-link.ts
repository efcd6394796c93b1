// The host's side of the agent: waits for the guest to call, asks, and offers sockets in the guest
// as Unix sockets here. The guest calls the host and not the other way round, because a port that
// QEMU opens here for itself could have been taken in between.

import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Ask, Ended, FromAgent } from "./agent-words.ts";

/** The guest answers within milliseconds; a minute means that it is gone or hangs. */
const ANSWER_MS_MAX = 60_000;
const ENDS_MS_MAX = 10 * 60_000;

interface Waiting {
  readonly take: (message: FromAgent) => boolean;
  readonly fail: (error: Error) => void;
}

export interface GuestProcess {
  readonly pid: number;
  readonly ended: Promise<Ended>;
}

export class AgentLink implements AsyncDisposable {
  readonly #server: Server = createServer((socket) => this.#greet(socket));
  readonly #waiting = new Map<number, Waiting>();
  readonly #tunnels = new Map<number, Socket>();
  readonly #doors: Server[] = [];
  readonly #onCall = new Set<() => void>();
  #agent: Socket | null = null;
  #next = 1;
  /** How often an agent has called: a guest that boots again calls again. */
  calls = 0;
  /** Hears of each call but the first. */
  onReboot: () => void = () => {};

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves when the agent has called more often than `calls`. */
  async called(calls: number, waitMsMax: number): Promise<void> {
    if (this.calls > calls && this.#agent !== null) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error(`the guest did not call within ${waitMsMax / 1_000} s`)),
      waitMsMax,
    );
    const look = () => {
      if (this.calls > calls) resolve();
    };
    this.#onCall.add(look);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#onCall.delete(look);
    }
  }

  get isUp(): boolean {
    return this.#agent !== null;
  }

  async start(
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): Promise<GuestProcess> {
    const end = Promise.withResolvers<Ended>();
    end.promise.catch(() => {
      // Whoever does not wait for the end need not hear that the guest was cut off.
    });
    const pid = await this.#ask<number>(
      { do: "start", command, environment },
      (message, done) => {
        if ("started" in message) {
          done(message.started);
          return false;
        }
        if ("ended" in message) {
          end.resolve(message.ended);
          done(0);
        }
        return true;
      },
      end.reject,
    );
    return { pid, ended: end.promise };
  }

  /** Runs a shell command until it ends. Rejects where its status is not 0. */
  async run(script: string, waitMsMax = ENDS_MS_MAX): Promise<string> {
    const { ended } = await this.start(["sh", "-c", script]);
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`took too long: ${script}`)), waitMsMax);
    try {
      const { status, signal, out, error } = await Promise.race([ended, late.promise]);
      if (status === 0) return out;
      throw new Error(`in the guest: ${script}: ${signal ?? status}: ${error}${out}`);
    } finally {
      clearTimeout(timer);
    }
  }

  async signal(pid: number, signal: NodeJS.Signals): Promise<void> {
    await this.#simple({ do: "signal", pid, signal });
  }

  /** Writes a file; `makesFolder` is for ordinary ones, not for those of the kernel. */
  async write(path: string, content: string | Uint8Array, makesFolder = false): Promise<void> {
    const base64 = Buffer.from(content).toString("base64");
    await this.#simple({ do: "write", path, base64, makesFolder });
  }

  async read(path: string): Promise<Buffer> {
    return Buffer.from(await this.#simple({ do: "read", path }), "base64");
  }

  /**
   * Each connection to a loopback port here becomes one to `target` in the guest: a port, or the
   * Unix socket in a folder. Gives the port; it outlives the guest's reboots.
   */
  async openDoor(target: string): Promise<number> {
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      socket.on("error", () => socket.destroy());
      const number = this.#next++;
      this.#tunnels.set(number, socket);
      socket.once("close", () => this.#tunnels.delete(number));
      this.#simple({ do: "tunnel", number, target }).catch(() => socket.destroy());
    });
    this.#doors.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  /** The guest has ended without a word: what waits for it waits in vain. */
  lost(): void {
    this.#agent?.destroy();
    this.#agent = null;
    for (const { fail } of this.#waiting.values()) fail(new Error("the guest has ended"));
    this.#waiting.clear();
    for (const socket of this.#tunnels.values()) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.lost();
    for (const server of [this.#server, ...this.#doors]) server.close();
  }

  #greet(socket: Socket): void {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    let head = "";
    const onData = (data: Buffer) => {
      const end = data.indexOf(10);
      head += data.toString("latin1", 0, end < 0 ? data.length : end);
      if (end < 0) return;
      socket.off("data", onData);
      socket.pause();
      const rest = data.subarray(end + 1);
      if (rest.length > 0) socket.unshift(rest);
      if (head === "agent") this.#welcome(socket);
      else this.#join(socket, Number(head.replace("tunnel ", "")));
    };
    socket.on("data", onData);
  }

  #join(outer: Socket, number: number): void {
    const inner = this.#tunnels.get(number);
    if (!inner) {
      outer.destroy();
      return;
    }
    outer.pipe(inner).pipe(outer);
    inner.once("close", () => outer.destroy());
    outer.once("close", () => inner.destroy());
  }

  #welcome(socket: Socket): void {
    if (this.#agent) this.lost();
    this.#agent = socket;
    this.calls += 1;
    socket.once("close", () => {
      if (this.#agent === socket) this.lost();
    });
    const lines = createInterface({ input: socket });
    // The socket's own listener deals with it.
    lines.on("error", () => {});
    lines.on("line", (line) => {
      const message = JSON.parse(line) as FromAgent;
      const waiting = this.#waiting.get(message.id);
      if (waiting?.take(message)) this.#waiting.delete(message.id);
    });
    for (const look of this.#onCall) look();
    if (this.calls > 1) this.onReboot();
  }

  #simple(ask: Ask): Promise<string> {
    return this.#ask<string>(ask, (message, done) => {
      if ("done" in message) done(message.done);
      return true;
    });
  }

  /** `take` gives whether this was the last answer. */
  #ask<Answer>(
    ask: Ask,
    take: (message: FromAgent, done: (answer: Answer) => void) => boolean,
    onLost: (error: Error) => void = () => {},
  ): Promise<Answer> {
    const agent = this.#agent;
    if (agent === null) return Promise.reject(new Error("the guest is not running"));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`the guest did not answer: ${JSON.stringify(ask).slice(0, 200)}`));
      }, ANSWER_MS_MAX);
      const fail = (error: Error) => {
        clearTimeout(timer);
        reject(error);
        onLost(error);
      };
      this.#waiting.set(id, {
        fail,
        take: (message) => {
          if ("failed" in message) {
            fail(new Error(`in the guest: ${message.failed}`));
            return true;
          }
          return take(message, (answer) => {
            clearTimeout(timer);
            resolve(answer);
          });
        },
      });
      agent.write(`${JSON.stringify({ ...ask, id })}\n`);
    });
  }
}
