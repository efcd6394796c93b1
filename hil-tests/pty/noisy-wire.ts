// A serial bus with a baud rate, noise and plugs, for whoever needs one: `await using wire = await
// NoisyWire.open({...})`, then the product opens `port` and each device its `devicePorts[n]`.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { scratchDirectory } from "../../runtime/testing/scratch-directory.ts";
import type { Noise, Plug, Wire, WireFrame, WireStats } from "../place.ts";
import type { WireAnswer, WireCommand, WireOptions } from "./wire-messages.ts";

const PROGRAM = join(import.meta.dirname, "wire-program.ts");
/** Starting the process takes longest; a machine busy with other tests is slow at that. */
const ANSWER_MS_MAX = 20_000;

type Verb = WireCommand extends infer Each
  ? Each extends { readonly id: number }
    ? Omit<Each, "id">
    : never
  : never;

export interface NoisyWireOptions {
  readonly baudRate: number;
  readonly seed: number;
  /** Device ports on the bus; 1 where nothing is said. */
  readonly devices?: number;
  /**
   * Unit ids of the devices, where each is to hear the requests to itself alone. libmodbus loses
   * step when the answer of another unit is missing or slow, which no real device does.
   */
  readonly units?: readonly number[];
  readonly noise?: Partial<Noise>;
}

export class NoisyWire implements Wire, Plug, AsyncDisposable {
  /** A link, as `/dev/serial/by-id/…` is one: it outlives an unplugged adapter's device file. */
  readonly port: string;
  readonly baudRate: number;
  devicePorts: readonly string[] = [];
  readonly #scratch = scratchDirectory();
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (value: unknown) => void>();
  #commands = 0;

  private constructor(options: NoisyWireOptions) {
    this.port = this.#scratch.at("usb-Telltale_Rig-port0");
    this.baudRate = options.baudRate;
    const { baudRate, seed, devices = 1, units, noise = {} } = options;
    const arguments_: WireOptions = { hostPort: this.port, baudRate, seed, devices, units, noise };
    // "advanced" hands over a long log without a detour through text.
    this.#child = fork(PROGRAM, [JSON.stringify(arguments_)], { serialization: "advanced" });
    this.#child.on("message", ({ id, value }: WireAnswer) => {
      this.#waiting.get(id)?.(value);
      this.#waiting.delete(id);
    });
  }

  static async open(options: NoisyWireOptions): Promise<NoisyWire> {
    const wire = new NoisyWire(options);
    wire.devicePorts = (await wire.#answer(0)) as readonly string[];
    return wire;
  }

  noise(what: Partial<Noise>): Promise<void> {
    return this.#tell({ verb: "noise", noise: what }) as Promise<void>;
  }

  cut(): Promise<void> {
    return this.#tell({ verb: "cut" }) as Promise<void>;
  }

  restore(): Promise<void> {
    return this.#tell({ verb: "restore" }) as Promise<void>;
  }

  unplug(): Promise<void> {
    return this.#tell({ verb: "unplug" }) as Promise<void>;
  }

  plug(): Promise<void> {
    return this.#tell({ verb: "plug" }) as Promise<void>;
  }

  stats(): Promise<WireStats> {
    return this.#tell({ verb: "stats" }) as Promise<WireStats>;
  }

  log(): Promise<readonly WireFrame[]> {
    return this.#tell({ verb: "log" }) as Promise<readonly WireFrame[]>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) {
      const ended = once(this.#child, "exit");
      this.#child.disconnect();
      await ended;
    }
    this.#scratch[Symbol.dispose]();
  }

  #tell(verb: Verb): Promise<unknown> {
    this.#commands += 1;
    const id = this.#commands;
    this.#child.send({ ...verb, id } as WireCommand);
    return this.#answer(id);
  }

  #answer(id: number): Promise<unknown> {
    const answer = Promise.withResolvers<unknown>();
    const failed = (why: string) => answer.reject(new Error(`the wire's process ${why}`));
    const ended = () => failed(`ended with status ${this.#child.exitCode}`);
    const timer = setTimeout(() => failed("does not answer"), ANSWER_MS_MAX);
    this.#child.once("exit", ended);
    this.#waiting.set(id, answer.resolve);
    return answer.promise.finally(() => {
      clearTimeout(timer);
      this.#child.off("exit", ended);
    });
  }
}
