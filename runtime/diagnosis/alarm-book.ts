// Every alarm of one machine with its state after IEC 62682 (ISA-18.2): limits of the machine file,
// findings of the diagnosis, and what the controller says of itself. It judges nothing; it is told
// that something holds or is over, and what people do about it. Each change is one record.

import type { AlarmBody } from "../journal/record.ts";
import type { Clock, Instant, Mono } from "../signal/instant.ts";
import type { Registers } from "../usage/usage-state.ts";
import {
  type Acknowledgement,
  type AlarmEvent,
  type AlarmFacts,
  type AlarmStanding,
  type Onset,
  type Shelf,
  shelfRestMs,
  takenOver,
} from "./alarm-state.ts";

export interface StandingAlarm extends AlarmBody {
  readonly since: Instant;
}

export interface AlarmBookOptions {
  readonly clock: Clock;
  readonly registers: () => Registers;
  /** Told of each change, in order; the body is what the journal gets. */
  readonly onChange: (body: AlarmBody, at: Mono) => void;
}

/** `repeated`: it is so already, and nothing is done. */
export type AlarmVerdict = "does" | "repeated" | "unknown-alarm" | "not-standing" | "not-shelved";

export interface PersonalShelf {
  readonly by: string;
  readonly because: string;
  readonly forMs: number;
}

interface Entry {
  facts: AlarmFacts;
  /** It is of the machine file, and stays known while it is normal. */
  readonly declared: boolean;
  active: boolean;
  standing: AlarmStanding;
  onset: Onset | null;
  acknowledged: Acknowledgement | null;
  shelf: Shelf | null;
}

export class AlarmBook {
  readonly #options: AlarmBookOptions;
  readonly #entries = new Map<string, Entry>();

  constructor(options: AlarmBookOptions) {
    this.#options = options;
  }

  /** An alarm that can be shelved before it was ever raised. */
  declare(facts: AlarmFacts): void {
    this.#entries.set(facts.id, normal(facts, true));
  }

  /** What stands or is shelved: what people have to see. Registers are those of its onset. */
  get standing(): readonly StandingAlarm[] {
    return [...this.#entries.values()]
      .filter(({ standing, shelf }) => standing !== "normal" || shelf !== null)
      .map((entry) => this.#standing(entry));
  }

  isActive(id: string): boolean {
    return this.#entries.get(id)?.active ?? false;
  }

  /** It holds. One that holds already is told anew where it says something else, or is graver. */
  raise(facts: AlarmFacts, at: Mono): void {
    const entry = this.#entries.get(facts.id) ?? this.#add(facts);
    const before = entry.facts;
    const wasActive = entry.active;
    if (wasActive && facts.severity <= before.severity && facts.text === before.text) return;
    entry.facts = facts;
    entry.active = true;
    if (wasActive && facts.severity <= before.severity) {
      this.#tell(entry, "updated", at);
      return;
    }
    entry.standing = "unacknowledged-active";
    entry.acknowledged = null;
    if (!wasActive) {
      const { clock, registers } = this.#options;
      entry.onset = { at: clock.instantAt(at), registers: registers() };
    }
    this.#tell(entry, wasActive ? "escalated" : "raised", at);
  }

  /** It holds no more. A latched one that nobody has acknowledged goes on standing. */
  clear(id: string, at: Mono): void {
    const entry = this.#entries.get(id);
    if (!entry?.active) return;
    entry.active = false;
    const waits = entry.facts.latch && entry.standing === "unacknowledged-active";
    entry.standing = waits ? "returned-unacknowledged" : "normal";
    this.#tell(entry, "cleared", at);
    this.#forgetIfNormal(entry);
  }

  mayAcknowledge(id: string): AlarmVerdict {
    const standing = this.#entries.get(id)?.standing;
    if (standing === undefined) return "unknown-alarm";
    if (standing === "normal") return "not-standing";
    return standing === "acknowledged-active" ? "repeated" : "does";
  }

  acknowledge(id: string, by: string, comment: string, at: Mono): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || this.mayAcknowledge(id) !== "does") return;
    entry.standing = entry.active ? "acknowledged-active" : "normal";
    entry.acknowledged = { by, comment, at: this.#options.clock.instantAt(at) };
    this.#tell(entry, "acknowledged", at);
    this.#forgetIfNormal(entry);
  }

  mayShelve(id: string): AlarmVerdict {
    return this.#entries.has(id) ? "does" : "unknown-alarm";
  }

  /** A shelf that is there already is replaced, and ends when the later order says. */
  shelve(id: string, { by, because, forMs }: PersonalShelf, at: Mono): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.shelf = { by, because, forMs, from: this.#options.clock.instantAt(at) };
    this.#tell(entry, "shelved", at);
  }

  mayUnshelve(id: string): AlarmVerdict {
    const entry = this.#entries.get(id);
    if (entry === undefined) return "unknown-alarm";
    return entry.shelf === null ? "not-shelved" : "does";
  }

  unshelve(id: string, at: Mono): void {
    this.#endShelf(id, "unshelved", at);
  }

  /** Ends the shelves whose time is over. */
  settle(now: Mono): void {
    for (const [id, { shelf }] of this.#entries) {
      if (shelf === null || shelfRestMs(shelf, this.#options.clock.instantAt(now)) > 0) continue;
      this.#endShelf(id, "shelf-ended", now);
    }
  }

  /**
   * Goes on with what the last record of an earlier life says. Of an alarm that is active again by
   * now, as what the controller says of itself, it takes what people did about it.
   * @param goesOn it is known how to tell when it is over; a record that says active stays so.
   */
  restore({ since, ...body }: StandingAlarm, goesOn: boolean, at: Mono): boolean {
    const now = this.#options.clock.instantAt(at);
    const { state, onset, acknowledged, shelf } = body;
    let entry = this.#entries.get(body.id);
    if (entry === undefined && !goesOn) return false;
    entry ??= this.#add(factsOf(body));
    const isActive = state === "active" && (goesOn || entry.active);
    // Its words are those of today's machine file; what it stands on is what it stood on.
    if (!entry.active) entry.facts = { ...entry.facts, ...evidenceOf(body) };
    const standing = body.standing ?? (isActive ? "unacknowledged-active" : "normal");
    const isGraver = entry.active && entry.facts.severity > body.severity;
    entry.active ||= isActive;
    const waits = entry.facts.latch && standing === "returned-unacknowledged";
    if (!isGraver && (entry.active || waits)) {
      entry.standing = standing;
      entry.acknowledged = acknowledged ?? null;
      entry.onset = onset ?? { at: since, registers: body.registers };
    }
    const kept = shelf === undefined ? null : takenOver(shelf, now);
    entry.shelf = kept;
    // What a boot without a clock makes of the rest must not be made of the whole by the next one.
    if (kept !== null && kept !== shelf) this.#tell(entry, "updated", at);
    if (kept === null && shelf !== undefined) this.#tell(entry, "shelf-ended", at);
    this.#forgetIfNormal(entry);
    return true;
  }

  #add(facts: AlarmFacts): Entry {
    const entry = normal(facts, false);
    this.#entries.set(facts.id, entry);
    return entry;
  }

  #endShelf(id: string, event: AlarmEvent, at: Mono): void {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.shelf === null) return;
    entry.shelf = null;
    this.#tell(entry, event, at);
    this.#forgetIfNormal(entry);
  }

  #forgetIfNormal(entry: Entry): void {
    if (entry.standing !== "normal") return;
    entry.onset = null;
    entry.acknowledged = null;
    if (!entry.declared && entry.shelf === null) this.#entries.delete(entry.facts.id);
  }

  #tell(entry: Entry, event: AlarmEvent, at: Mono): void {
    const { onChange, registers } = this.#options;
    // At its onset the registers are the record's own.
    const onset = event === "raised" ? null : entry.onset;
    onChange(bodyOf({ ...entry, onset }, registers(), event), at);
  }

  #standing(entry: Entry): StandingAlarm {
    const { onset, shelf } = entry;
    const since = onset?.at ?? shelf!.from;
    const registers = onset?.registers ?? this.#options.registers();
    // What the onset says stands in `since` and `registers`.
    return { ...bodyOf({ ...entry, onset: null }, registers), since };
  }
}

function normal(facts: AlarmFacts, declared: boolean): Entry {
  const nobody = { onset: null, acknowledged: null, shelf: null };
  return { facts, declared, active: false, standing: "normal", ...nobody };
}

function bodyOf(entry: Entry, registers: Registers, event?: AlarmEvent): AlarmBody {
  const { facts, active, standing, onset, acknowledged, shelf } = entry;
  const { id, source, ne107, severity, text, priority, latch, finding, evidence, advice } = facts;
  return {
    id,
    source,
    ne107,
    severity,
    state: active ? "active" : "cleared",
    text,
    registers,
    ...(event && { event }),
    standing,
    priority,
    latch,
    ...(onset && { onset }),
    ...(acknowledged && { acknowledged }),
    ...(shelf && { shelf }),
    ...(finding && { finding }),
    ...(evidence && { evidence }),
    ...(advice && { advice }),
  };
}

/** Of a record; one of version 0.2 and before knows neither priority nor latch. */
function factsOf(body: AlarmBody): AlarmFacts {
  const { id, source, ne107, severity, text, priority = "medium", latch = false } = body;
  return { id, source, ne107, severity, text, priority, latch, ...evidenceOf(body) };
}

function evidenceOf({ finding, evidence, advice }: AlarmBody): Partial<AlarmFacts> {
  return {
    ...(finding && { finding }),
    ...(evidence && { evidence }),
    ...(advice && { advice }),
  };
}
