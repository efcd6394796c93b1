// The program that runs one bus for the meter. It ends with its meter, and before it ends it closes
// the bus, which is what brings outputs into their safe state when a meter is killed or hangs.

import type { Bus, Device, Sink } from "../../drivers/driver.ts";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Log, LogFields } from "../../runtime/signal/log.ts";
import type { Wire } from "../../runtime/signal/wire.ts";
import { drivers } from "../drivers.ts";
import { type BusChannel, meterChannel } from "../host/bus-processes.ts";
import { controllerClock } from "../host/controller-clock.ts";
import { hostTimers } from "../host/timers.ts";
import {
  BEAT_MS,
  type CreateBus,
  type FaultText,
  type FromBus,
  type ToBus,
} from "./bus-messages.ts";
import { BusOutbox } from "./bus-outbox.ts";
import { Silence } from "./silence.ts";

/** A meter that says nothing for this long hangs: its outputs do not wait for a watchdog. */
const SILENT_BEATS_MAX = 15_000 / BEAT_MS;
/** The contract gives a close 2 s. */
const CLOSE_MS_MAX = 2_500;

const channel: BusChannel<FromBus, ToBus> = meterChannel();
const clock = controllerClock(() => {});
const outbox = new BusOutbox(channel, clock, hostTimers);
const log = logToMeter();
const traced = new Set<number>();
let bus: Bus | null = null;
let isClosing = false;
const silence = new Silence(SILENT_BEATS_MAX);

channel.onMessage((message) => {
  silence.heard();
  switch (message.t) {
    case "create":
      bus = createBus(message);
      break;
    case "call":
      void serve(message);
      break;
    case "beat":
      traced.clear();
      for (const device of message.traced) traced.add(device);
      outbox.say({ t: "beat" });
      break;
    case "close":
      void end(0);
      break;
  }
});
channel.onEnd(() => void end(0));
hostTimers.every(BEAT_MS, () => {
  if (silence.beat()) void end(0);
});
// A defect anywhere, also in a package's own callback: the outputs of every driver are made safe.
process.on("uncaughtException", (error) => {
  log.error("the process of a bus has failed in an unforeseen way", {
    stack: error instanceof Error ? error.stack : reasonOf(error),
  });
  void end(1);
});

function createBus({ driver: wanted, name, settings, devices }: CreateBus): Bus {
  const driver = drivers.find((candidate) => candidate.name === wanted)!;
  return driver.create({
    name,
    settings,
    devices: devices.map((device, index) => ({
      ...device,
      sink: sinkOf(index),
      wire: wireOf(index),
    })),
    clock,
    timers: hostTimers,
    log,
  });
}

async function serve(call: Extract<ToBus, { t: "call" }>): Promise<void> {
  const { id } = call;
  try {
    const device: Device = bus!.devices[call.device]!;
    if (call.op === "write") await device.write(call.point, call.raw);
    else await device[call.op]!();
    outbox.say({ t: "done", id });
  } catch (error) {
    outbox.say({ t: "failed", id, fault: textOf(error) });
  }
}

async function end(status: 0 | 1): Promise<void> {
  if (isClosing) return;
  isClosing = true;
  // A bus that does not close must not keep its lines for ever.
  hostTimers.after(CLOSE_MS_MAX, () => process.exit(1));
  try {
    await bus?.close();
  } finally {
    process.exit(status);
  }
}

function sinkOf(device: number): Sink {
  return {
    sample: (point, raw, at) => outbox.add(["sample", device, point, raw, at]),
    bad: (point, reason, at, fault) =>
      outbox.add(["bad", device, point, reason, at, fault ? textOf(fault) : null]),
    // The driver uses its array again as soon as this returns.
    block: (point, samples, count, at) =>
      outbox.add(["block", device, point, samples.slice(0, count), at]),
    gap: (point, count, at) => outbox.add(["gap", device, point, count, at]),
    lost: (fault) => outbox.add(["lost", device, textOf(fault)]),
  };
}

function wireOf(device: number): Wire {
  return {
    get isTraced() {
      return traced.has(device);
    },
    sent(frame) {
      if (this.isTraced) outbox.add(["sent", device, frame]);
      else outbox.count(device, 1, 0);
    },
    received(frame) {
      if (this.isTraced) outbox.add(["received", device, frame]);
      else outbox.count(device, 0, 1);
    },
    counted: (sent, received) => outbox.count(device, sent, received),
  };
}

/** What is no fault is a defect of the driver; its words go where its meter puts defects. */
function textOf(error: unknown): FaultText {
  if (error instanceof Fault) {
    const { code, message, remedy } = error;
    return { code, message, remedy };
  }
  log.error("a driver has failed in an unforeseen way", {
    stack: error instanceof Error ? error.stack : reasonOf(error),
  });
  const remedy = "Report this with the log; the device is tried again.";
  return { code: "DRIVER_DEFECT", message: `The driver failed: ${reasonOf(error)}.`, remedy };
}

function logToMeter(): Log {
  const say =
    (level: Extract<FromBus, { t: "log" }>["level"]): Log["info"] =>
    (message, fields = {}) =>
      outbox.say({ t: "log", level, message, fields: plain(fields) });
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

/** What cannot be cloned, such as a function, would end this process. */
function plain(fields: LogFields): LogFields {
  const text = JSON.stringify(fields, (_, value: unknown) =>
    value instanceof Error ? reasonOf(value) : value,
  );
  return JSON.parse(text) as LogFields;
}
