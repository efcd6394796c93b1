// A machine's life as the signed leaves of its ledger, made the way the meter's keeper makes them:
// registers at each leaf's instant, ticks, power cuts and what recovery says of them, anchors and
// steps of the clock, instructions of the parties, cosignatures of their witnesses.

import assert from "node:assert/strict";
import { sha256Hex, utf8 } from "../ledger/bytes.ts";
import { checkpointBody, cosign } from "../ledger/checkpoint.ts";
import type { Contract } from "../ledger/contract.ts";
import type { Instruction } from "../ledger/instruction.ts";
import { signJws } from "../ledger/jws.ts";
import { ledgerOrigin } from "../ledger/keeper.ts";
import {
  AUDIT_TYPES,
  type Leaf,
  type LeafDetails,
  type LeafType,
  type LeaseState,
} from "../ledger/leaf.ts";
import { addSignature, signNote } from "../ledger/note.ts";
import type { StatementEvidence } from "../ledger/statement.ts";
import type { TimeQuality } from "../signal/instant.ts";
import {
  type OperatingMode,
  type Registers,
  STATE_REGISTERS,
  USAGE_STATES,
  type UsageState,
  ZERO_REGISTERS,
} from "../usage/usage-state.ts";
import { contractText } from "./contract-text.ts";
import { type InstructionFields, LEASE_AFTER, signedInstruction } from "./ledger-instruction.ts";
import {
  LESSEE,
  LESSEE_WITNESS,
  LESSOR,
  LESSOR_WITNESS,
  TEST_CONFIGURATION,
  TEST_CONTROLLER,
  TEST_SOFTWARE,
  type TestKey,
  testContract,
  testKey,
} from "./ledger-parties.ts";
import { evidenceOf, LifeSegment } from "./ledger-segment.ts";
import {
  type CutOptions,
  type LifeClock,
  type LifeOptions,
  LOSS_BOUND_MS,
  MINUTE_MS,
  TICK_EVERY_MS,
} from "./life-options.ts";

type Changing<Type> = { -readonly [Key in keyof Type]: Type[Key] };
export class Life {
  readonly controller: string;
  readonly device: TestKey;
  readonly contract: Contract;
  readonly contractText: string;
  /** General JWS with the detached signatures of lessor and lessee over the contract's text. */
  readonly contractJws: string;
  readonly witnesses: readonly TestKey[];
  readonly segments: LifeSegment[] = [];
  readonly #options: LifeOptions;
  readonly #name: string;
  #registers: Changing<Registers> = { ...ZERO_REGISTERS };
  #state: UsageState = "UNKNOWN";
  #lastKnown: UsageState = "UNKNOWN";
  #mode: OperatingMode = "None";
  #overload = false;
  #boots = 0;
  #boot = "";
  #bseq = 0;
  #evc = 0;
  #mono = 0;
  #utc: number;
  #clock: LifeClock | null = { offsetMs: 0, tq: "S", err: 20 };
  #sw = TEST_SOFTWARE;
  #cfg = TEST_CONFIGURATION;
  #lease: { id: string; state: LeaseState } | undefined;
  #instructions = 0;
  #lastLeafMono = 0;
  #cosignedAt: number;

  constructor(options: LifeOptions = {}) {
    this.#options = options;
    this.#name = options.name ?? "life";
    this.controller = options.controller ?? TEST_CONTROLLER;
    this.device = options.device ?? testKey(`telltale/usage/${this.controller}`);
    this.contract = testContract(this.device, this.controller, options.contract);
    this.contractText = contractText(this.contract);
    const text = utf8(this.contractText);
    const bySigner = signJws(text, LESSOR.signer, undefined, { detached: true });
    this.contractJws = signJws(text, LESSEE.signer, bySigner, { detached: true });
    this.witnesses = options.witnesses ?? [LESSOR_WITNESS, LESSEE_WITNESS];
    // Monday, 2 March 2026, 06:00 in Berlin.
    this.#utc = options.startUtc ?? Date.UTC(2026, 2, 2, 5);
    this.#cosignedAt = this.#utc;
  }

  get segment(): LifeSegment {
    return this.segments.at(-1)!;
  }

  get registers(): Registers {
    return { ...this.#registers };
  }

  /** True wall time. */
  get utc(): number {
    return this.#utc;
  }

  /** The first start of all. */
  boot(): this {
    assert(this.#bseq === 0, "it has booted; see cut and restart");
    this.#newBoot();
    this.#newSegment({ key: this.device.text, segment: 1 });
    return this.leaf("BOOT", {}).checkpoint();
  }

  /** In this state from here on, for so long. Counts are events in that time. */
  run(
    state: UsageState,
    forMs: number,
    more: {
      readonly mode?: OperatingMode;
      readonly overload?: boolean;
      readonly source?: string;
      readonly cycles?: number;
      readonly strokes?: number;
    } = {},
  ): this {
    const { mode = this.#mode, overload = false, source, cycles = 0, strokes = 0 } = more;
    if (state !== this.#state || mode !== this.#mode || overload !== this.#overload) {
      const from = this.#state;
      this.#enter(state);
      this.#mode = mode;
      this.#overload = overload;
      this.leaf("STATE", { from, ...(source !== undefined && { source }) });
    }
    const end = this.#mono + forMs;
    while (this.#mono < end) {
      this.#advance(Math.min(end, this.#lastLeafMono + TICK_EVERY_MS) - this.#mono);
      if (this.#mono - this.#lastLeafMono >= TICK_EVERY_MS) this.tick().checkpoint();
      const { cosignEveryMs = 6 * 60 * MINUTE_MS } = this.#options;
      if (cosignEveryMs > 0 && this.#utc - this.#cosignedAt >= cosignEveryMs) this.cosign();
    }
    this.#registers.cycles += cycles;
    this.#registers.strokes += strokes;
    return this;
  }

  tick(): this {
    return this.leaf("TICK", {});
  }

  anchor(source: LeafDetails["ANCHOR"]["source"] = "ntp", errMs = 20, by?: string): this {
    this.#clock = { offsetMs: 0, tq: "S", err: errMs };
    return this.leaf("ANCHOR", { source, ...(by !== undefined && { by }) });
  }

  /** The wall clock jumps; whatever it says then is what later leaves say. */
  timeStep(byMs: number, tq?: TimeQuality): this {
    const clock = this.#clock ?? { offsetMs: 0, tq: "I" as const };
    const beforeUtc = this.#utc + clock.offsetMs;
    this.#clock = { ...clock, offsetMs: clock.offsetMs + byMs, tq: tq ?? clock.tq };
    return this.leaf("TIME_STEP", { byMs, beforeUtc, afterUtc: beforeUtc + byMs });
  }

  /** Nothing was read for a while: `addedMs` of it the monotonic clock did not count either. */
  gap(forMs: number, cause: "suspend" | "stopped" = "suspend"): this {
    const addedMs = cause === "suspend" ? forMs : 0;
    this.#mono += forMs - addedMs;
    this.#utc += forMs;
    this.#registers.unknown += forMs;
    return this.leaf("GAP", { cause, forMs, addedMs });
  }

  stop(reason: "asked" | "power-fail" = "asked"): this {
    return this.leaf("STOP", { reason });
  }

  /** Power goes without a word, and comes back in another boot. */
  cut(options: CutOptions = {}): this {
    const { lostMs = 0, undecidedMs = 0, downMs = MINUTE_MS } = options;
    this.#takeBack(lostMs + undecidedMs);
    this.#registers.unknown += undecidedMs;
    const previousBoot = this.#boot;
    const previousMono = this.#mono - lostMs;
    this.#newBoot();
    this.#utc += downMs;
    this.#clock = options.clock === undefined ? this.#clock : options.clock;
    return this.#begin(previousBoot, {
      previousBoot,
      previousMono,
      undecidedMs,
      lossBoundMs: undecidedMs + LOSS_BOUND_MS,
      from: "slots",
    });
  }

  /** The meter's process ends and starts again within one boot. */
  restart(options: { readonly gapMs?: number; readonly undecidedMs?: number } = {}): this {
    const { gapMs = 2_000, undecidedMs = 0 } = options;
    this.#takeBack(undecidedMs);
    const previousMono = this.#mono;
    this.#registers.unknown += undecidedMs + gapMs;
    this.#mono += gapMs;
    this.#utc += gapMs;
    this.#bseq += 1;
    const previousBoot = this.#boot;
    return this.#begin(previousBoot, {
      previousBoot,
      previousMono,
      undecidedMs,
      gapMs,
      lossBoundMs: undecidedMs + gapMs,
      from: "slots",
    });
  }

  config(changes: { readonly cfg?: string; readonly sw?: string }): this {
    const previous = changes.cfg === undefined ? undefined : this.#cfg;
    const previousSoftware = changes.sw === undefined ? undefined : this.#sw;
    this.#cfg = changes.cfg ?? this.#cfg;
    this.#sw = changes.sw ?? this.#sw;
    return this.leaf("CONFIG", {
      ...(previous !== undefined && { previous }),
      ...(previousSoftware !== undefined && { previousSoftware }),
      file: "machine.yaml",
    });
  }

  /** An instruction that lessor and lessee signed, or whoever is named; its state holds at once. */
  lease<Kind extends Instruction["kind"]>(
    kind: Kind,
    fields: Partial<InstructionFields<Kind>> = {},
    signers: readonly TestKey[] = [LESSOR, LESSEE],
  ): this {
    const jws = this.instruction(kind, fields, signers);
    const state = LEASE_AFTER[kind];
    if (state !== undefined) this.#lease = { id: this.contract.id, state };
    return this.leaf(kind === "offset" ? "OFFSET" : "LEASE", { jws });
  }

  /** Delivery, acceptance and on-hire at once. */
  hire(): this {
    return this.lease("delivery").lease("acceptance").lease("on-hire");
  }

  /** The signed text of an instruction that is not on the ledger: for assents and refusals. */
  instruction<Kind extends Instruction["kind"]>(
    kind: Kind,
    fields: Partial<InstructionFields<Kind>> = {},
    signers: readonly TestKey[] = [LESSOR, LESSEE],
  ): string {
    this.#instructions += 1;
    const id = `${this.#name}-${this.#instructions}`;
    const { controller: dev, contractText: text, contract } = this;
    return signedInstruction(
      { dev, id, kind, text, lease: contract.id, utc: this.#utc },
      fields,
      signers,
    );
  }

  /** The device signs the tree as it stands. */
  checkpoint(): this {
    const { origin, frontier, checkpoints } = this.segment;
    if (checkpoints.at(-1)?.size === frontier.size) return this;
    const body = checkpointBody({ origin, size: frontier.size, root: frontier.root() });
    const note = signNote(body, this.device.name, this.device.signer);
    checkpoints.push({ size: frontier.size, note });
    return this;
  }

  /** The witnesses sign what the device signed, and what came back goes on the ledger. */
  cosign(witnesses: readonly TestKey[] = this.witnesses): this {
    this.checkpoint();
    this.#cosignedAt = this.#utc;
    const checkpoint = this.segment.checkpoints.at(-1)!;
    const signed = checkpoint.note;
    const time = Math.floor(this.#utc / 1_000);
    for (const { name, signer } of witnesses) {
      const line = cosign(signed, name, signer, time);
      checkpoint.note = addSignature(checkpoint.note, line);
      this.leaf("COSIGNATURE", { note: addSignature(signed, line), witness: name, time });
    }
    return this;
  }

  /** The ledger's file was lost: its leaves go on in another tree, which states the break. */
  breakSegment(reason = "the ledger's database was corrupt"): this {
    const { checkpoints } = this.segment;
    const last = checkpoints.at(-1)!;
    return this.#newSegment({
      key: this.device.text,
      segment: this.segments.length + 1,
      brokenSize: last.size,
      brokenCheckpoint: last.note,
      reason,
    });
  }

  /** A statement's evidence from true wall time to true wall time, in the newest segment. */
  evidence(from: number, to: number): StatementEvidence {
    const { contractText: text, contractJws: jws } = this;
    return {
      ...evidenceOf(this.segment, this.contract.zone, from, to),
      v: 1,
      typ: "telltale.statement",
      controller: this.controller,
      origin: this.segment.origin,
      key: this.device.text,
      contract: { text, jws },
      assents: [],
    };
  }

  #newBoot(): void {
    this.#boots += 1;
    this.#boot = sha256Hex(`${this.#name} boot ${this.#boots}`).slice(0, 32);
    this.#bseq += 1;
    this.#mono = this.#options.bootMono ?? 8_000;
    this.#lastLeafMono = this.#mono;
  }

  #newSegment(genesis: LeafDetails["GENESIS"]): this {
    this.segments.push(new LifeSegment(ledgerOrigin(this.controller, genesis.segment)));
    return this.leaf("GENESIS", genesis);
  }

  #begin(previousBoot: string, recovery: LeafDetails["RECOVERY"]): this {
    this.#state = "UNKNOWN";
    this.#overload = false;
    this.leaf("RECOVERY", recovery);
    if (previousBoot !== this.#boot) this.leaf("BOOT", { previousBoot });
    return this.checkpoint();
  }

  /** Running time that was counted here and that no register slot has seen. */
  #takeBack(ms: number): void {
    const since = this.#mono - this.#lastLeafMono;
    assert(ms <= since, `only ${since} ms have passed since the last leaf`);
    this.#count(-ms);
  }

  #enter(state: UsageState): void {
    const stood = this.#lastKnown === "OFF" || this.#lastKnown === "STANDBY";
    if (stood && (state === "IDLE" || state === "WORKING")) this.#registers.starts += 1;
    const known = this.#lastKnown !== "UNKNOWN" && this.#lastKnown !== "WORKING";
    if (known && state === "WORKING") this.#registers.loads += 1;
    if (state !== "UNKNOWN") this.#lastKnown = state;
    this.#state = state;
  }

  #advance(ms: number): void {
    this.#mono += ms;
    this.#utc += ms;
    this.#count(ms);
  }

  #count(ms: number): void {
    this.#registers[STATE_REGISTERS[USAGE_STATES.indexOf(this.#state)]!] += ms;
    if (this.#overload) this.#registers.overload += ms;
    if (this.#mode === "Maintenance") this.#registers.maintenance += ms;
  }

  /** A leaf of any type, at this instant. */
  leaf<Type extends LeafType>(typ: Type, d: LeafDetails[Type]): this {
    if (AUDIT_TYPES.has(typ)) this.#evc += 1;
    const { tq, offsetMs, err } = this.#clock ?? { tq: "U" as const, offsetMs: 0 };
    const leaf = {
      v: 1,
      dev: this.controller,
      seq: this.segment.leaves.length,
      prev: this.segment.previous,
      boot: this.#boot,
      bseq: this.#bseq,
      mono: this.#mono,
      ...(this.#clock !== null && { utc: this.#utc + offsetMs }),
      tq,
      ...(err !== undefined && { err }),
      sw: this.#sw,
      cfg: this.#cfg,
      evc: this.#evc,
      st: this.#state,
      mode: this.#mode,
      ovl: this.#overload,
      regs: { ...this.#registers },
      ...(this.#lease && { lease: { ...this.#lease } }),
      typ,
      d,
    } as unknown as Leaf;
    this.segment.append(leaf, this.#utc);
    this.#lastLeafMono = this.#mono;
    return this;
  }
}
