// What the parties say to a controller: signed instructions (general JWS, RFC 7515 §7.2.1) whose
// payload is the canonical JSON of what stands here. The meter checks the signatures, puts the
// whole on the ledger and only then acts.

import type { RegisterName, Registers } from "../usage/usage-state.ts";

interface InstructionHead {
  readonly v: 1;
  readonly typ: "telltale.instruction";
  /** Controller id. */
  readonly dev: string;
  /** Of this instruction, unique: one that was taken is not taken again. */
  readonly id: string;
  /** Seconds since 1970 by the clock of whoever wrote it. */
  readonly issued: number;
  readonly expires: number;
  /** The lease (rental) it is about. */
  readonly lease: string;
  /** SHA-256 of the contract's bytes, hexadecimal. */
  readonly contract: string;
  /** For people. */
  readonly note?: string;
}

/** See lease.ts for who must sign each and what state it leads to. */
export type Instruction = InstructionHead &
  (
    | {
        readonly kind:
          | "delivery"
          | "acceptance"
          | "on-hire"
          | "standby-begin"
          | "standby-end"
          | "off-hire"
          | "return";
        /** Registers as the parties read them, where an acceptance or inspection names them. */
        readonly registers?: Partial<Registers>;
      }
    /** To another contract; both lessees and the lessor sign. */
    | { readonly kind: "handover"; readonly nextLease: string; readonly nextContract: string }
    /** A replaced controller or meter: what its registers said, in ms or events. */
    | {
        readonly kind: "offset";
        readonly reason: string;
        readonly previousController: string;
        readonly registers: Registers;
      }
    /** A person says that the machine cannot work; the name stands on the leaf as source. */
    | { readonly kind: "fault-begin" | "fault-end"; readonly reason: string }
    | { readonly kind: "service-done"; readonly service: string; readonly register: RegisterName }
    /** Assents to a configuration, to metering code, or to a time step of more than 10 minutes. */
    | { readonly kind: "assent-configuration" | "assent-software"; readonly sha256: string }
    | { readonly kind: "assent-time-step"; readonly leaf: number }
    | { readonly kind: "assent-loss"; readonly from: number; readonly to: number }
  );
