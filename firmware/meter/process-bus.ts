// A bus whose driver runs in a process of its own: what the meter holds of it. The process is
// started by the first device that is asked, and again by the next one after it has ended; how soon
// that is, each device's breaker decides.

import type { Bus, BusContext, Device, DeviceContext, Driver } from "../../drivers/driver.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { sleep, type Timer } from "../../runtime/signal/timers.ts";
import { silentWire } from "../../runtime/signal/wire.ts";
import { type BusChannel, startBusProcess } from "../host/bus-processes.ts";
import { BEAT_MS, type Event, type FromBus, type Operation, type ToBus } from "./bus-messages.ts";
import { Silence } from "./silence.ts";

/**
 * A process that has not answered for this long hangs; loading a large package takes some of it.
 */
const SILENT_BEATS_MAX = 45_000 / BEAT_MS;
/** One that was silent for so long when it is closed does not hear that it should end. */
const DEAF_BEATS = 5;
/** A close ends within this; the process goes on closing by itself after it. */
const CLOSE_MS_MAX = 900;

type Channel = BusChannel<ToBus, FromBus>;

interface Life {
  readonly channel: Channel;
  readonly calls: Map<number, { resolve: () => void; reject: (fault: Fault) => void }>;
  readonly silence: Silence;
}

export class ProcessBus implements Bus {
  readonly devices: readonly Device[];
  readonly #driver: Driver;
  readonly #context: BusContext<unknown, unknown, unknown>;
  readonly #spawn: () => Channel;
  readonly #started = new Set<number>();
  #life: Life | null = null;
  #beating: Timer | null = null;
  #nextCall = 1;
  #isClosed = false;

  constructor(
    driver: Driver,
    context: BusContext<unknown, unknown, unknown>,
    spawn: () => Channel = startBusProcess,
  ) {
    this.#driver = driver;
    this.#context = context;
    this.#spawn = spawn;
    this.devices = this.#shape().map((shape, index) => this.#deviceLike(shape, index));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#beating?.cancel();
    const life = this.#life;
    if (life === null) return;
    const ended = new AbortController();
    life.channel.onEnd(() => ended.abort());
    life.channel.send({ t: "close" });
    await sleep(this.#context.timers, CLOSE_MS_MAX, ended.signal);
    // Whoever hangs would outlive us, and hold its lines against the next meter.
    if (!ended.signal.aborted && life.silence.beats >= DEAF_BEATS) life.channel.kill();
  }

  /**
   * A bus that is made here only to be looked at: constructors store, so nothing is touched by it.
   */
  #shape(): readonly Device[] {
    const devices = this.#context.devices.map((device) => ({
      ...device,
      sink: { sample() {}, bad() {}, block() {}, gap() {}, lost() {} },
      wire: silentWire,
    }));
    const bus = this.#driver.create({ ...this.#context, devices });
    const { log, name } = this.#context;
    bus
      .close()
      .catch((error: unknown) =>
        log.error("a bus that was only looked at did not close", { bus: name, error }),
      );
    return bus.devices;
  }

  #deviceLike(shape: Device, device: number): Device {
    return {
      ...(shape.read && { read: () => this.#call(device, { op: "read" }) }),
      ...(shape.start && {
        start: async () => {
          // Known to run before it says so: it may push, and fall away, before this resolves.
          this.#started.add(device);
          await this.#call(device, { op: "start" });
        },
      }),
      write: (point, raw) => this.#call(device, { op: "write", point, raw }),
    };
  }

  #call(device: number, operation: Operation): Promise<void> {
    if (this.#isClosed) return Promise.reject(this.#endedFault("has been closed"));
    // How soon a process is started again the breakers of reads and starts decide; a write has
    // none.
    if (this.#life === null && operation.op === "write") {
      return Promise.reject(this.#endedFault("is not running"));
    }
    const life = this.#life ?? this.#begin();
    const id = this.#nextCall++;
    return new Promise((resolve, reject) => {
      life.calls.set(id, { resolve, reject });
      life.channel.send({ t: "call", id, device, ...operation });
    });
  }

  #begin(): Life {
    const { name, settings, devices, timers } = this.#context;
    const silence = new Silence(SILENT_BEATS_MAX);
    const life: Life = { channel: this.#spawn(), calls: new Map(), silence };
    this.#life = life;
    life.channel.onMessage((message) => this.#heard(life, message));
    life.channel.onEnd((how) => this.#end(life, how));
    life.channel.send({
      t: "create",
      driver: this.#driver.name,
      name,
      settings,
      devices: devices.map(({ name: device, settings: wanted, points }) => ({
        name: device,
        settings: wanted,
        points,
      })),
    });
    this.#beating ??= timers.every(BEAT_MS, () => this.#beat());
    return life;
  }

  #beat(): void {
    const life = this.#life;
    if (life === null) return;
    if (life.silence.beat()) {
      life.channel.kill();
      const seconds = (SILENT_BEATS_MAX * BEAT_MS) / 1_000;
      this.#end(life, `has said nothing for ${seconds} s and was ended`);
      return;
    }
    const traced = [...this.#context.devices.keys()].filter(
      (index) => this.#context.devices[index]!.wire.isTraced,
    );
    life.channel.send({ t: "beat", traced });
  }

  #heard(life: Life, message: FromBus): void {
    if (life !== this.#life) return;
    life.silence.heard();
    switch (message.t) {
      case "events":
        if (!this.#isClosed) for (const event of message.events) this.#pass(event);
        break;
      case "log":
        this.#context.log[message.level](message.message, message.fields);
        break;
      case "done":
        this.#take(life, message.id)?.resolve();
        break;
      case "failed": {
        const { code, message: text, remedy } = message.fault;
        this.#take(life, message.id)?.reject(new Fault(code, text, remedy));
        // The driver says that only another process helps.
        if (code === "DRIVER_ENDED") life.channel.kill();
        break;
      }
      case "beat":
        break;
    }
  }

  #take(life: Life, id: number) {
    const call = life.calls.get(id);
    life.calls.delete(id);
    return call;
  }

  /** Whoever waits hears of it, and so do the devices that were pushing. */
  #end(life: Life, how: string): void {
    if (life !== this.#life) return;
    this.#life = null;
    const fault = this.#endedFault(how);
    for (const call of life.calls.values()) call.reject(fault);
    const pushing = [...this.#started];
    this.#started.clear();
    if (!this.#isClosed)
      for (const device of pushing) this.#context.devices[device]!.sink.lost(fault);
  }

  #endedFault(how: string): Fault {
    return new Fault(
      "DRIVER_ENDED",
      `Bus ${this.#context.name}: the process of its driver ${this.#driver.name} ${how}.`,
      "It is started again. Look at the log where this repeats.",
    );
  }

  #pass(event: Event): void {
    const device = this.#context.devices[event[1]]!;
    const { sink, wire }: DeviceContext<unknown, unknown> = device;
    switch (event[0]) {
      case "sample":
        sink.sample(event[2], event[3], event[4]);
        break;
      case "bad": {
        const fault = event[5];
        const told = fault ? new Fault(fault.code, fault.message, fault.remedy) : undefined;
        sink.bad(event[2], event[3], event[4], told);
        break;
      }
      case "block":
        sink.block(event[2], event[3], event[3].length, event[4]);
        break;
      case "gap":
        sink.gap(event[2], event[3], event[4]);
        break;
      case "lost": {
        const { code, message, remedy } = event[2];
        this.#started.delete(event[1]);
        sink.lost(new Fault(code, message, remedy));
        break;
      }
      case "sent":
        wire.sent(event[2]);
        break;
      case "received":
        wire.received(event[2]);
        break;
      case "counted":
        wire.counted(event[2], event[3]);
        break;
    }
  }
}
