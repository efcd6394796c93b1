// The face of the compressor's controller on the network: a Modbus TCP server on loopback.

import { createServer } from "node:net";
import { ServerTCP } from "modbus-serial";
import type { Compressor } from "./compressor.ts";
import {
  HOURS_HIGH_REGISTER,
  HOURS_LOW_REGISTER,
  INPUT_REGISTERS_COUNT,
  REGISTER_SIGNALS,
  rawRegisters,
  START_INHIBIT_COIL,
  UNIT_ID,
} from "./registers.ts";

const HOST = "127.0.0.1";
/**
 * modbus-serial takes port 0 for its default, so we look for a free port; another may be faster.
 */
const FREE_PORT_ATTEMPTS_MAX = 5;
const ILLEGAL_DATA_ADDRESS = 2;

export class ControllerServer {
  readonly #compressor: Compressor;
  readonly #raw = new Float64Array(REGISTER_SIGNALS.length);
  #server: ServerTCP | null = null;

  constructor(compressor: Compressor) {
    this.#compressor = compressor;
  }

  /** Listens and gives the port; port 0 takes any that is free. Rejects with the system's error. */
  async open(port: number): Promise<number> {
    for (let attempt = 1; ; attempt++) {
      const chosen = port === 0 ? await freePort() : port;
      try {
        await this.#listen(chosen);
        return chosen;
      } catch (error) {
        if (port !== 0 || attempt === FREE_PORT_ATTEMPTS_MAX) throw error;
      }
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  #listen(port: number): Promise<void> {
    const server = new ServerTCP(this.#vector(), { host: HOST, port, unitID: UNIT_ID });
    return new Promise((resolve, reject) => {
      server.on("serverError", reject as (error: Error | null) => void);
      server.on("initialized", () => {
        this.#server = server;
        resolve();
      });
    });
  }

  /** An address that the map does not have is answered with exception 2, as controllers do. */
  #vector() {
    return {
      getInputRegister: (address: number): number => {
        if (address >= INPUT_REGISTERS_COUNT) throw illegalAddress();
        return this.#read(address) & 0xffff;
      },
      getHoldingRegister: (address: number): number => {
        const counts = this.#read(REGISTER_SIGNALS.indexOf("controllerHours"));
        if (address === HOURS_HIGH_REGISTER) return (counts >>> 16) & 0xffff;
        if (address === HOURS_LOW_REGISTER) return counts & 0xffff;
        throw illegalAddress();
      },
      getCoil: (address: number): boolean => {
        if (address !== START_INHIBIT_COIL) throw illegalAddress();
        return this.#compressor.state.startInhibited;
      },
      getDiscreteInput: (): boolean => {
        throw illegalAddress();
      },
      setCoil: (address: number, value: boolean): void => {
        if (address !== START_INHIBIT_COIL) throw illegalAddress();
        this.#compressor.inhibitStart(value);
      },
      setRegister: (): void => {
        throw illegalAddress();
      },
    };
  }

  #read(position: number): number {
    rawRegisters(this.#raw, this.#compressor.state);
    return this.#raw[position]!;
  }
}

function illegalAddress(): Error {
  const error = new Error("no such address");
  return Object.assign(error, { modbusErrorCode: ILLEGAL_DATA_ADDRESS });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, HOST, () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
