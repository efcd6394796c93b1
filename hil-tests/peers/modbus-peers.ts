// Modbus devices that the rig did not write: pymodbus and libmodbus in processes of their own. Both
// obey the same lines.

import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { ModbusPeer, Settings } from "../place.ts";
import { LineProcess } from "./line-process.ts";

const PYTHON = "/usr/bin/python3";
const SERVER = join(import.meta.dirname, "modbus_server.py");
const SLAVE_SOURCE = join(import.meta.dirname, "rtu-slave.c");
/** A second of compiling, and a second or two of importing. */
const PROBE_MS_MAX = 60_000;

type Missing = { readonly missing: string };

/** Why pymodbus cannot be run here; null where it can. */
export function pymodbusMissing(): string | null {
  const modules = "pymodbus, serial, serial_asyncio, pymodbus.server.async_io";
  const { status } = spawnSync(PYTHON, ["-c", `import ${modules}`], {
    stdio: "ignore",
    timeout: PROBE_MS_MAX,
  });
  return status === 0 ? null : "python3-pymodbus with python3-serial-asyncio is not installed";
}

/** The slave that is built on libmodbus, compiled once; or why it cannot be had here. */
export function libmodbusSlave(): { readonly program: string } | Missing {
  if (!existsSync("/usr/include/modbus/modbus.h"))
    return { missing: "libmodbus-dev is not installed" };
  if (spawnSync("gcc", ["--version"], { stdio: "ignore" }).status !== 0) {
    return { missing: "gcc is not installed" };
  }
  const source = readFileSync(SLAVE_SOURCE);
  const version = createHash("sha256").update(source).digest("hex").slice(0, 12);
  const folder = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "telltale-rig");
  const program = join(folder, `rtu-slave-${version}`);
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    // Renamed when it is whole: two runs may compile at the same time.
    const unfinished = `${program}.${process.pid}`;
    execFileSync("gcc", ["-O2", "-o", unfinished, SLAVE_SOURCE, "-lmodbus"], {
      timeout: PROBE_MS_MAX,
    });
    renameSync(unfinished, program);
  }
  return { program };
}

/** A slave on a serial port. */
export function startLibmodbus(
  program: string,
  port: string,
  baudRate: number,
  unitId: number,
): Promise<LineProcess> {
  return LineProcess.start(program, [port, String(baudRate), String(unitId)]);
}

/** `where` is a TCP port, or the file of a serial one. */
export function startPymodbus(
  kind: "tcp" | "rtu-over-tcp" | "rtu" | "ascii",
  where: string | number,
  baudRate: number,
  unitId: number,
): Promise<LineProcess> {
  const line = kind === "rtu" || kind === "ascii" ? [String(baudRate)] : [];
  return LineProcess.start(PYTHON, [SERVER, kind, String(where), ...line, String(unitId)]);
}

/** `process` is asked for at each use: a server that was stopped and started is another one. */
export function modbusPeer(
  process: () => LineProcess,
  bus: Settings,
  device: Settings,
): ModbusPeer {
  return {
    bus,
    device,
    software: process().greeting,
    async set(register, value) {
      await process().ask(`set ${register} ${value}`);
    },
    get: async (register) => Number(await process().ask(`get ${register}`)),
    async setCoil(coil, on) {
      await process().ask(`coil ${coil} ${on ? 1 : 0}`);
    },
  };
}
