// What a checked machine file says, with defaults filled in, names resolved to indexes and
// durations in milliseconds. Everything to the right of the machine file reads this and nothing
// else.

import type { Driver } from "../../drivers/driver.ts";
import type { AlarmDefinition } from "../../runtime/diagnosis/alarms.ts";
import type { DiagnosisChannel } from "../../runtime/diagnosis/channel.ts";
import type { FindingRules } from "../../runtime/diagnosis/finding-rules.ts";
import type { Knowledge } from "../../runtime/diagnosis/knowledge.ts";
import type { SignalDefinition, SignalIndex } from "../../runtime/signal/signal.ts";
import type { Expression } from "../../runtime/usage/condition.ts";
import type { HourRegisterRules } from "../../runtime/usage/hour-register.ts";
import type { ServiceInterval } from "../../runtime/usage/service-status.ts";
import type { UsageRules } from "../../runtime/usage/usage-rules.ts";
import type { UsageState } from "../../runtime/usage/usage-state.ts";
import type { MachineSlowFeature } from "./features-section.ts";

export interface MachineIdentity {
  readonly maker: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly location: string;
}

/** A signal or a waveform channel, as its driver sees it. */
export interface MachinePoint {
  readonly name: string;
  readonly settings: unknown;
  /** Position in `Machine.signals`, or in `Machine.waveforms` where `kind` says so. */
  readonly kind: "signal" | "waveform";
  readonly index: number;
}

export interface MachineDevice {
  readonly name: string;
  /** How often a device that is asked is asked. */
  readonly everyMs: number;
  readonly settings: unknown;
  readonly points: readonly MachinePoint[];
}

export interface MachineBus {
  readonly name: string;
  readonly driver: Driver;
  readonly settings: unknown;
  readonly devices: readonly MachineDevice[];
}

/** What is asked of a waveform beside its four features. */
export interface WaveformDiagnosis {
  readonly channel: DiagnosisChannel;
  /** Of the reference shaft: fixed, or a signal's value × `hzPerUnit`; null where nobody knows. */
  readonly speed:
    | { readonly hz: number }
    | { readonly signal: SignalIndex; readonly hzPerUnit: number }
    | null;
  readonly loadSignal: SignalIndex | null;
  /** Usage states in which it is judged; null for those in which the machine runs. */
  readonly states: readonly UsageState[] | null;
}

/** A slow signal that is learned together with others. */
export interface WatchedSignal {
  readonly signal: SignalIndex;
  /** In the signal's unit: the least spread that is believed. */
  readonly spreadLeast: number;
}

export interface MachineDiagnosisRules {
  /** Time in a usage state before anything is held against what is usual there. */
  readonly learnMs: number;
  readonly watched: readonly WatchedSignal[];
}

export interface MachineWaveform {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  /** Samples per second. */
  readonly rate: number;
  /** value = raw × scale, in `unit`. */
  readonly scale: number;
  /** Samples of one feature window. */
  readonly windowSamples: number;
  /** Capacity of the ring; a power of two. */
  readonly ringSamples: number;
  /**
   * Where the features arrive: positions in `Machine.signals`, in the order of the waveform's
   * feature set.
   */
  readonly featureSignals: readonly number[];
  /** Null where nothing is concluded from it. */
  readonly diagnosis: WaveformDiagnosis | null;
}

export interface OpcuaEndpoint {
  readonly host: string;
  readonly port: number;
  /** Anonymous sessions over an unencrypted channel, read-only. Only a demo wants this. */
  readonly anonymous: boolean;
}

export interface LedgerWitness {
  readonly name: string;
  readonly url: string;
  /** C2SP verifier key of a cosigner. */
  readonly key: string;
}

export interface MachineLedger {
  /** C2SP verifier key of who may begin a lease; null where none may yet. */
  readonly lessor: string | null;
  readonly witnesses: readonly LedgerWitness[];
  readonly checkpointEveryMs: number;
  readonly tickEveryMs: number;
}

export interface Machine {
  readonly identity: MachineIdentity;
  readonly buses: readonly MachineBus[];
  /** The declared signals first, then the features of waveforms, then those of slow signals. */
  readonly signals: readonly SignalDefinition[];
  readonly waveforms: readonly MachineWaveform[];
  readonly features: readonly MachineSlowFeature[];
  readonly diagnosis: MachineDiagnosisRules;
  readonly usage: UsageRules;
  /** The machine's own hour register, which ours are compared with; null where it has none. */
  readonly hourRegister: HourRegisterRules | null;
  readonly services: readonly ServiceInterval[];
  /** An input that announces that the power is about to fail. */
  readonly powerFail: Expression | null;
  /** Seconds since 1970 from a satellite receiver. */
  readonly gnssSignal: SignalIndex | null;
  readonly ledger: MachineLedger;
  readonly alarms: readonly AlarmDefinition[];
  /** How each fault that the diagnosis finds becomes an alarm. */
  readonly findings: FindingRules;
  /** Name of the maker's knowledge file, which lies beside the machine file; null where none. */
  readonly knowledgeFile: string | null;
  /** What stands in it. */
  readonly knowledge: Knowledge;
  readonly journal: { readonly commitEveryMs: number; readonly sizeMax: number };
  /** The hardware watchdog that is kept quiet while work is done; null where none is used. */
  readonly watchdog: { readonly device: string } | null;
  readonly endpoints: {
    /** The page and the stream share one port. */
    readonly http: { readonly host: string; readonly port: number };
    readonly opcua: OpcuaEndpoint | null;
  };
}
