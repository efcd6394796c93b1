// How fast the built bundle begins to count and to serve, and what it holds in memory while the
// demo runs: the two processes and nothing of a checkout. It takes half an hour, because a leak
// that matters in ten years shows in minutes only when it is large; TELLTALE_FOOTPRINT_MINUTES
// shortens it.

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { scratchDirectory } from "../runtime/testing/scratch-directory.ts";
import { type Benchmark, figure, median } from "./harness.ts";

const ROOT = join(import.meta.dirname, "..");
const PROGRAM = join(ROOT, "dist", "telltale.js");
const DEMO = join(ROOT, "firmware", "examples", "demo");
const STARTS = 5;
const MINUTES_DEFAULT = 30;
/** While caches fill and the first garbage is not yet collected, growth means nothing. */
const SETTLING_SHARE = 1 / 3;
const LOOK_EVERY_MS = 5_000;
const READY_MS_MAX = 30_000;

/** Free ports in place of the demo's, so that a running demo is not disturbed. */
const PORTS = [8502, 8503, 8420, 4840] as const;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

interface Site {
  readonly file: string;
  readonly plant: ChildProcess;
}

/** The demo's plant and machine file on ports of their own. */
async function openSite(directory: string): Promise<Site> {
  let text = readFileSync(join(DEMO, "machine.yaml"), "utf8");
  const ports = new Map<number, number>();
  for (const port of PORTS) {
    ports.set(port, await freePort());
    text = text.replaceAll(String(port), String(ports.get(port)));
  }
  const file = join(directory, "machine.yaml");
  writeFileSync(file, text);
  const args = ["--modbus-port", `${ports.get(8502)}`, "--waveform-port", `${ports.get(8503)}`];
  const plant = spawn(process.execPath, [join(DEMO, "plant.ts"), ...args], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(createInterface(plant.stdout!), "line");
  return { file, plant };
}

interface Running {
  readonly process: ChildProcess;
  /** Milliseconds from the start until the log said so. */
  ready(what: "meter" | "OPC UA"): Promise<number>;
}

function startRuntime(file: string, data: string): Running {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [PROGRAM, "run", file, "--data", data], {
    stdio: ["ignore", "inherit", "pipe"],
  });
  const seen = new Map<string, number>();
  const waiting = new Map<string, (ms: number) => void>();
  createInterface(child.stderr!).on("line", (line) => {
    const { msg, process: name, endpoint } = JSON.parse(line) as Record<string, string>;
    if (msg !== "ready") return;
    const what = name === "meter" ? "meter" : (endpoint ?? "");
    const ms = performance.now() - startedAt;
    seen.set(what, ms);
    waiting.get(what)?.(ms);
  });
  return {
    process: child,
    ready: (what) =>
      new Promise((resolve, reject) => {
        const ms = seen.get(what);
        if (ms !== undefined) return resolve(ms);
        waiting.set(what, resolve);
        setTimeout(() => reject(new Error(`${what} was not ready`)), READY_MS_MAX).unref();
      }),
  };
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  await ended;
}

/** Resident memory of the two processes in MiB, by their names on the command line. */
function residentOf(parent: number): { readonly meter: number; readonly gateway: number } {
  const children = readFileSync(`/proc/${parent}/task/${parent}/children`, "utf8");
  const found = { meter: 0, gateway: 0 };
  for (const pid of children.trim().split(" ")) {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    const resident = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    const name = command.includes("meter") ? "meter" : "gateway";
    found[name] = Number(resident![1]) / 1_024;
  }
  return found;
}

/** Growth in MiB an hour: the slope of the least-squares line through the looks. */
function slope(looks: readonly number[]): number {
  const hours = looks.map((_, index) => (index * LOOK_EVERY_MS) / 3_600_000);
  const mean = (numbers: readonly number[]) =>
    numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const [meanHour, meanLook] = [mean(hours), mean(looks)];
  let above = 0;
  let below = 0;
  hours.forEach((hour, index) => {
    above += (hour - meanHour) * (looks[index]! - meanLook);
    below += (hour - meanHour) ** 2;
  });
  return above / below;
}

async function coldStarts(file: string, directory: string) {
  const meter: number[] = [];
  const opcua: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const running = startRuntime(file, join(directory, `cold-${start}`));
    meter.push((await running.ready("meter")) / 1_000);
    opcua.push((await running.ready("OPC UA")) / 1_000);
    await stop(running.process);
  }
  return { meter: median(meter), opcua: median(opcua) };
}

async function memory(file: string, directory: string, minutes: number) {
  const running = startRuntime(file, join(directory, "memory"));
  await running.ready("OPC UA");
  const meter: number[] = [];
  const gateway: number[] = [];
  const looks = Math.ceil((minutes * 60_000) / LOOK_EVERY_MS);
  for (let look = 0; look < looks; look++) {
    await sleep(LOOK_EVERY_MS);
    const resident = residentOf(running.process.pid!);
    meter.push(resident.meter);
    gateway.push(resident.gateway);
  }
  await stop(running.process);
  const settled = Math.floor(looks * SETTLING_SHARE);
  return { meter: meter.slice(settled), gateway: gateway.slice(settled) };
}

export const footprint: Benchmark = {
  name: "footprint",
  summary: "cold start and resident memory of the built bundle (30 min)",
  async *lines() {
    execFileSync(process.execPath, [join(ROOT, "deploy", "build.ts")], { stdio: "ignore" });
    if (!existsSync(PROGRAM)) throw new Error("the build made no program");
    using directory = scratchDirectory();
    const { file, plant } = await openSite(directory.path);
    try {
      const starts = await coldStarts(file, directory.path);
      const start = { unit: "s", better: "lower" } as const;
      yield figure({ ...start, line: "start to first millisecond", goal: 1.5, ours: starts.meter });
      yield figure({ ...start, line: "start to OPC UA listening", goal: 3, ours: starts.opcua });
      const minutes = Number(process.env["TELLTALE_FOOTPRINT_MINUTES"] ?? MINUTES_DEFAULT);
      const { meter, gateway } = await memory(file, directory.path, minutes);
      const resident = { unit: "MiB", better: "lower" } as const;
      const over = `${minutes} min`;
      yield figure({
        ...resident,
        line: `meter, most, ${over}`,
        goal: 90,
        ours: Math.max(...meter),
      });
      yield figure({
        ...resident,
        line: `gateway, most, ${over}`,
        goal: 190,
        ours: Math.max(...gateway),
      });
      const growth = { unit: "MiB/h", better: "lower", goal: 2 } as const;
      yield figure({ ...growth, line: `meter, growth, ${over}`, ours: slope(meter) });
      yield figure({ ...growth, line: `gateway, growth, ${over}`, ours: slope(gateway) });
    } finally {
      plant.stdin!.end();
    }
  },
};
