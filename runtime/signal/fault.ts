// What can go wrong while operating, as data: each code carries how a supervisor reacts to it.

/**
 * - `retry`:   the world may heal by itself (cable, network, noise). Back off and try again.
 * - `disable`: this component cannot work with this machine file. Stop it, keep the rest.
 * - `halt`:    continuing could record wrong usage. Stop; the supervisor starts us again.
 */
type FaultPolicy = "retry" | "disable" | "halt";

const FAULTS = {
  BUS_UNREACHABLE: "retry",
  BUS_FORBIDDEN: "retry",
  BUS_BUSY: "retry",
  BUS_CLOSED: "retry",
  BUS_TIMEOUT: "retry",
  BUS_CHECKSUM: "retry",
  BUS_EXCEPTION: "retry",
  BUS_WRONG_ANSWER: "retry",
  DRIVER_DEFECT: "retry",
  DRIVER_ENDED: "retry",
  SOURCE_ENDED: "retry",
  SOURCE_OVERRUN: "retry",
  SETTING_INVALID: "disable",
  WRITE_REFUSED: "disable",
  MACHINE_FILE_INVALID: "disable",
  PORT_IN_USE: "disable",
  DATA_LOCKED: "disable",
  DATA_UNUSABLE: "halt",
  JOURNAL_UNUSABLE: "halt",
  LEDGER_UNUSABLE: "halt",
  KEY_UNUSABLE: "halt",
  PEER_UNREACHABLE: "retry",
} as const satisfies Record<string, FaultPolicy>;

export type FaultCode = keyof typeof FAULTS;

/** The codes and their policies, for the index of errors in the documentation. */
export const faultPolicies: Readonly<Record<FaultCode, FaultPolicy>> = FAULTS;

/**
 * An operating error. `message` is one sentence that names the place; `remedy` says what a person
 * can do about it. A programmer's error is an assertion instead, never a Fault.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly remedy: string;

  constructor(code: FaultCode, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Fault";
    this.code = code;
    this.remedy = remedy;
  }

  get policy(): FaultPolicy {
    return FAULTS[this.code];
  }
}

/** The text of anything that was thrown, for a log line or a record. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
