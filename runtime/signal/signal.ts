// What a signal is: a named, unit-bearing point of a machine, whatever it is read from.

export interface SignalDefinition {
  /** camelCase, unique in the machine file; stable, because records and plant clients name it. */
  readonly name: string;
  readonly description: string;
  /** UCUM code; "1" where the value has no unit. */
  readonly unit: string;
  /** value = raw × scale + offset, in `unit`. */
  readonly scale: number;
  readonly offset: number;
  /** Values outside are bad with the reason `out-of-range`. In `unit`. */
  readonly range: readonly [low: number, high: number];
  /** A change smaller than this is not recorded before the heartbeat. In `unit`. */
  readonly deadband: number;
  /** The same as a share of the last recorded value; the larger of the two counts. 0 for none. */
  readonly deadbandShare: number;
  /** A good value is recorded at least this often. */
  readonly heartbeatMs: number;
  /** Without a sample for this long the signal is stale: null, with its last value and age. */
  readonly staleMs: number;
  /** The device or waveform that brings it; for people. */
  readonly source: string;
}

/** Position of a signal in the machine file's order; rows of the process image are found by it. */
export type SignalIndex = number;
