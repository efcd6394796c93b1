// Starts the demo's plant beside us. It ends when its standard input closes, so it cannot outlive
// us.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { Fault } from "../../runtime/signal/fault.ts";

export interface PlantProcess {
  stop(): Promise<void>;
}

/** Resolves when the plant listens. */
export async function startPlant(script: string, args: readonly string[]): Promise<PlantProcess> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = (said + text.toString()).slice(-2_000);
  });
  const ended = once(child, "exit");
  const listening = once(createInterface(child.stdout), "line").then(() => true);
  const isUp = await Promise.race([listening, ended.then(() => false)]);
  if (!isUp) {
    throw new Fault(
      "PORT_IN_USE",
      `the demo's plant could not start: ${said.trim()}`,
      "is another demo running? End it first",
    );
  }
  return {
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
