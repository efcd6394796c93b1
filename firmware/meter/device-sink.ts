// Where one device's values go: point by point to intake or into a ring, and the news of the device
// to its poller.

import type { Sink } from "../../drivers/driver.ts";
import type { Fault } from "../../runtime/signal/fault.ts";
import type { DevicePoller } from "../../runtime/supervise/poller.ts";
import type { MachineDevice } from "../machine-file/machine.ts";
import type { DeviceWire } from "./device-wire.ts";
import type { Meter } from "./meter.ts";

export class DeviceSink implements Sink {
  poller: DevicePoller | null = null;
  readonly wire: DeviceWire;
  readonly #device: MachineDevice;
  readonly #meter: Meter;

  constructor(device: MachineDevice, meter: Meter, wire: DeviceWire) {
    this.#device = device;
    this.#meter = meter;
    this.wire = wire;
  }

  sample(point: number, raw: number, at: number): void {
    this.poller?.heard(at);
    this.#meter.metering.intake.accept(this.#device.points[point]!.index, raw, at);
  }

  bad(point: number, reason: Parameters<Sink["bad"]>[1], at: number, fault?: Fault): void {
    if (fault) this.wire.fault(fault);
    this.#meter.metering.intake.reject(this.#device.points[point]!.index, reason, at);
  }

  block(point: number, samples: Float32Array, count: number, at: number): void {
    this.poller?.heard(at);
    this.#meter.waveform(this.#device.points[point]!.index).block(samples, count, at);
  }

  gap(point: number): void {
    this.#meter.waveform(this.#device.points[point]!.index).gap();
  }

  lost(fault: Error): void {
    this.poller?.lost(fault);
  }
}
