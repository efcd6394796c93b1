// What the process of a bus has to tell its meter, in order and bounded. One message is on its way
// at a time: while the meter does not read, events wait here, and beyond a limit they are dropped
// and told as what they are, values that nobody has.

import type { Clock } from "../../runtime/signal/instant.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { BusChannel } from "../host/bus-processes.ts";
import type { Event, FromBus, ToBus } from "./bus-messages.ts";

/** Some seconds of a busy bus. */
const EVENTS_MAX = 20_000;
/** Of waveforms: 4 MB, far below the memory of the process. */
const SAMPLES_MAX = 1_000_000;
/** What a meter takes in one turn. */
const MESSAGE_EVENTS_MAX = 1_000;

/** A point whose values, or whose samples of a waveform, did not find room. */
interface Dropped {
  readonly device: number;
  readonly point: number;
  readonly isWaveform: boolean;
}

export class BusOutbox {
  readonly #channel: BusChannel<FromBus, ToBus>;
  readonly #clock: Clock;
  readonly #timers: Timers;
  #events: Event[] = [];
  #samples = 0;
  readonly #dropped = new Map<string, Dropped>();
  readonly #counts = new Map<number, { sent: number; received: number }>();
  #isSending = false;

  constructor(channel: BusChannel<FromBus, ToBus>, clock: Clock, timers: Timers) {
    this.#channel = channel;
    this.#clock = clock;
    this.#timers = timers;
  }

  add(event: Event): void {
    const samples = samplesOf(event);
    const hasRoom = this.#events.length < EVENTS_MAX && this.#samples + samples <= SAMPLES_MAX;
    // A loss must arrive: the meter would wait for a device that is gone.
    if (hasRoom || event[0] === "lost") {
      this.#events.push(event);
      this.#samples += samples;
    } else this.#drop(event);
    this.#send();
  }

  /** Frames that nobody looks at: their numbers go with the next answer or beat. */
  count(device: number, sent: number, received: number): void {
    const counts = this.#counts.get(device) ?? { sent: 0, received: 0 };
    counts.sent += sent;
    counts.received += received;
    this.#counts.set(device, counts);
  }

  /** After everything that was told before it. */
  say(message: FromBus): void {
    for (const [device, { sent, received }] of this.#counts) {
      this.#events.push(["counted", device, sent, received]);
    }
    this.#counts.clear();
    while (this.#events.length > 0) this.#channel.send({ t: "events", events: this.#take() });
    this.#channel.send(message);
  }

  #drop(event: Event): void {
    const [kind, device, point] = event;
    if (kind === "sent" || kind === "received") return;
    const isWaveform = kind === "block" || kind === "gap";
    this.#dropped.set(`${device}/${point}`, { device, point: point as number, isWaveform });
  }

  #send(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    const sent = () => {
      this.#isSending = false;
      if (this.#events.length > 0) this.#send();
    };
    // A moment later: what one turn brings goes out together.
    this.#timers.after(0, () => {
      if (this.#events.length === 0) sent();
      else this.#channel.send({ t: "events", events: this.#take() }, sent);
    });
  }

  #take(): readonly Event[] {
    const taken = this.#events.splice(0, MESSAGE_EVENTS_MAX);
    for (const event of taken) this.#samples -= samplesOf(event);
    if (this.#events.length > 0 || this.#dropped.size === 0) return taken;
    const at = this.#clock.mono();
    const lost = [...this.#dropped.values()].map(
      ({ device, point, isWaveform }): Event =>
        isWaveform ? ["gap", device, point, null, at] : ["bad", device, point, "overrun", at, null],
    );
    this.#dropped.clear();
    return [...taken, ...lost];
  }
}

function samplesOf(event: Event): number {
  return event[0] === "block" ? event[3].length : 0;
}
