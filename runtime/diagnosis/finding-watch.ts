// Between a finding and an alarm: one window that shows something is no reason to wake anybody. A
// finding becomes an alarm when it is in most of the last windows and has been for long enough, and
// the alarm is over when it was in none of them for longer still.
//
// It is told of windows that were judged, and of nothing else: a window that could not be judged
// (a sensor fault, a machine at rest) says neither that a finding is there nor that it is gone.

import type { Mono } from "../signal/instant.ts";
import type { Finding } from "./finding.ts";
import { type FindingRules, severityOf } from "./finding-rules.ts";

/**
 * Found in this many of the last so many windows: 3 of 5 bridges a miss and passes over a fluke.
 */
const FOUND_MIN = 3;
const WINDOWS = 5;
/** Findings that are followed, alarms or not; the oldest that is no alarm makes room. */
const TRACKS_MAX = 512;
/** Alarms of findings at a time: nobody reads more, and each is a record of some kilobytes. */
export const FINDING_ALARMS_MAX = 200;

export interface FindingReports {
  /** It is an alarm now, or a graver one than it was. */
  readonly onAlarm: (finding: Finding, at: Mono, firstAt: Mono) => void;
  readonly onGone: (id: string, at: Mono) => void;
  /** It would be an alarm, were there not so many already. */
  readonly onRefused: (at: Mono) => void;
}

export interface FindingWatchOptions extends FindingReports {
  readonly rules: FindingRules;
  /** Found in so many of the last so many windows. */
  readonly foundMin?: number;
  readonly windows?: number;
}

type Followed = Pick<Finding, "id" | "source" | "fault">;

interface Track {
  readonly finding: Followed;
  /** The last windows, the newest in the lowest bit: 1 where it was found. */
  history: number;
  lastAt: Mono;
  firstAt: Mono;
  /** For how long it has been in enough of the last windows, and in none of them. */
  heldMs: number;
  goneMs: number;
  /** Of its alarm; 0 where it is none. */
  severity: number;
}

export class FindingWatch {
  readonly #options: FindingWatchOptions;
  readonly #foundMin: number;
  readonly #mask: number;
  readonly #tracks = new Map<string, Track>();
  #alarms = 0;

  constructor(options: FindingWatchOptions) {
    this.#options = options;
    this.#foundMin = options.foundMin ?? FOUND_MIN;
    this.#mask = 2 ** (options.windows ?? WINDOWS) - 1;
  }

  /**
   * All that one judged window of a source has shown; what it showed before and not now is gone.
   */
  judged(source: string, findings: readonly Finding[], at: Mono): void {
    const ids = new Set(findings.map(({ id }) => id));
    for (const { finding } of this.#tracks.values()) {
      if (finding.source === source && !ids.has(finding.id)) this.absent(finding.id, at);
    }
    for (const finding of findings) this.present(finding, at);
  }

  /** A judged window has shown it. */
  present(finding: Finding, at: Mono): void {
    const rule = this.#options.rules[finding.fault];
    const track = this.#tracks.get(finding.id) ?? this.#follow(finding, at);
    if (track === null) return;
    this.#advance(track, 1, at);
    if (!this.#isHeld(track) || track.heldMs < rule.persistMs) return;
    const severity = severityOf(rule, finding);
    if (severity <= track.severity) return;
    if (track.severity === 0) {
      if (this.#alarms >= FINDING_ALARMS_MAX) {
        this.#options.onRefused(at);
        return;
      }
      this.#alarms++;
    }
    track.severity = severity;
    this.#options.onAlarm(finding, at, track.firstAt);
  }

  /** A judged window has not shown it. */
  absent(id: string, at: Mono): void {
    const track = this.#tracks.get(id);
    if (track === undefined) return;
    this.#advance(track, 0, at);
    if (track.history !== 0) return;
    if (track.severity === 0) this.#tracks.delete(id);
    else if (track.goneMs >= this.#options.rules[track.finding.fault].clearMs) {
      this.#tracks.delete(id);
      this.#alarms--;
      this.#options.onGone(id, at);
    }
  }

  /** Goes on with an alarm of an earlier life. */
  restore(finding: Followed, severity: number, at: Mono): void {
    if (this.#tracks.has(finding.id) || this.#alarms >= FINDING_ALARMS_MAX) return;
    const history = this.#mask;
    const zero = { heldMs: 0, goneMs: 0 };
    this.#tracks.set(finding.id, { finding, history, lastAt: at, firstAt: at, ...zero, severity });
    this.#alarms++;
  }

  /**
   * Time counts from window to window, and a long pause only in part: a machine at rest is not
   * judged, and a night between two windows must not stand for a night of evidence.
   */
  #advance(track: Track, found: 0 | 1, at: Mono): void {
    const { persistMs, clearMs } = this.#options.rules[track.finding.fault];
    const passedMs = Math.max(0, at - track.lastAt);
    const step = (wantedMs: number) => Math.min(passedMs, Math.ceil(wantedMs / this.#foundMin));
    const wasHeld = this.#isHeld(track);
    const wasGone = track.history === 0;
    track.history = ((track.history << 1) | found) & this.#mask;
    track.lastAt = Math.max(track.lastAt, at);
    track.heldMs = wasHeld && this.#isHeld(track) ? track.heldMs + step(persistMs) : 0;
    track.goneMs = wasGone && track.history === 0 ? track.goneMs + step(clearMs) : 0;
  }

  #isHeld({ history }: Track): boolean {
    return countOf(history) >= this.#foundMin;
  }

  #follow({ id, source, fault }: Finding, at: Mono): Track | null {
    if (this.#tracks.size >= TRACKS_MAX) {
      const oldest = [...this.#tracks.values()].find(({ severity }) => severity === 0);
      if (oldest === undefined) return null;
      this.#tracks.delete(oldest.finding.id);
    }
    const track = {
      finding: { id, source, fault },
      history: 0,
      lastAt: at,
      firstAt: at,
      heldMs: 0,
      goneMs: 0,
      severity: 0,
    };
    this.#tracks.set(id, track);
    return track;
  }
}

function countOf(history: number): number {
  let count = 0;
  for (let bits = history; bits !== 0; bits &= bits - 1) count++;
  return count;
}
