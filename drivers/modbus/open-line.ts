// Makes the line that a bus's settings describe, with what each transport needs to be safe.

import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { SerialPortSettings } from "../shared/serial-port.ts";
import { type OpenPort, serialOpener, socketOpener } from "./byte-port.ts";
import { FramedLine } from "./framed-line.ts";
import { ascii, rtu } from "./framing.ts";
import type { ModbusLine } from "./line.ts";
import type { BusSettings, Transport } from "./settings.ts";
import { TcpLine } from "./tcp-line.ts";

const CONNECT_TIMEOUT_MS = 3_000;
const TCP_PORT = 502;
const BAUD_RATE = 9_600;

/**
 * Where nothing is declared. With transaction ids a fresh connection protects; a serial port and
 * its driver hold an answer back for some ten milliseconds, a device server for longer.
 */
const LATENESS_MAX_MS: Readonly<Record<Transport, number>> = {
  tcp: 0,
  rtu: 100,
  ascii: 100,
  "rtu-over-tcp": 500,
};

/** Silence that parts frames: 3.5 characters, and a fixed time above 19,200 baud (clause 2.5.1). */
const GAP_CHARACTERS = 3.5;
const GAP_FAST_MS = 1.75;
const FAST_BAUD_RATE = 19_200;

export interface LineParts {
  readonly name: string;
  readonly settings: BusSettings;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

/** Nothing is opened before the first request. */
export function makeLine({ name, settings, ...tools }: LineParts): ModbusLine {
  const { transport, turnaround = 0, echo = false } = settings;
  const latenessMaxMs = settings.latenessMax ?? LATENESS_MAX_MS[transport];
  if (transport === "tcp" || transport === "rtu-over-tcp") {
    const target = {
      host: settings.host!,
      port: settings.port === undefined ? TCP_PORT : Number(settings.port),
      connectTimeoutMs: settings.connectTimeout ?? CONNECT_TIMEOUT_MS,
    };
    const place = `Bus ${name} (${target.host}:${target.port})`;
    if (transport === "tcp") return new TcpLine({ place, target, latenessMaxMs, ...tools });
    const open = socketOpener(target, place, tools.timers);
    const gapMs = Math.max(turnaround, Math.ceil(GAP_FAST_MS));
    const line = { reopensWhenMute: true, characterMs: 0, gapMs };
    return new FramedLine({ place, framing: rtu, open, latenessMaxMs, echo, ...line, ...tools });
  }
  const port = serialSettings(settings);
  const place = `Bus ${name} (${port.port})`;
  const characterMs = (1_000 * bitsPerCharacter(port)) / port.baudRate;
  const silenceMs = port.baudRate > FAST_BAUD_RATE ? GAP_FAST_MS : GAP_CHARACTERS * characterMs;
  const open: OpenPort = serialOpener(port, place, tools.timers);
  const gapMs = Math.max(turnaround, Math.ceil(silenceMs));
  const framing = transport === "ascii" ? ascii : rtu;
  const line = { reopensWhenMute: false, characterMs, gapMs };
  return new FramedLine({ place, framing, open, latenessMaxMs, echo, ...line, ...tools });
}

function serialSettings(settings: BusSettings): SerialPortSettings {
  return {
    port: String(settings.port),
    baudRate: settings.baudRate ?? BAUD_RATE,
    dataBits: settings.dataBits ?? 8,
    parity: settings.parity ?? "none",
    stopBits: settings.stopBits ?? 1,
    rtscts: settings.rtscts ?? false,
  };
}

function bitsPerCharacter({ dataBits, parity, stopBits }: SerialPortSettings): number {
  return 1 + dataBits + (parity === "none" ? 0 : 1) + stopBits;
}
