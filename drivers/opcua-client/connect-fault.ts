// Why there is no session, in our words: the library tells it in sentences of its own, in which a
// status of the server or an error of the system is named.

import { Fault, type FaultCode, reasonOf } from "../../runtime/signal/fault.ts";

interface Cause {
  readonly pattern: RegExp;
  readonly code: FaultCode;
  readonly what: string;
  readonly remedy: string;
}

const CAUSES: readonly Cause[] = [
  {
    pattern: /BadTooManySessions|BadTcpNotEnoughResources|BadMaxConnectionsReached|BadTcpServerToo/,
    code: "BUS_BUSY",
    what: "has no free session",
    remedy:
      "End other clients, or raise the server's limit of sessions; it may free them by itself.",
  },
  {
    pattern: /BadUserAccessDenied|BadIdentityToken|BadUserSignature|user token policy|USERNAME/i,
    code: "BUS_FORBIDDEN",
    what: "refuses the user",
    remedy:
      "Check `user.name` and the password file, or whether the server permits anonymous users.",
  },
  {
    pattern: /BadCertificateUri/,
    code: "BUS_FORBIDDEN",
    what: "finds another application URI in our certificate than we tell",
    remedy: "Make the certificate anew, as the README of this driver shows.",
  },
  {
    pattern: /BadCertificateTime/,
    code: "BUS_FORBIDDEN",
    what: "finds our certificate expired or not yet valid",
    remedy: "Look at the dates of the certificate and at the clocks of both ends.",
  },
  {
    pattern: /BadSecurityChecksFailed|BadCertificate/,
    code: "BUS_FORBIDDEN",
    what: "does not trust our certificate",
    remedy: "Move it from the server's rejected certificates to its trusted ones, and wait.",
  },
  {
    pattern: /BadSecurity(Mode|Policy)|End point must exist/,
    code: "BUS_FORBIDDEN",
    what: "does not offer this security",
    remedy: "`telltale scan` lists what the server offers; set `security` to one of these.",
  },
  {
    pattern: /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT/,
    code: "BUS_UNREACHABLE",
    what: "cannot be reached",
    remedy: "Is the server on, the cable in place, and host and port of `endpoint` right?",
  },
  {
    pattern: /BadTcpEndpointUrlInvalid|BadServerUriInvalid/,
    code: "BUS_WRONG_ANSWER",
    what: "knows no endpoint of this name",
    remedy: "Compare the path at the end of `endpoint` with the server's manual.",
  },
];

/** `place` names the bus and its endpoint. */
export function connectFault(place: string, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const text = reasonOf(error).replace(/\s+/g, " ");
  const cause = CAUSES.find(({ pattern }) => pattern.test(text));
  if (cause !== undefined) {
    const { code, what, remedy } = cause;
    return new Fault(code, `${place} ${what} (${text}).`, remedy, { cause: error });
  }
  return new Fault(
    "BUS_WRONG_ANSWER",
    `${place} does not open a session (${text}).`,
    "Does an OPC UA server listen there? `telltale scan` says how far it gets.",
    { cause: error },
  );
}
