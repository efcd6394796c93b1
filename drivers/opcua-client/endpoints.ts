// How a client of the library is set up so that it neither repairs a connection nor writes files,
// and what a server says of the endpoints that it has.

import type { EndpointDescription, OPCUAClient } from "node-opcua";
import type { Identity } from "./identity.ts";
import type { Library } from "./library.ts";
import type { BusSettings, SecuritySettings } from "./settings.ts";

/**
 * A session that is not asked for this long is the server's to forget. Short, because one whose
 * connection was cut takes one of the server's few places until then.
 */
const SESSION_TIMEOUT_MS = 30_000;
/** Longer than any `timeout` of a device: ours comes first. */
const TRANSACTION_TIMEOUT_MS = 65_000;
/** What a server may send in one answer: many times a full read. */
const TRANSPORT_BOUNDS = {
  maxChunkCount: 256,
  maxMessageSize: 16 * 1024 * 1024,
  receiveBufferSize: 65_536,
  sendBufferSize: 65_536,
};

export function securityOf(library: Library, security: SecuritySettings) {
  const { MessageSecurityMode, SecurityPolicy } = library;
  if (security.mode === "none") {
    return { securityMode: MessageSecurityMode.None, securityPolicy: SecurityPolicy.None };
  }
  const isEncrypted = security.mode === "signAndEncrypt";
  return {
    securityMode: isEncrypted ? MessageSecurityMode.SignAndEncrypt : MessageSecurityMode.Sign,
    securityPolicy: SecurityPolicy[security.policy],
  };
}

/**
 * A client for one connection; `server` is the endpoint that was chosen, where there is security.
 */
export function openClient(
  library: Library,
  settings: BusSettings,
  identity: Identity,
  server: EndpointDescription | null,
): OPCUAClient {
  return makeClient(library, settings, identity, {
    ...securityOf(library, settings.security),
    ...(server && { serverCertificate: server.serverCertificate }),
  });
}

/** Asks without security, which every server permits for this one question. */
export async function discover(
  library: Library,
  settings: BusSettings,
  identity: Identity,
  opened: (client: OPCUAClient) => void,
): Promise<readonly EndpointDescription[]> {
  const client = makeClient(library, settings, identity, {});
  opened(client);
  try {
    await client.connect(settings.endpoint);
    return await client.getEndpoints();
  } finally {
    await client.disconnect();
  }
}

function makeClient(
  { OPCUAClient }: Library,
  { connectTimeout }: BusSettings,
  { applicationUri, keyPair }: Identity,
  options: Parameters<typeof OPCUAClient.create>[0],
): OPCUAClient {
  return OPCUAClient.create({
    applicationName: "Telltale",
    applicationUri,
    clientName: "Telltale",
    certificateKeyPairProvider: keyPair,
    // Servers tell the name that they know themselves by, which is often not the one to dial.
    endpointMustExist: false,
    // No second attempt and no repair: the meter decides when to try again.
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    keepSessionAlive: false,
    requestedSessionTimeout: SESSION_TIMEOUT_MS,
    transportTimeout: connectTimeout,
    defaultTransactionTimeout: TRANSACTION_TIMEOUT_MS,
    transportSettings: TRANSPORT_BOUNDS,
    ...options,
  });
}
