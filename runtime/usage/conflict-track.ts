// Follows witnesses who have to agree, and says from when to when they contradicted each other for
// longer than their limit. It has the face of a condition's track: until a contradiction has lasted
// long enough or is over, the time since it began is open, and the reader waits for it.
//
// A witness whose signals are unclear says nothing and so contradicts nobody. A contradiction is
// over as soon as no two known witnesses differ: a meter that starts in the middle of it comes to
// the same answer as one that saw it begin.

import assert from "node:assert/strict";
import type { Mono } from "../signal/instant.ts";
import { CHANGES_MAX, ChangeQueue } from "./change-queue.ts";
import { ConditionTrack, FALSE, TRUE, UNCLEAR } from "./condition-track.ts";
import { type Compiled, compile, evaluate } from "./truth.ts";
import { type ConflictRule, WITNESSES_MAX } from "./usage-rules.ts";

export type Testimony = "true" | "false" | "unclear";

const TESTIMONIES: readonly Testimony[] = ["false", "true", "unclear"];
/** The lowest bit of a queued change; two bits for each witness stand above it. */
const IN_CONFLICT = 1;
const NONE = -1;

export class ConflictTrack {
  readonly rule: ConflictRule;
  /** Everything before this instant is decided. */
  knownUntil: Mono;
  readonly tracks: readonly ConditionTrack[];
  readonly #witnesses: readonly Compiled[];
  readonly #truths: Uint8Array;
  readonly #changes = new ChangeQueue(new Uint32Array(CHANGES_MAX));
  /** The witnesses have been followed until here. */
  #followedUntil: Mono;
  /** Since when they differ, where that has not lasted long enough. */
  #differSince: Mono = NONE;
  /** What they said then. */
  #saidThen = 0;
  #inConflict = false;
  #taken = 0;

  constructor(rule: ConflictRule, startedAt: Mono) {
    assert(rule.between.length <= WITNESSES_MAX, "too many witnesses of one conflict");
    const tracks: ConditionTrack[] = [];
    this.rule = rule;
    this.#witnesses = rule.between.map((witness) =>
      compile(witness, (condition) => tracks.push(new ConditionTrack(condition, startedAt)) - 1),
    );
    this.tracks = tracks;
    this.#truths = new Uint8Array(tracks.length).fill(UNCLEAR);
    this.knownUntil = startedAt;
    this.#followedUntil = startedAt;
  }

  /** Says that time has passed, after the samples until then. */
  advance(now: Mono): void {
    let until = now;
    for (const track of this.tracks) {
      track.advance(now);
      if (track.knownUntil < until) until = track.knownUntil;
    }
    if (until <= this.#followedUntil) return;
    for (;;) {
      let changeAt = Number.POSITIVE_INFINITY;
      for (const track of this.tracks) changeAt = Math.min(changeAt, track.nextChangeAt());
      // At `until` itself another change may follow.
      if (changeAt >= until) break;
      this.#confirmIfLonger(changeAt);
      this.#takeChanges(changeAt);
      this.#compare(changeAt);
    }
    this.#confirmIfLonger(until);
    this.#followedUntil = until;
    this.knownUntil = this.#differSince === NONE ? until : this.#differSince;
  }

  gap(now: Mono): void {
    for (const track of this.tracks) track.gap(now);
  }

  nextChangeAt(): Mono {
    return this.#changes.nextAt;
  }

  takeChange(): void {
    this.#taken = this.#changes.take();
  }

  /** Whether a conflict lasts after the change that was taken last. */
  get lasts(): boolean {
    return (this.#taken & IN_CONFLICT) !== 0;
  }

  /** What each witness said at the change that was taken last. */
  get says(): readonly Testimony[] {
    return this.rule.between.map((_, index) => TESTIMONIES[(this.#taken >>> (1 + 2 * index)) & 3]!);
  }

  #takeChanges(at: Mono): void {
    for (let position = 0; position < this.tracks.length; position++) {
      const track = this.tracks[position]!;
      while (track.nextChangeAt() <= at) this.#truths[position] = track.takeChange();
    }
  }

  #compare(at: Mono): void {
    let said = 0;
    let someTrue = false;
    let someFalse = false;
    for (let index = 0; index < this.#witnesses.length; index++) {
      const truth = evaluate(this.#witnesses[index]!, this.#truths);
      said |= truth << (1 + 2 * index);
      if (truth === TRUE) someTrue = true;
      if (truth === FALSE) someFalse = true;
    }
    const differ = someTrue && someFalse;
    if (differ && !this.#inConflict && this.#differSince === NONE) {
      this.#differSince = at;
      this.#saidThen = said;
    }
    if (!differ) {
      this.#differSince = NONE;
      if (this.#inConflict) this.#push(at, said);
    }
  }

  #confirmIfLonger(until: Mono): void {
    if (this.#differSince === NONE || until - this.#differSince <= this.rule.limitMs) return;
    this.#push(this.#differSince, this.#saidThen | IN_CONFLICT);
    this.#differSince = NONE;
  }

  /** Where too many changes wait, the rest of the time counts as a conflict: nobody is billed. */
  #push(at: Mono, change: number): void {
    if (this.#changes.full) {
      this.#changes.replaceLast(this.#changes.last | IN_CONFLICT);
      this.#inConflict = true;
      return;
    }
    this.#inConflict = (change & IN_CONFLICT) !== 0;
    this.#changes.push(at, change);
  }
}
