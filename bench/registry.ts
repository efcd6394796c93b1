// The benchmarks by name. Each is loaded only when it is asked for, so that one benchmark's
// packages do not stand in the memory that another one measures.

import type { Benchmark } from "./harness.ts";

export const BENCHMARKS: Readonly<Record<string, () => Promise<Benchmark>>> = {
  intake: async () => (await import("./intake.ts")).intake,
  footprint: async () => (await import("./footprint.ts")).footprint,
  meter: async () => (await import("./meter.ts")).meter,
  "modbus-noise": async () => (await import("./modbus-noise.ts")).modbusNoise,
  "modbus-dead": async () => (await import("./modbus-dead.ts")).modbusDead,
  dsp: async () => (await import("./dsp.ts")).dsp,
  wear: async () => (await import("./wear.ts")).wear,
  noise: async () => (await import("./noise.ts")).noise,
  diagnosis: async () => (await import("./diagnosis.ts")).diagnosis,
};
