// Where one device's values go: point by point to intake or into a ring, and the news of the device
// to its poller. Signals and waveforms have indexes of their own: what a driver tells of a point
// that is the other kind must not reach the one that happens to have the same number.

import type { Sink } from "../../drivers/driver.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import type { DevicePoller } from "../../runtime/supervise/poller.ts";
import type { MachineDevice, MachinePoint } from "../machine-file/machine.ts";
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
    const { kind, index } = this.#device.points[point]!;
    if (kind === "signal") this.#meter.metering.intake.accept(index, raw, at);
    else this.#misfit(point);
  }

  bad(point: number, reason: Parameters<Sink["bad"]>[1], at: number, fault?: Fault): void {
    if (fault) this.wire.fault(fault);
    const { kind, index } = this.#device.points[point]!;
    if (kind === "signal") this.#meter.metering.intake.reject(index, reason, at);
    else this.#meter.waveform(index).gap();
  }

  block(point: number, samples: Float32Array, count: number, at: number): void {
    this.poller?.heard(at);
    const { kind, index } = this.#device.points[point]!;
    if (kind === "waveform") {
      this.#meter.waveform(index).block(samples, count, at);
      return;
    }
    this.#meter.metering.intake.reject(index, "not-configured", at);
    this.#misfit(point);
  }

  gap(point: number): void {
    const { kind, index } = this.#device.points[point]!;
    if (kind === "waveform") this.#meter.waveform(index).gap();
  }

  lost(fault: Error): void {
    this.poller?.lost(fault);
  }

  #misfit(point: number): void {
    this.wire.fault(misfitOf(this.#device.points[point]!));
  }
}

/** A waveform of a driver that tells single values, or the other way round. */
export function misfitOf({ kind, name }: MachinePoint): Fault {
  const [is, should] = kind === "waveform" ? ["a waveform", "signals"] : ["a signal", "waveforms"];
  return new Fault(
    "SETTING_INVALID",
    `${name} is ${is}, and the driver of its device tells ${should}.`,
    `Move it to \`${should}\` of the machine file.`,
  );
}
