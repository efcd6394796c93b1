// The one door by which something that was asked for comes into the meter. It bounds how often,
// does a repeated command once, and puts what was taken or refused on record. Whether a command
// about the lease is followed is decided behind it, by the signatures that it carries; one about an
// alarm carries none, and comes only over a connection that has the right to it.

import { Unanswerable } from "../../protocols/stream/source.ts";
import type { AlarmBook } from "../../runtime/diagnosis/alarm-book.ts";
import type { EventKind } from "../../runtime/journal/record.ts";
import {
  COMMAND_TEXT_BYTES_MAX,
  CONTRACT_TEXT_BYTES_MAX,
  type Commands,
  type ContractTexts,
  type Outcome,
} from "../../runtime/ledger/commands.ts";
import { instructionOfJws } from "../../runtime/ledger/judge-instruction.ts";
import type { Clock } from "../../runtime/signal/instant.ts";
import { type AlarmOrder, type AlarmOutcome, alarmOrder } from "./alarm-desk.ts";

/** At once: a whole rental from delivery to return, signed ahead, twice. */
const BURST_MAX = 20;
/** Then one a second: a verification takes milliseconds, which are the meter's. */
const REFILL_MS = 1_000;
/** Answers that are kept for the same key again: an asker repeats within minutes, not days. */
const KEYS_KEPT = 64;

type Args = Readonly<Record<string, unknown>>;
type AnyOutcome = Outcome | AlarmOutcome;

export interface CommandDoorOptions {
  /** Null where there is no ledger that could take any. */
  readonly commands: Commands | null;
  readonly alarms: AlarmBook;
  /** Resolves when what was recorded by now is on the disk; rejects where it will not be soon. */
  readonly durable: () => Promise<void>;
  readonly clock: Clock;
  /** Puts what happened on record, as the journal does. */
  readonly record: (
    kind: EventKind,
    event: { readonly name: string; readonly detail: Readonly<Record<string, unknown>> },
    at: number,
  ) => void;
}

export class CommandDoor {
  readonly #options: CommandDoorOptions;
  readonly #answers = new Map<
    string,
    { readonly asked: string; readonly outcome: Promise<AnyOutcome> }
  >();
  #left = BURST_MAX;
  #refilledAt: number;
  /** One after the other, so that what follows on what is as it came. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: CommandDoorOptions) {
    this.#options = options;
    this.#refilledAt = options.clock.mono();
  }

  /** The outcome as JSON text; rejects with an `Unanswerable` where nothing was judged. */
  async command(name: string, args: Args, key: string | undefined): Promise<string> {
    return JSON.stringify(await this.#once(name, args, key));
  }

  #once(name: string, args: Args, key: string | undefined): Promise<AnyOutcome> {
    if (key === undefined) return this.#act(name, args);
    const asked = JSON.stringify([name, args]);
    const before = this.#answers.get(key);
    if (before?.asked === asked) return before.outcome;
    if (before) {
      const message = "another command had that key a moment ago";
      return Promise.reject(new Unanswerable("bad-arguments", message));
    }
    const outcome = this.#act(name, args);
    this.#answers.set(key, { asked, outcome });
    if (this.#answers.size > KEYS_KEPT) this.#answers.delete(this.#answers.keys().next().value!);
    const forget = () => this.#answers.delete(key);
    // What was refused or not judged may be asked again: it may be right by then.
    outcome.then(({ result }) => {
      if (result === "refused") forget();
    }, forget);
    return outcome;
  }

  async #act(name: string, args: Args): Promise<AnyOutcome> {
    const { commands, alarms } = this.#options;
    const order = alarmOrder(alarms, name, args);
    if (order !== null) return this.#actOnAlarm(order);
    if (name !== "instruct" && name !== "cosignature") {
      throw new Unanswerable("unknown", `there is no command "${name}"`);
    }
    if (commands === null) throw new Unanswerable("unavailable", "this meter keeps no ledger");
    let act: () => Promise<Outcome>;
    let about: Args = {};
    if (name === "instruct") {
      const jws = textOf(args, "jws", COMMAND_TEXT_BYTES_MAX);
      const contract = contractOf(args["contract"]);
      about = aboutInstruction(jws);
      act = () => commands.instruct(jws, contract);
    } else {
      const note = textOf(args, "note", COMMAND_TEXT_BYTES_MAX);
      act = () => commands.cosignature(note);
    }
    this.#spend();
    const done = this.#turn.then(act);
    // The next one waits for this one's end, whatever it is; whoever asked hears of it.
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    );
    const outcome = await done;
    this.#record(name, about, outcome);
    return outcome;
  }

  /**
   * The record of the order stands before the records of what it did, in one turn and so in one
   * commit: a power cut takes all of them or none. Whoever asked hears of it when it is durable.
   */
  async #actOnAlarm({ kind, about, refusal, ...order }: AlarmOrder): Promise<AlarmOutcome> {
    this.#spend();
    const refused = refusal();
    const repeated = order.repeated();
    const outcome = refused ?? order.outcome(repeated);
    this.#record(kind, about, outcome);
    if (refused !== null) return refused;
    if (!repeated) order.act(this.#options.clock.mono());
    await this.#options.durable();
    return order.outcome(repeated);
  }

  #spend(): void {
    const now = this.#options.clock.mono();
    const refills = Math.floor((now - this.#refilledAt) / REFILL_MS);
    this.#left = Math.min(BURST_MAX, this.#left + refills);
    this.#refilledAt += refills * REFILL_MS;
    if (this.#left === 0) {
      throw new Unanswerable("too-many", "too many commands; one more is taken each second");
    }
    this.#left--;
  }

  #record(name: string, about: Args, outcome: AnyOutcome): void {
    const { clock, record } = this.#options;
    const said =
      outcome.result === "taken"
        ? { result: outcome.repeated ? "taken before" : "taken" }
        : { result: "refused", code: outcome.code, message: outcome.message };
    record("command", { name, detail: { ...about, ...said } }, clock.mono());
  }
}

function textOf(args: Args, name: string, charactersMax: number): string {
  const value = args[name];
  if (typeof value === "string" && value.length > 0 && value.length <= charactersMax) return value;
  const message = `"${name}" must be a text of at most ${charactersMax} characters`;
  throw new Unanswerable("bad-arguments", message);
}

function contractOf(value: unknown): ContractTexts | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "object" || value === null) {
    throw new Unanswerable("bad-arguments", '"contract" must hold "text" and "jws"');
  }
  const args = value as Args;
  return {
    text: textOf(args, "text", CONTRACT_TEXT_BYTES_MAX),
    jws: textOf(args, "jws", CONTRACT_TEXT_BYTES_MAX),
  };
}

/** Which one it says it is, also where it is refused. */
function aboutInstruction(jws: string): Readonly<Record<string, unknown>> {
  const instruction = instructionOfJws(jws);
  if (typeof instruction === "string") return {};
  const { id, kind, lease } = instruction;
  return { id, kind, lease };
}
