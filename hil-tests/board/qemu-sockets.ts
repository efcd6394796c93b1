// QEMU's two control sockets: QMP, which plugs and unplugs, and qtest, which reads registers and
// moves wires from outside the machine.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

const ANSWER_MS_MAX = 20_000;

/** Lines in, lines out; answers come in the order of the questions. */
class LineSocket {
  readonly #socket: Socket;
  readonly #waiting: ((line: string) => void)[] = [];

  constructor(socket: Socket, takeEvent: (line: string) => boolean) {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    const lines = createInterface({ input: socket });
    // The socket's own listener deals with it.
    lines.on("error", () => {});
    lines.on("line", (line) => {
      if (!takeEvent(line)) this.#waiting.shift()?.(line);
    });
  }

  ask(line: string): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const timer = setTimeout(
      () => reject(new Error(`QEMU did not answer: ${line}`)),
      ANSWER_MS_MAX,
    );
    this.#waiting.push((answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    this.#socket.write(`${line}\n`);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }
}

async function connected(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  return socket;
}

export interface QemuEvent {
  readonly event: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

export class Qmp {
  readonly #lines: LineSocket;
  readonly events: QemuEvent[] = [];

  private constructor(socket: Socket) {
    this.#lines = new LineSocket(socket, (line) => {
      const message = JSON.parse(line) as QemuEvent | { readonly QMP: unknown };
      if ("QMP" in message) return true;
      if (!("event" in message)) return false;
      this.events.push(message);
      return true;
    });
  }

  static async open(path: string): Promise<Qmp> {
    const qmp = new Qmp(await connected(path));
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  async execute(execute: string, args: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const line = await this.#lines.ask(JSON.stringify({ execute, arguments: args }));
    const answer = JSON.parse(line) as { return?: unknown; error?: { desc: string } };
    if (answer.error) throw new Error(`QEMU refused ${execute}: ${answer.error.desc}`);
    return answer.return;
  }

  close(): void {
    this.#lines.close();
  }
}

export class Qtest {
  readonly #lines: LineSocket;
  /** Levels of the wires that were intercepted, by number. */
  readonly levels = new Map<number, 0 | 1>();

  private constructor(socket: Socket) {
    this.#lines = new LineSocket(socket, (line) => {
      const wire = /^IRQ (raise|lower) (\d+)/.exec(line);
      if (!wire) return false;
      this.levels.set(Number(wire[2]), wire[1] === "raise" ? 1 : 0);
      return true;
    });
  }

  static async open(path: string): Promise<Qtest> {
    return new Qtest(await connected(path));
  }

  async command(line: string): Promise<string> {
    const answer = await this.#lines.ask(line);
    if (!answer.startsWith("OK")) throw new Error(`qtest refused "${line}": ${answer}`);
    return answer.slice(3);
  }

  async readRegister(address: number): Promise<number> {
    return Number(await this.command(`readl 0x${address.toString(16)}`));
  }

  close(): void {
    this.#lines.close();
  }
}
