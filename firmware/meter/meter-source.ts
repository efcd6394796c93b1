// The meter's answers to its stream: the journal for what must be complete, the process image for
// what is only current.

import type {
  MachineSummary,
  MeterState,
  SignalSummary,
  TracePage,
} from "../../protocols/stream/frames.ts";
import { type StreamSource, Unanswerable } from "../../protocols/stream/source.ts";
import { answered } from "../../runtime/diagnosis/alarm-evidence.ts";
import { FEATURES } from "../../runtime/dsp/features.ts";
import type { Journal } from "../../runtime/journal/journal.ts";
import type { RecordFilter, RecordPage } from "../../runtime/journal/record.ts";
import type { Commands, LeaseReport } from "../../runtime/ledger/commands.ts";
import { didYouMean } from "../../runtime/schema/suggest.ts";
import { atMost } from "../../runtime/signal/timers.ts";
import { CommandDoor } from "./command-door.ts";
import { mayTrace, TRACED_DEVICES_MAX } from "./device-wire.ts";
import { historyAnswer, waveformAnswer } from "./diagnosis-answers.ts";
import { ledgerAnswer } from "./ledger-answers.ts";
import type { Meter } from "./meter.ts";
import { ocmfAnswer } from "./ocmf-answer.ts";

/** Records and days that one answer holds at most. */
const RECORDS_MAX = 1_000;
const DAYS_MAX = 366;
/** A sync on a worn card takes a second or two; an asker gives up after 15 s. */
const DURABLE_MS_MAX = 5_000;

export class MeterSource implements StreamSource {
  readonly latest: StreamSource["latest"];
  readonly #meter: Meter;
  readonly #journal: Journal;
  readonly #acked: Record<string, number>;
  readonly #listeners = new Set<() => void>();
  readonly #commands: Commands | null;
  readonly #door: CommandDoor;
  /** The reading thread sees a commit before this thread hears of it. */
  #handedOut = 0;

  /**
   * @param acked the consumers' cursors as the journal holds them.
   * @param commands null where there is no ledger that could take any.
   */
  constructor(
    meter: Meter,
    journal: Journal,
    acked: Readonly<Record<string, number>>,
    commands: Commands | null = null,
  ) {
    this.#meter = meter;
    this.#journal = journal;
    this.#acked = { ...acked };
    this.#commands = commands;
    this.#door = new CommandDoor({
      commands,
      alarms: meter.metering.alarms.book,
      durable: () => this.#durable(),
      clock: meter.clock,
      record: (kind, event, at) => journal.record(kind, event, at),
    });
    const { image } = meter.metering;
    this.latest = {
      names: image.signals.map((signal) => signal.name),
      updates: (index) => image.updates[index]!,
      live: (index) => image.live(index, meter.clock.mono()),
    };
  }

  facts(): ReturnType<StreamSource["facts"]> {
    const { clock, controller, machine } = this.#meter;
    const { oldest, newest } = this.#journal.committed;
    return {
      controller,
      machine: summaryOf(machine.identity),
      epoch: this.#journal.epoch,
      boot: clock.boot,
      oldest,
      newest: Math.max(newest, this.#handedOut),
      acked: this.#acked,
      time: clock.instantAt(clock.mono()),
    };
  }

  async page(position: number, limit: number, filter: RecordFilter): Promise<RecordPage> {
    const page = await this.#journal.page(position, limit, filter);
    if (page.to >= page.from) this.#handedOut = Math.max(this.#handedOut, page.to);
    return page;
  }

  async acknowledge(consumer: string, seq: number): Promise<void> {
    await this.#journal.acknowledge(consumer, seq);
    this.#acked[consumer] = Math.max(this.#acked[consumer] ?? 0, seq);
  }

  /** Call after each commit. */
  committed(): void {
    for (const listener of this.#listeners) listener();
  }

  onCommitted(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async get(what: string, args: Readonly<Record<string, unknown>>): Promise<string> {
    switch (what) {
      case "state":
        return JSON.stringify(this.#state());
      case "signals":
        return JSON.stringify(this.#signals());
      case "usage": {
        const days = positiveInteger(args, "days", DAYS_MAX);
        return JSON.stringify(await this.#journal.usageDays(days));
      }
      case "records":
        return this.#records(args);
      case "ledger":
        return ledgerAnswer(this.#meter.ledger.reader(), args);
      case "ocmf":
        return this.#ocmf(args);
      case "waveform":
        return waveformAnswer(this.#meter.diagnosis.store, args);
      case "history":
        return historyAnswer(this.#meter.metering, this.#meter.clock.mono(), args);
      case "trace":
        return JSON.stringify(this.#trace(args));
      case "lease":
        return JSON.stringify(this.#lease());
      case "acknowledge":
        // The gateway's way of handing on what its own readers acknowledge.
        await this.acknowledge(String(args["consumer"]), positiveInteger(args, "seq"));
        return "true";
      default:
        throw new Unanswerable("unknown", `there is no "${what}" to get`);
    }
  }

  async command(
    name: string,
    args: Readonly<Record<string, unknown>>,
    key: string | undefined,
  ): Promise<string> {
    return this.#door.command(name, args, key);
  }

  /** An asker must not wait for ever for a disk that takes nothing. */
  async #durable(): Promise<void> {
    let isDone = false;
    const flushed = this.#journal.flush().then(() => {
      isDone = true;
    });
    await atMost(this.#meter.timers, DURABLE_MS_MAX, flushed);
    if (isDone) return;
    const message =
      "it is done, but the journal's disk does not take it: a power cut would undo it";
    throw new Unanswerable("unavailable", message);
  }

  #lease(): LeaseReport {
    if (this.#commands !== null) return this.#commands.lease();
    throw new Unanswerable("unavailable", "this meter keeps no ledger");
  }

  #ocmf(args: Readonly<Record<string, unknown>>): Promise<string> {
    const { ledger, machine } = this.#meter;
    const parts = { ledger: ledger.reader(), signer: ledger.ocmfSigner };
    return ocmfAnswer({ ...parts, machine: machine.identity }, args);
  }

  async #records(args: Readonly<Record<string, unknown>>): Promise<string> {
    const position = positiveInteger(args, "position");
    const limit = Math.max(1, positiveInteger(args, "limit", RECORDS_MAX));
    const { from, to, records, gap } = await this.page(position, limit, filterOf(args["filter"]));
    const gapText = gap ? `,"gap":${JSON.stringify(gap)}` : "";
    return `{"from":${from},"to":${to},"records":[${records.join(",")}]${gapText}}`;
  }

  /** Asking is what keeps the trace of a device on. */
  #trace(args: Readonly<Record<string, unknown>>): TracePage {
    const device = String(args["device"]);
    const wire = this.#meter.wireOf(device);
    if (wire === undefined) {
      const names = this.#meter.devices().map(({ name }) => name);
      const hint = didYouMean(device, names);
      const list =
        names.length === 0 ? "; there are none" : `; the devices are ${names.join(", ")}`;
      throw new Unanswerable("bad-arguments", `there is no device "${device}"${hint}${list}`);
    }
    if (!mayTrace(wire, this.#meter.wires)) {
      const message = `at most ${TRACED_DEVICES_MAX} devices are traced at a time`;
      throw new Unanswerable("too-many", message);
    }
    return wire.trace(args["from"] === undefined ? null : positiveInteger(args, "from"));
  }

  #state(): MeterState {
    const { metering, machine, controller, clock, configuration, upkeep, ledger } = this.#meter;
    const { usage, image } = metering;
    const now = clock.mono();
    const { pendingRows, droppedRows, refusal } = this.#journal.pressure;
    return {
      machine: summaryOf(machine.identity),
      controller,
      time: clock.instantAt(now),
      usage: {
        state: usage.state,
        sinceMono: usage.stateSince,
        mode: usage.mode,
        overload: usage.overload,
        source: usage.source,
        registers: usage.registers,
        periods: ledger.counters.periods(usage.registers),
      },
      services: upkeep.services(),
      ledger: {
        ...ledger.facts,
        pendingLeaves: ledger.store.pressure.pendingLeaves,
        lease: ledger.keeper.lease ?? null,
      },
      values: Object.fromEntries(
        image.signals.map((signal, index) => [signal.name, image.live(index, now)]),
      ),
      devices: this.#meter.devices(),
      alarms: answered(metering.activeAlarms),
      diagnosis: this.#meter.diagnosis.status,
      journal: {
        epoch: this.#journal.epoch,
        ...this.#journal.committed,
        pendingRows,
        droppedRows,
        refusal: refusal && { ...refusal, since: clock.instantAt(refusal.since) },
      },
      configuration,
    };
  }

  #signals(): readonly SignalSummary[] {
    const finite = (bound: number) => (Number.isFinite(bound) ? bound : null);
    const { signals, waveforms } = this.#meter.machine;
    const details = new Set(
      waveforms.flatMap(({ featureSignals }) => featureSignals.slice(FEATURES.length)),
    );
    return signals.map(({ name, description, unit, range, staleMs, source }, index) => ({
      name,
      description,
      unit,
      range: [finite(range[0]), finite(range[1])],
      staleMs,
      source,
      ...(details.has(index) ? { isDetail: true } : {}),
    }));
  }
}

function summaryOf({ maker, model, serialNumber, location }: MachineSummary): MachineSummary {
  return { maker, model, serialNumber, location };
}

function positiveInteger(
  args: Readonly<Record<string, unknown>>,
  name: string,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const value = args[name];
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > max) {
    throw new Unanswerable("bad-arguments", `"${name}" must be a whole number from 0 to ${max}`);
  }
  return value as number;
}

function filterOf(value: unknown): RecordFilter {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null) {
    throw new Unanswerable("bad-arguments", '"filter" must be an object');
  }
  const { kinds, signals } = value as Record<string, unknown>;
  return { kinds: namesOf(kinds), signals: namesOf(signals) };
}

function namesOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw new Unanswerable("bad-arguments", "a filter holds lists of names");
}
