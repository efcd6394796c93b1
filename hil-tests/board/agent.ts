// Runs in the guest, as the only child of its process 1: does what the host asks over one TCP
// connection, one JSON object for each line, and opens further connections for tunnels to sockets
// in the guest. A Node program, because a shell that starts a process for every question is slow
// under software emulation. Started with the port on the host's side.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import {
  type FromAgent,
  HOST_ADDRESS,
  OUTPUT_CHARACTERS_MAX,
  type ToAgent,
} from "./agent-words.ts";

const port = Number(process.argv[2]);
const host = connect(port, HOST_ADDRESS);
const started = new Map<number, ChildProcess>();

function tell(message: FromAgent): void {
  host.write(`${JSON.stringify(message)}\n`);
}

/** Keeps the end of what a process said: what it said last tells why it ended. */
function keepTail(text: string, more: string): string {
  return (text + more).slice(-OUTPUT_CHARACTERS_MAX);
}

function start(id: number, { command, environment }: Extract<ToAgent, { do: "start" }>): void {
  const [program, ...args] = command;
  const child = spawn(program!, args, {
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (text: Buffer) => {
    out = keepTail(out, text.toString());
  });
  child.stderr.on("data", (text: Buffer) => {
    error = keepTail(error, text.toString());
  });
  child.on("error", (problem) => {
    error = keepTail(error, problem.message);
    if (child.pid === undefined) tell({ id, ended: { status: 127, signal: null, out, error } });
  });
  child.on("close", (status, signal) => {
    if (child.pid === undefined) return;
    started.delete(child.pid);
    tell({ id, ended: { status, signal, out, error } });
  });
  if (child.pid === undefined) return;
  started.set(child.pid, child);
  tell({ id, started: child.pid });
}

/** The one socket in a folder; a path that nobody listens at where there is none yet. */
function socketIn(folder: string): string {
  const name = readdirSync(folder).find((entry) => entry.endsWith(".sock"));
  return join(folder, name ?? "none");
}

function tunnel(number: number, target: string): void {
  const outer = connect(port, HOST_ADDRESS);
  const inner = /^\d+$/.test(target)
    ? connect(Number(target), "127.0.0.1")
    : connect(socketIn(target));
  outer.write(`tunnel ${number}\n`);
  outer.pipe(inner).pipe(outer);
  // Either end may go at any time; the other is told by its own end.
  outer.on("error", () => inner.destroy()).on("close", () => inner.destroy());
  inner.on("error", () => outer.destroy()).on("close", () => outer.destroy());
}

function answer(message: ToAgent): void {
  const { id } = message;
  try {
    switch (message.do) {
      case "start":
        start(id, message);
        return;
      case "signal":
        process.kill(message.pid, message.signal);
        tell({ id, done: "" });
        return;
      case "write":
        if (message.makesFolder) mkdirSync(dirname(message.path), { recursive: true });
        writeFileSync(message.path, Buffer.from(message.base64, "base64"));
        tell({ id, done: "" });
        return;
      case "read":
        tell({ id, done: readFileSync(message.path).toString("base64") });
        return;
      case "tunnel":
        tunnel(message.number, message.target);
        tell({ id, done: "" });
        return;
    }
  } catch (error) {
    tell({ id, failed: error instanceof Error ? error.message : String(error) });
  }
}

host.once("connect", () => {
  host.setNoDelay(true);
  host.write("agent\n");
  const lines = createInterface({ input: host });
  // The connection's own listener says it.
  lines.on("error", () => {});
  lines.on("line", (line) => answer(JSON.parse(line) as ToAgent));
});
host.on("error", (error) => console.error(`board: the agent lost the host: ${error.message}`));
host.on("close", () => process.exit(0));
