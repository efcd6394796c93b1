// A compressor as the stream tells of it, for the tests of the page: what a controller answers when
// everything is well. Tests change what they are about.

import type { SampleRecord, UsageDay } from "../../runtime/journal/record.ts";
import type { Instant } from "../../runtime/signal/instant.ts";
import type { Registers, UsageState } from "../../runtime/usage/usage-state.ts";
import { type Hello, LIMITS, type MeterState, type SignalSummary } from "../stream/frames.ts";
import type { PanelStatus } from "./panel-status.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
export const EPOCH = "e-1";
/** The evening of 2026-11-23. */
const NOW_UTC = Date.UTC(2026, 10, 23, 18, 20, 11);
const NOW_MONO = 9 * DAY_MS;

function instant(agoMs = 0): Instant {
  return { boot: "b-1", mono: NOW_MONO - agoMs, utc: NOW_UTC - agoMs, tq: "S", err: 20 };
}

const machine = {
  maker: "Nordwind",
  model: "SK 37",
  serialNumber: "NW-2026-0417",
  location: "Hall 3, Bremen",
};

/** Hours of the states after a number of whole days of work in shifts. */
function registersAfter(days: number): Registers {
  return {
    working: days * 7 * HOUR_MS + (days % 7) * 1_234_567,
    idle: days * 3 * HOUR_MS,
    standby: days * 5 * HOUR_MS,
    off: days * 8 * HOUR_MS,
    fault: Math.floor(days / 9) * 1_900_000,
    unknown: Math.floor(days / 11) * 2_400_000,
    starts: days * 6,
    loads: days * 41,
    overload: 0,
    maintenance: 0,
    cycles: 0,
    strokes: 0,
  };
}

const DAYS = 31;

export function usageDays(): UsageDay[] {
  return Array.from({ length: DAYS }, (_, index) => ({
    day: new Date(NOW_UTC - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10),
    registers: registersAfter(index + 1),
    simulated: index < DAYS - 1,
  }));
}

export function signalSummaries(): SignalSummary[] {
  const rows: [string, string, string, string][] = [
    ["supplyVoltage", "Supply voltage, phase to phase", "V", "compressor"],
    ["motorCurrent", "Main motor current", "A", "compressor"],
    ["oilPressure", "Oil pressure after the filter", "bar", "compressor"],
    ["dischargeTemperature", "Air-end discharge temperature", "Cel", "compressor"],
    ["faultWord", "Fault word of the compressor's controller", "1", "compressor"],
    ["bearingKurtosis", "Drive-end bearing of the main motor, kurtosis", "1", "accelerometer"],
  ];
  return rows.map(([name, description, unit, source]) => ({
    name,
    description,
    unit,
    source,
    range: [null, null],
    staleMs: 5_000,
  }));
}

export function liveValues(seconds = 0): MeterState["values"] {
  const wave = Math.sin(seconds / 7);
  const good = (value: number, age: number) => ({ value, quality: "good", age }) as const;
  return {
    supplyVoltage: good(400.3 + Math.round(wave * 12) / 10, 410),
    motorCurrent: good(61.4 + Math.round(wave * 70) / 10, 410),
    oilPressure: good(7.84 + Math.round(wave * 21) / 100, 410),
    dischargeTemperature: good(82.4 + Math.round(wave * 13) / 10, 410),
    faultWord: good(0, 410),
    bearingKurtosis: good(3.02 + Math.round(wave * 8) / 100, 620),
  };
}

function devices(): MeterState["devices"][number][] {
  return [
    {
      name: "compressor",
      bus: "controller",
      driver: "modbus",
      state: "up",
      reads: 648_211,
      skippedReads: 0,
      errors: { BUS_TIMEOUT: 3, BUS_CLOSED: 1 },
      lastError: {
        code: "BUS_TIMEOUT",
        message: "compressor on controller (127.0.0.1:8502) did not answer within 500 ms",
        age: 5_400_000,
      },
      lastGoodAge: 410,
      roundTripMs: 1.6,
      roundTrips: { minMs: 1, meanMs: 1.7, maxMs: 12 },
      requests: 648_230,
      answers: 648_226,
    },
    {
      name: "accelerometer",
      bus: "vibration",
      driver: "waveform",
      state: "up",
      reads: 0,
      skippedReads: 0,
      errors: {},
      lastError: null,
      lastGoodAge: 20,
      roundTripMs: null,
      roundTrips: null,
      requests: 0,
      answers: 0,
    },
  ];
}

export function meterState(usage: UsageState = "WORKING"): MeterState {
  return {
    machine,
    controller: "5f0c1d9a7be24c38a1f06d52b3e97714",
    time: instant(),
    usage: {
      state: usage,
      sinceMono: NOW_MONO - 2_464_000,
      mode: "Processing",
      overload: false,
      source: null,
      registers: registersAfter(31),
      periods: { rental: null, trip: null },
    },
    services: [],
    ledger: {
      controller: "5f0c1d9a7be24c38a1f06d52b3e97714",
      origin: "telltale/usage/5f0c1d9a7be24c38a1f06d52b3e97714",
      key: "telltale/usage/5f0c1d9a7be24c38a1f06d52b3e97714+00000000+AQ==",
      segment: 1,
      size: 3_112,
      pendingLeaves: 0,
      lease: null,
    },
    values: liveValues(),
    devices: devices(),
    diagnosis: [],
    alarms: [],
    journal: {
      epoch: EPOCH,
      oldest: 1,
      newest: 48_211,
      pendingRows: 0,
      droppedRows: 0,
      refusal: null,
      bytes: 11_300_000,
    },
    configuration: {
      file: "firmware/examples/demo/machine.yaml",
      inForce: "given",
      sha256: null,
      problems: [],
    },
  };
}

export function hello(): Hello {
  const { controller, journal, time } = meterState();
  const { epoch, oldest, newest } = journal;
  return {
    t: "hello",
    v: 1,
    controller,
    machine,
    epoch,
    boot: time.boot,
    oldest,
    newest,
    acked: {},
    time,
    limits: LIMITS,
    rights: ["read"],
  };
}

/** What every record carries. */
export function head(
  seq: number,
  agoMs: number,
): Omit<SampleRecord, "kind" | "signal" | "value" | "quality" | "class"> {
  return { seq, ...instant(agoMs) };
}

export function panelStatus(): PanelStatus {
  return {
    meter: "running",
    lastDataAge: 400,
    lastEnd: null,
    configuration: meterState().configuration,
    witnesses: [],
    endpoints: { stream: "ws://127.0.0.1:8420/stream", opcua: "opc.tcp://127.0.0.1:4840" },
  };
}

/** Registers that a record of an alarm carries; the page does not show them. */
export const registers: Registers = registersAfter(31);
