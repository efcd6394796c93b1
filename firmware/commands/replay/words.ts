// What a replay prints: a line for each thing that a running meter would show, with the recording's
// own time, or the same as JSON.

import type { Finding } from "../../../runtime/diagnosis/finding.ts";
import type { AlarmBody, Kind } from "../../../runtime/journal/record.ts";
import type { UsageState } from "../../../runtime/usage/usage-state.ts";
import { terminal } from "../terminal.ts";
import type { ReplayEars } from "./replayed-meter.ts";

/** Kinds of records that a person follows; the others are in the journal. */
const SHOWN: ReadonlySet<Kind> = new Set<Kind>(["alarm", "usage", "conflict", "waveform"]);

export class ReplayReport implements ReplayEars {
  readonly counts = { findings: 0, alarmsRaised: 0 };
  readonly #asJson: boolean;
  readonly #beginsAt: number;
  /** Ids that were told and not taken back: a finding is told once. */
  readonly #standing = new Set<string>();
  #state: UsageState | null = null;

  constructor(asJson: boolean, beginsAt: number) {
    this.#asJson = asJson;
    this.#beginsAt = beginsAt;
  }

  found(finding: Finding, at: number): void {
    const { id, fault, part, confidence, evidence } = finding;
    if (this.#asJson) this.#print("finding", at, finding);
    if (this.#standing.has(id)) return;
    this.#standing.add(id);
    this.counts.findings++;
    if (this.#asJson) return;
    const speed = evidence.speedRpm === null ? "" : ` at ${Math.round(evidence.speedRpm)} rpm`;
    const where = part === null ? "" : ` of ${part}`;
    const sure = `confidence ${Math.floor(confidence * 100)} %`;
    this.#line(at, "finding", `${finding.source}: ${fault}${where}${speed}, ${sure}`);
  }

  gone(id: string, at: number): void {
    if (!this.#standing.delete(id)) return;
    if (this.#asJson) this.#print("gone", at, { id });
    else this.#line(at, "gone", id);
  }

  recorded(kind: Kind, body: object, at: number): void {
    if (!SHOWN.has(kind)) return;
    if (kind === "alarm" && (body as AlarmBody).event === "raised") this.counts.alarmsRaised++;
    if (this.#asJson) this.#print(kind, at, body);
    else if (kind === "alarm") this.#alarm(body as AlarmBody, at);
    else if (kind === "usage") this.#usage(body as UsageWords, at);
    else if (kind === "waveform") this.#line(at, "kept", "the waveform around the alarm");
    else this.#line(at, kind, JSON.stringify(body));
  }

  #alarm({ id, event, state, text }: AlarmBody, at: number): void {
    this.#line(at, "ALARM", `${id} ${event ?? state}: ${text}`);
  }

  #usage({ state, registers }: UsageWords, at: number): void {
    // The same state again is only a reminder of the hours.
    if (state === this.#state) return;
    this.#state = state;
    this.#line(at, state, `${hoursOf(registers.working)} h worked`);
  }

  #line(at: number, word: string, words: string): void {
    terminal.out(`${clockWords(at - this.#beginsAt)}  ${word.padEnd(8)} ${words}`);
  }

  #print(kind: string, at: number, body: object): void {
    terminal.out(JSON.stringify({ kind, atMs: at - this.#beginsAt, ...body }));
  }
}

interface UsageWords {
  readonly state: UsageState;
  readonly registers: { readonly working: number };
}

/** `0:01:02.250`; days are hours beyond 24. */
export function clockWords(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3_600);
  const rest = String(Math.floor(ms % 1_000)).padStart(3, "0");
  return `${hours}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${rest}`;
}

export function hoursOf(ms: number): string {
  return (ms / 3_600_000).toFixed(4);
}
