// One CAN bus: the socket, the loop that empties it, and what each controller on it is told. A
// controller that falls silent is lost alone; with the interface all are.

import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Clock, Mono } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import { sleep, type Timers } from "../../runtime/signal/timers.ts";
import type { Libc } from "../shared/libc.ts";
import { CanSocket, type Received } from "./can-socket.ts";
import { Controller, type ControllerContext } from "./controller.ts";
import { CAN, type DataFrame, type ErrorFrame, type Filter, shownFrame } from "./frame.ts";
import { GROUP, type Identifier, parseIdentifier } from "./identifier.ts";
import { Requester } from "./requester.ts";
import type { BusSettings } from "./settings.ts";
import { Reassembly } from "./transport.ts";

/**
 * Between two visits to the socket frames gather in the kernel: a wake for each of a thousand a
 * second would cost more than all else. The kernel's buffer holds many times this; an instant is
 * late by this much at most.
 */
const GATHER_MS = 25;
/** Each loss is told to every point: more often would only repeat it. */
const OVERRUN_EVERY_MS = 1_000;

export interface CanBusParts {
  readonly name: string;
  readonly settings: BusSettings;
  readonly devices: readonly ControllerContext[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly loadLibc: () => Promise<Libc>;
}

/** Where a controller stands: nobody wants it, it is waited for, or it is there. */
interface Seat {
  readonly controller: Controller;
  state: "absent" | "awaited" | "present";
  heardAt: Mono;
  settle: { readonly resolve: () => void; readonly reject: (fault: Fault) => void } | null;
}

export class CanBus implements Received {
  readonly #parts: CanBusParts;
  readonly #place: string;
  readonly #seats: readonly Seat[];
  readonly #bySource = new Map<number, Seat[]>();
  #socket: CanSocket | null = null;
  #opening: Promise<void> | null = null;
  #running: Promise<void> = Promise.resolve();
  #transport: Reassembly;
  #requester: Requester | null = null;
  #isPassive = false;
  #overrunToldAt: Mono = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(parts: CanBusParts) {
    this.#parts = parts;
    this.#place = `Bus ${parts.name} (${parts.settings.interface})`;
    this.#seats = parts.devices.map((context) => ({
      controller: new Controller(context),
      ...{ state: "absent" as const, heardAt: 0, settle: null },
    }));
    for (const seat of this.#seats) {
      const { address } = seat.controller;
      this.#bySource.set(address, [...(this.#bySource.get(address) ?? []), seat]);
    }
    this.#transport = this.#makeTransport();
  }

  /** Resolves with the first message of the controller; rejects when none comes in time. */
  async start(index: number): Promise<void> {
    const seat = this.#seats[index]!;
    this.#checkRequests(seat.controller);
    await this.#open();
    if (this.#socket === null) throw this.#closedFault();
    if (seat.state === "present") return;
    await new Promise<void>((resolve, reject) => {
      seat.state = "awaited";
      seat.heardAt = this.#parts.clock.mono();
      seat.settle = { resolve, reject };
    });
  }

  /** Within 2 s; never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // What is still being opened sees it, and ends by itself.
    await this.#opening?.catch((error: unknown) => {
      this.#parts.log.debug("was closed while it opened", { why: reasonOf(error) });
    });
    this.#release(this.#closedFault());
    await this.#running;
  }

  frame(frame: DataFrame, at: Mono): void {
    const identifier = parseIdentifier(frame.identifier);
    const { source, destination, group } = identifier;
    const { ownAddress } = this.#parts.settings;
    if (source === ownAddress) this.#requester?.heardOwnAddress(group, frame.data, at);
    if (group === GROUP.request) this.#requester?.heardRequest(destination, frame.data);
    const seats = this.#bySource.get(source);
    if (seats === undefined || !this.#concerns(identifier)) return;
    for (let index = 0; index < seats.length; index++) {
      const { wire } = seats[index]!.controller.context;
      wire.received(wire.isTraced ? shownFrame(frame) : frame.data);
    }
    if (group === GROUP.transportControl) {
      this.#transport.control(source, destination, frame.data, at);
    } else if (group === GROUP.transportData) {
      const message = this.#transport.data(source, destination, frame.data, at);
      if (message !== null) this.#hear(seats, message.group, message.data, at);
    } else if (group === GROUP.acknowledgement) {
      this.#hearAcknowledgement(seats, frame.data, at);
    } else {
      this.#hear(seats, group, frame.data, at);
    }
  }

  error({ isBusOff, isPassive, isActive, isOverflow }: ErrorFrame, at: Mono): void {
    const { log } = this.#parts;
    if (isActive && this.#isPassive) log.info("the CAN bus is well again", { place: this.#place });
    if (isPassive && !this.#isPassive) {
      const advice = "look at termination, polarity and bit rate";
      log.warn(`the CAN controller sees many errors: ${advice}`, { place: this.#place });
    }
    this.#isPassive = isPassive || (this.#isPassive && !isActive);
    if (isOverflow) this.#overrun("the CAN controller's own buffer was full", at);
    if (isBusOff) {
      throw new Fault(
        "BUS_CLOSED",
        `${this.#place}: the CAN controller has gone off the bus after too many errors.`,
        "Look at 120 ohm at both ends, CAN H and L, and the bit rate; set `restart-ms 100`.",
      );
    }
  }

  dropped(count: number, at: Mono): void {
    // Any controller may have spoken in them.
    for (const seat of this.#seats) seat.heardAt = at;
    this.#overrun(`${count} frames were not fetched in time`, at);
  }

  async #open(): Promise<void> {
    if (this.#isClosed) throw this.#closedFault();
    if (this.#socket !== null) return;
    this.#opening ??= this.#openSocket().finally(() => {
      this.#opening = null;
    });
    await this.#opening;
  }

  async #openSocket(): Promise<void> {
    const { settings, loadLibc, log } = this.#parts;
    // The loop of the socket before still holds it until its wait is over.
    await this.#running;
    const libc = await loadLibc();
    if (this.#isClosed) throw this.#closedFault();
    const socket = CanSocket.open(libc, settings.interface, this.#place, this.#filters());
    this.#socket = socket;
    this.#transport = this.#makeTransport();
    this.#requester = this.#makeRequester(socket);
    this.#isPassive = false;
    log.debug("listens", { place: this.#place });
    this.#running = this.#run(socket);
  }

  /** Until the socket fails or the bus is closed. Never rejects. */
  async #run(socket: CanSocket): Promise<void> {
    const { clock, timers } = this.#parts;
    try {
      while (this.#socket === socket) {
        await socket.receive(clock, this);
        this.#look(clock.mono());
        await sleep(timers, GATHER_MS);
      }
    } catch (error) {
      this.#release(error instanceof Fault ? error : this.#defect(error));
    } finally {
      await socket.close();
    }
  }

  /** What time alone does: silence, requests that are due, messages that are not continued. */
  #look(at: Mono): void {
    this.#transport.sweep(at);
    if (this.#requester?.isContested) this.#tellContested(at);
    this.#requester?.tick(at);
    for (const seat of this.#seats) {
      if (seat.state === "absent" || at - seat.heardAt <= seat.controller.timeoutMs) continue;
      this.#dismiss(seat, this.#silenceFault(seat.controller));
    }
  }

  #hear(seats: readonly Seat[], group: number, data: Uint8Array, at: Mono): void {
    for (let index = 0; index < seats.length; index++) {
      const seat = seats[index]!;
      if (seat.state === "absent" || !seat.controller.reads(group)) continue;
      seat.controller.hear(group, data, at);
      seat.heardAt = at;
      if (seat.state === "present") continue;
      seat.state = "present";
      seat.settle?.resolve();
      seat.settle = null;
    }
  }

  /** Byte 1 says "no"; the group in question stands in the last three. */
  #hearAcknowledgement(seats: readonly Seat[], data: Uint8Array, at: Mono): void {
    if (data.length < 8 || data[0] === 0) return;
    const group = data[5]! | (data[6]! << 8) | (data[7]! << 16);
    for (const { controller } of seats) controller.refused(group, at);
  }

  #concerns({ group, source }: Identifier): boolean {
    if (group === GROUP.transportControl || group === GROUP.transportData) return true;
    return group === GROUP.acknowledgement || this.#isRead(group, source);
  }

  #isRead(group: number, source: number): boolean {
    const seats = this.#bySource.get(source) ?? [];
    for (let index = 0; index < seats.length; index++) {
      if (seats[index]!.controller.reads(group)) return true;
    }
    return false;
  }

  #overrun(what: string, at: Mono): void {
    // The announcement of a message may be among the lost: what follows belongs to no older one.
    this.#transport = this.#makeTransport();
    if (at - this.#overrunToldAt < OVERRUN_EVERY_MS) return;
    this.#overrunToldAt = at;
    const fault = new Fault(
      "SOURCE_OVERRUN",
      `${this.#place}: ${what}; values between are missing.`,
      "Lower the load of the controller, or read fewer groups.",
    );
    this.#parts.log.warn(fault.message);
    for (const { controller, state } of this.#seats) {
      if (state === "present") controller.overrun(fault, at);
    }
  }

  #release(fault: Fault): void {
    this.#socket = null;
    for (const seat of this.#seats) this.#dismiss(seat, fault);
  }

  #dismiss(seat: Seat, fault: Fault): void {
    const { state, settle } = seat;
    seat.state = "absent";
    seat.settle = null;
    if (state === "awaited") settle?.reject(fault);
    else if (state === "present" && !this.#isClosed) seat.controller.context.sink.lost(fault);
  }

  #makeTransport(): Reassembly {
    return new Reassembly((group, source) => this.#isRead(group, source));
  }

  #makeRequester(socket: CanSocket): Requester | null {
    const { ownAddress, identity = 1 } = this.#parts.settings;
    if (ownAddress === undefined) return null;
    const asked = this.#seats.flatMap(({ controller }) =>
      controller.requests.map((wanted) => ({ ...wanted, destination: controller.address })),
    );
    return new Requester({
      ...{ address: ownAddress, identity, asked },
      send: (identifier, data) => {
        const isSent = socket.send(identifier, data);
        if (isSent) this.#tellSent({ identifier, data });
        return isSent;
      },
    });
  }

  #tellSent(frame: DataFrame): void {
    const { destination } = parseIdentifier(frame.identifier);
    for (const { controller } of this.#bySource.get(destination) ?? []) {
      const { wire } = controller.context;
      wire.sent(wire.isTraced ? shownFrame(frame) : frame.data);
    }
  }

  #tellContested(at: Mono): void {
    const { ownAddress } = this.#parts.settings;
    this.#requester = null;
    const fault = new Fault(
      "BUS_BUSY",
      `${this.#place}: address ${ownAddress} is another's, so nothing is asked any more.`,
      "Give the bus an `ownAddress` that is free: 249 and 250 are for tools.",
    );
    this.#parts.log.warn(fault.message);
    for (const { controller } of this.#seats) controller.mute(fault, at);
  }

  /** What of the traffic comes up to us at all: the rest is dropped in the kernel. */
  #filters(): readonly Filter[] {
    const { ownAddress } = this.#parts.settings;
    const filters: Filter[] = [];
    for (const [source, seats] of this.#bySource) {
      const groups = new Set(seats.flatMap(({ controller }) => controller.groups));
      const { acknowledgement, transportControl, transportData } = GROUP;
      for (const group of [...groups, acknowledgement, transportControl, transportData]) {
        filters.push({ group, source });
      }
    }
    if (ownAddress !== undefined) {
      filters.push({ group: null, source: ownAddress }, { group: GROUP.request, source: null });
    }
    if (filters.length <= CAN.filtersMax) return filters;
    const bySource = [...this.#bySource.keys()].map((source) => ({ group: null, source }));
    return [
      ...bySource,
      ...filters.filter(({ group, source }) => group === null || source === null),
    ];
  }

  #checkRequests({ context, requests }: Controller): void {
    if (requests.length === 0 || this.#parts.settings.ownAddress !== undefined) return;
    throw new Fault(
      "SETTING_INVALID",
      `Device ${context.name} has \`requestEvery\`, but bus ${this.#parts.name} sends nothing.`,
      "Give the bus an `ownAddress` that is free, such as 249, or remove `requestEvery`.",
    );
  }

  #silenceFault({ context, address, timeoutMs }: Controller): Fault {
    const { settings } = this.#parts;
    const what = `Device ${context.name} (${settings.interface}, source address ${address})`;
    return new Fault(
      "BUS_TIMEOUT",
      `${what} has said nothing that is read for ${timeoutMs} ms.`,
      this.#isPassive
        ? "The bus has errors: look at 120 ohm at both ends, CAN H and L, and the bit rate."
        : "Is the ignition on, and the source address right? `telltale scan` lists who speaks.",
    );
  }

  #defect(error: unknown): Fault {
    return new Fault(
      "DRIVER_DEFECT",
      `${this.#place}: reading failed in an unknown way (${reasonOf(error)}).`,
      "Please report it with the log; the bus is opened again.",
      { cause: error },
    );
  }

  #closedFault(): Fault {
    return new Fault("BUS_CLOSED", `${this.#place} has been closed.`, "Nothing needs to be done.");
  }
}
