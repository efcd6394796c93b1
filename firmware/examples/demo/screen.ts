// The one screen of `npm start`: where to look, said when there is something to be seen there.

import { STREAM_PATH } from "../../../protocols/stream/frames.ts";
import type { Timer } from "../../../runtime/signal/timers.ts";
import { sshTarget } from "../../host/environment.ts";
import { hostTimers } from "../../host/timers.ts";
import type { Machine } from "../../machine-file/machine.ts";

/** How long the screen waits for the rest once the first part of it is ready. */
const REST_MS_MAX = 3_000;

export type Part = "meter" | "status page" | "OPC UA";
type State = "waiting" | "ready" | "unavailable";

/** Shows the screen once: when all of it is decided, or a moment after the first part is ready. */
export class DemoScreen {
  readonly #machine: Machine | null;
  readonly #directory: string;
  readonly #show: (line: string) => void;
  readonly #states = new Map<Part, State>();
  #grace: Timer | null = null;
  #isShown = false;

  constructor(machine: Machine | null, directory: string, show: (line: string) => void) {
    this.#machine = machine;
    this.#directory = directory;
    this.#show = show;
    this.#states.set("status page", "waiting");
    if (machine !== null) this.#states.set("meter", "waiting");
    if (machine?.endpoints.opcua) this.#states.set("OPC UA", "waiting");
  }

  /** Something that serves, or cannot because its port is taken. Others than our parts are none. */
  hear(part: string, state: "ready" | "unavailable"): void {
    if (this.#isShown || !this.#states.has(part as Part)) return;
    this.#states.set(part as Part, state);
    if ([...this.#states.values()].every((each) => each !== "waiting")) this.#print();
    else if (state === "ready") this.#grace ??= hostTimers.after(REST_MS_MAX, () => this.#print());
  }

  close(): void {
    this.#grace?.cancel();
    this.#isShown = true;
  }

  #print(): void {
    this.close();
    for (const line of screenLines(this.#machine, this.#directory, this.#states)) this.#show(line);
  }
}

/** In one screen of 80 columns. */
function screenLines(
  machine: Machine | null,
  directory: string,
  states: ReadonlyMap<Part, State>,
): readonly string[] {
  if (machine === null) return ["No machine file is in force; the status page lists the problems."];
  const { http, opcua } = machine.endpoints;
  const { maker, model, serialNumber } = machine.identity;
  const ssh = sshTarget();
  const name = `${maker} ${model}, ${serialNumber}`;
  const missing = (part: Part, port: number) =>
    states.get(part) === "unavailable"
      ? `not available: port ${port} is in use or not allowed`
      : "not there yet: the log will say when it is";
  const page = states.get("status page") === "ready";
  const plant = states.get("OPC UA") === "ready";
  const pageAt = page ? `http://${http.host}:${http.port}/` : missing("status page", http.port);
  const noPlant = missing("OPC UA", opcua?.port ?? 0);
  return [
    "",
    states.get("meter") === "ready"
      ? `  Telltale is metering ${name}.`
      : `  Telltale is not metering ${name} yet; its log says why.`,
    "",
    `  Status page   ${pageAt}`,
    ...(page
      ? [`  WebSocket     ws://${http.host}:${http.port}${STREAM_PATH}  (telltale.stream.v1)`]
      : []),
    ...(opcua
      ? [`  OPC UA        ${plant ? `opc.tcp://${opcua.host}:${opcua.port}` : noPlant}`]
      : []),
    ...(opcua?.anonymous && plant
      ? ["                anonymous, unencrypted, read-only: for a demo on loopback only"]
      : []),
    ...(ssh && page
      ? [
          "",
          "  You are here over SSH. On your own computer, for the page in your browser:",
          `    ssh -L ${http.port}:${http.host}:${http.port} ${ssh}`,
        ]
      : []),
    "",
    `  More          npx telltale status --data ${directory}`,
    `                npx telltale tail   --data ${directory}`,
    `  Data          ${directory}`,
    "  Stop          Ctrl-C",
    "",
  ];
}
