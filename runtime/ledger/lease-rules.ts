// Who has to sign which instruction, and what may follow what: the table of docs/leasing.md.

import type { InstructionKind } from "./instruction-payload.ts";
import type { LeaseState } from "./leaf.ts";

/** Whose signatures an instruction needs: of each party named, that of one of its keys. */
export type Signatories = "lessor" | "both" | "either" | "both-and-next-lessee";

export interface LeaseRule {
  readonly signedBy: Signatories;
  /** In which state of the lease; `none` where no lease runs. */
  readonly from: readonly (LeaseState | "none")[];
  /** The state it leads to; null where it stays. */
  readonly to: LeaseState | null;
}

/** Somebody has the machine on lease. */
export const RUNNING_STATES = ["delivered", "accepted", "on-hire", "standby", "off-hire"] as const;
const EVER = ["none", ...RUNNING_STATES, "returned"] as const;
const KNOWN = [...RUNNING_STATES, "returned"] as const;

export const LEASE_RULES: Readonly<Record<InstructionKind, LeaseRule>> = {
  delivery: { signedBy: "lessor", from: ["none", "returned"], to: "delivered" },
  acceptance: { signedBy: "both", from: ["delivered"], to: "accepted" },
  "on-hire": { signedBy: "both", from: ["accepted"], to: "on-hire" },
  "standby-begin": { signedBy: "both", from: ["on-hire"], to: "standby" },
  "standby-end": { signedBy: "both", from: ["standby"], to: "on-hire" },
  "off-hire": { signedBy: "both", from: ["on-hire", "standby"], to: "off-hire" },
  return: { signedBy: "both", from: ["delivered", "accepted", "off-hire"], to: "returned" },
  handover: {
    signedBy: "both-and-next-lessee",
    from: ["on-hire", "standby", "off-hire"],
    to: "accepted",
  },
  offset: { signedBy: "both", from: EVER, to: null },
  "fault-begin": { signedBy: "either", from: RUNNING_STATES, to: null },
  "fault-end": { signedBy: "either", from: KNOWN, to: null },
  "service-done": { signedBy: "lessor", from: KNOWN, to: null },
  "assent-configuration": { signedBy: "both", from: KNOWN, to: null },
  "assent-software": { signedBy: "both", from: KNOWN, to: null },
  "assent-time-step": { signedBy: "both", from: KNOWN, to: null },
  "assent-loss": { signedBy: "both", from: KNOWN, to: null },
};

/** Of these an earlier lease may be meant; all others are about the newest one. */
export const OF_ANY_LEASE: ReadonlySet<InstructionKind> = new Set<InstructionKind>([
  "service-done",
  "assent-configuration",
  "assent-software",
  "assent-time-step",
  "assent-loss",
]);
