// Keeps one connection to the machine's stream: asks, subscribes, acknowledges, notices silence,
// and comes back after a loss without a hole in the events. It draws nothing.

/** @import { UsageDay } from "../../../runtime/journal/record.ts" */
/** @import { ControllerFrame, Hello, MeterState } from "../../stream/frames.ts" */
/** @import { ReaderFrame, SignalSummary } from "../../stream/frames.ts" */
/** @import { JournalRecord } from "../../../runtime/journal/record.ts" */

const SUBPROTOCOL = "telltale.stream.v1";
const STATE_EVERY_MS = 2_000;
const USAGE_EVERY_MS = 600_000;
/** One day more than is shown: a day's hours are the difference to the day before it. */
const USAGE_DAYS = 31;
/** Several polls without an answer. A socket that is open and silent is a lost one. */
const SILENCE_MS_MAX = 10_000;
const RETRY_FIRST_MS_MAX = 1_000;
const RETRY_MS_MAX = 60_000;
/** How far back the first look at the events goes; the filter passes over the samples. */
const LOOKBACK_RECORDS = 200_000;
const VALUES_PER_SECOND_MAX = 4;
const VALUES = "values";
const EVENTS = "events";
const EVENT_KINDS = ["alarm", "device", "boot", "recovery", "restart", "configuration", "journal"];

/** @type {Readonly<Record<number, string>>} */
const CLOSE_WORDS = {
  1001: "the controller is going away",
  1012: "the controller restarts",
  4400: "the controller did not understand this page",
  4401: "the stream asks for a token that this page does not have",
  4403: "the stream is not allowed from here",
  4408: "the controller heard nothing of this page",
  4429: "the controller has too many connections",
};

/**
 * @typedef {object} Listener
 * @property {(hello: Hello) => void} hello
 * @property {(state: MeterState) => void} state
 * @property {(signals: readonly SignalSummary[]) => void} signals
 * @property {(days: readonly UsageDay[]) => void} usage
 * @property {(values: MeterState["values"]) => void} values
 * @property {(records: readonly JournalRecord[]) => void} records
 * @property {(from: number, to: number, reason: string) => void} gap
 * @property {() => void} change Something about the connection itself is different now.
 */

export class StreamReader {
  /** @type {"connecting" | "open" | "waiting"} */
  phase = "connecting";
  /** Why the last connection ended, or why there is no data on this one; null while all is well. */
  /** @type {string | null} */
  trouble = null;
  /** Page time of the last answer with data of the machine; null before the first. */
  /** @type {number | null} */
  dataAt = null;
  /** Page time of the next attempt while waiting. */
  retryAt = 0;
  #url;
  #listener;
  /** @type {WebSocket | null} */
  #socket = null;
  #heardAt = 0;
  #attempts = 0;
  #requests = 0;
  /** What each open request asked for. @type {Map<string, string>} */
  #asked = new Map();
  /** How far the events are known here. @type {{ epoch: string, seq: number } | null} */
  #cursor = null;
  /** The least wait the controller asked for when it said goodbye. */
  #waitMs = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #stateTimer;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #usageTimer;

  /**
   * @param {string} url
   * @param {Listener} listener
   */
  constructor(url, listener) {
    this.#url = url;
    this.#listener = listener;
  }

  open() {
    clearTimeout(this.#retryTimer);
    this.phase = "connecting";
    this.#heardAt = performance.now();
    const socket = new WebSocket(this.#url, SUBPROTOCOL);
    this.#socket = socket;
    socket.onmessage = (event) => this.#heard(String(event.data));
    socket.onclose = (event) => this.#ended(event.reason || CLOSE_WORDS[event.code] || null);
    this.#stateTimer = setInterval(() => this.#poll(), STATE_EVERY_MS);
    this.#usageTimer = setInterval(() => this.#get("usage", { days: USAGE_DAYS }), USAGE_EVERY_MS);
    this.#listener.change();
  }

  /** Tries at once instead of waiting out the pause. */
  retryNow() {
    if (this.phase === "waiting") this.open();
  }

  #poll() {
    if (performance.now() - this.#heardAt > SILENCE_MS_MAX) {
      this.#ended(`nothing was heard for ${SILENCE_MS_MAX / 1_000} s`);
    } else {
      this.#get("state");
    }
  }

  /** @param {string | null} reason */
  #ended(reason) {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    clearInterval(this.#stateTimer);
    clearInterval(this.#usageTimer);
    this.#asked.clear();
    this.phase = "waiting";
    this.trouble = reason ?? "the stream does not open";
    // Full jitter: after a power cut the pages of a whole hall must not all come back at once.
    const most = Math.min(RETRY_MS_MAX, RETRY_FIRST_MS_MAX * 2 ** this.#attempts);
    const waitMs = Math.max(this.#waitMs, Math.random() * most);
    this.#waitMs = 0;
    this.#attempts++;
    this.retryAt = performance.now() + waitMs;
    this.#retryTimer = setTimeout(() => this.open(), waitMs);
    this.#listener.change();
  }

  /** @param {ReaderFrame} frame */
  #send(frame) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  /**
   * One question of a kind at a time: answers that are late are not asked for twice.
   * @param {string} what
   * @param {Readonly<Record<string, unknown>>} [args]
   */
  #get(what, args) {
    if (this.phase !== "open" || [...this.#asked.values()].includes(what)) return;
    const id = `${what}-${++this.#requests}`;
    this.#asked.set(id, what);
    this.#send({ t: "get", id, what, args });
  }

  /** @param {string} text */
  #heard(text) {
    this.#heardAt = performance.now();
    /** @type {ControllerFrame} */
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      this.#ended("the controller said something that is not a frame");
      return;
    }
    switch (frame.t) {
      case "hello":
        this.#greeted(frame);
        break;
      case "result":
        this.#answered(frame);
        break;
      case "latest":
        this.#listener.values(frame.values);
        break;
      case "records":
        this.#listener.records(frame.records);
        this.#advance(frame.sub, frame.to, frame.records.length > 0);
        break;
      case "gap":
        this.#listener.gap(frame.from, frame.to, frame.reason);
        this.#advance(frame.sub, frame.to, true);
        break;
      case "reset":
        this.#cursor = { epoch: frame.epoch, seq: Math.max(0, frame.oldest - 1) };
        break;
      case "bye":
        this.trouble = frame.reason;
        this.#waitMs = Math.min(RETRY_MS_MAX, Math.max(0, 1_000 * Number(frame.retryAfter) || 0));
        break;
      default:
        // Beats and what later versions may say need no more than that they were heard.
        break;
    }
  }

  /** @param {Hello} hello */
  #greeted(hello) {
    this.phase = "open";
    this.#listener.hello(hello);
    this.#get("state");
    this.#get("signals");
    this.#get("usage", { days: USAGE_DAYS });
    const seen = this.#cursor;
    const resumes = seen !== null && seen.epoch === hello.epoch;
    const after = resumes ? seen.seq : Math.max(hello.oldest - 1, hello.newest - LOOKBACK_RECORDS);
    this.#cursor = { epoch: hello.epoch, seq: Math.max(0, after) };
    this.#send({ t: "subscribe", sub: VALUES, mode: "latest", maxRate: VALUES_PER_SECOND_MAX });
    this.#send({
      t: "subscribe",
      sub: EVENTS,
      mode: "log",
      // Positions begin at 1, so there is none before the first record.
      from: this.#cursor.seq === 0 ? "oldest" : this.#cursor,
      filter: { kinds: EVENT_KINDS },
    });
    this.#listener.change();
  }

  /** @param {Extract<ControllerFrame, { t: "result" }>} result */
  #answered(result) {
    const what = this.#asked.get(result.id);
    this.#asked.delete(result.id);
    if (!result.ok) {
      if (what === "state") {
        this.trouble = result.error.message;
        this.#listener.change();
      }
      return;
    }
    if (what === "state") {
      // Only data end the back-off: a door that opens and shuts again is not a recovery.
      this.#attempts = 0;
      this.trouble = null;
      this.dataAt = performance.now();
      this.#listener.state(/** @type {MeterState} */ (result.value));
    } else if (what === "signals") {
      this.#listener.signals(/** @type {SignalSummary[]} */ (result.value));
    } else if (what === "usage") {
      this.#listener.usage(/** @type {UsageDay[]} */ (result.value));
    }
  }

  /**
   * Acknowledges what the page has taken in, so that the controller goes on. A range in which the
   * filter let nothing through counts against no window.
   * @param {string} sub
   * @param {number} to
   * @param {boolean} acknowledges
   */
  #advance(sub, to, acknowledges) {
    if (sub !== EVENTS || this.#cursor === null) return;
    this.#cursor = { epoch: this.#cursor.epoch, seq: to };
    if (acknowledges) this.#send({ t: "ack", sub, epoch: this.#cursor.epoch, seq: to });
  }
}
