// What a machine file may say and its author may yet not mean. A warning stops nothing.

import type { Checker } from "../../runtime/schema/issues.ts";
import { STATE_RULES } from "../../runtime/usage/usage-rules.ts";
import type { Machine } from "./machine.ts";
import { warnOfUsage } from "./usage-warnings.ts";

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

export function warnOf(machine: Machine, { tree, problems }: Checker): void {
  const { http, opcua } = machine.endpoints;
  if (!isLoopback(http.host)) {
    const path = ["endpoints", "http", "host"];
    const who = "whoever reaches it can read the page and the stream";
    problems.add(tree.at(path), path, `${http.host} is open to the network: ${who}`);
  }
  if (opcua !== null && !isLoopback(opcua.host)) {
    const path = ["endpoints", "opcua", "host"];
    problems.add(tree.at(path), path, `${opcua.host} is open to the network`);
  }
  if (opcua?.anonymous) {
    const path = ["endpoints", "opcua", "anonymous"];
    const message = "anybody who reaches the OPC UA port can read, unencrypted; for demos only";
    problems.add(tree.at(path), path, message);
  }
  if (machine.signals.length === 0) {
    problems.add(tree.keyAt(["signals"]), ["signals"], "there are none: nothing will be read");
  }
  if (STATE_RULES.every((state) => machine.usage[state] === undefined)) {
    const message = "there are no rules: no hours are counted, the state stays UNKNOWN";
    problems.add(tree.keyAt(["usage"]), ["usage"], message);
  }
  warnOfUsage(machine, { tree, problems });
  for (const bus of machine.buses) {
    for (const device of bus.devices) {
      if (device.points.length > 0) continue;
      const path = ["devices", device.name];
      problems.add(tree.keyAt(path), path, "no signal and no waveform is read from it");
    }
  }
}
