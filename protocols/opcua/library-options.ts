// How the OPC UA server is set up: its options in our words, its bounds, and what of them the
// library is told. The library's defaults are open (anonymous, unencrypted, all interfaces, vast
// limits), so each that matters is set here.

import {
  type IHelloAckLimits,
  MessageSecurityMode,
  type OPCUAServerOptions,
  RegisterServerMethod,
  SecurityPolicy,
} from "node-opcua";
import type { Clock } from "../../runtime/signal/instant.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { CertificateStores } from "./identity.ts";
import { nodesetFiles } from "./nodesets.ts";
import { applicationUriOf, type PlantModel } from "./plant-model.ts";

/** Bounds of what clients may ask for. Numbers from ../shared/facts/opcua.md, §3 and §4. */
export const OPCUA_LIMITS = {
  bufferBytesMax: 64 * 1024,
  messageBytesMax: 4 * 1024 * 1024,
  chunksMax: 64,
  sessionsMax: 10,
  /** More than sessions: a client that reconnects must not be locked out by its own old socket. */
  connectionsMax: 20,
  subscriptionsPerSessionMax: 5,
  monitoredItemsMax: 5_000,
  monitoredItemsPerSubscriptionMax: 1_000,
  monitoredItemQueueMax: 100,
  nodesPerCallMax: 500,
  samplingIntervalMsMin: 100,
  stringBytesMax: 64 * 1024,
  /**
   * A connection that says nothing for this long is closed. The library has one bound for a
   * handshake and for an open session; it must leave a client with a slow subscription alone.
   */
  quietConnectionMs: 180_000,
  /** Without news from the meter for this long, everything is marked as not known. */
  silenceMsMax: 5_000,
} as const;

/** Hosts that mean "every interface". */
const WILDCARDS: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

const POLICIES = [
  SecurityPolicy.Basic256Sha256,
  SecurityPolicy.Aes128_Sha256_RsaOaep,
  SecurityPolicy.Aes256_Sha256_RsaPss,
];

export interface OpcuaServerOptions {
  readonly endpoint: {
    readonly host: string;
    /** 0 for any free port; `endpointUrl` then tells which. */
    readonly port: number;
    /** Anonymous sessions over an unencrypted channel. Only a demo wants this. */
    readonly anonymous: boolean;
  };
  readonly model: PlantModel;
  /** Key, certificate and lists of trusted and rejected certificates; made when absent. */
  readonly pkiDirectory: string;
  /** Where the nodeset images lie in an installed bundle; the package's own without it. */
  readonly nodesetDirectory?: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
}

export function libraryOptions(
  { endpoint, model, nodesetDirectory }: OpcuaServerOptions,
  stores: CertificateStores,
): OPCUAServerOptions {
  const limits = OPCUA_LIMITS;
  return {
    host: endpoint.host,
    port: endpoint.port,
    // A wildcard is no name that a client could dial; the library then says the controller's own.
    ...(WILDCARDS.has(endpoint.host) ? {} : { hostname: endpoint.host }),
    allowAnonymous: endpoint.anonymous,
    securityModes: [
      endpoint.anonymous ? MessageSecurityMode.None : MessageSecurityMode.SignAndEncrypt,
    ],
    securityPolicies: endpoint.anonymous ? [SecurityPolicy.None] : POLICIES,
    userManager: { isValidUser: () => false },
    serverCertificateManager: stores.applications,
    userCertificateManager: stores.users,
    registerServerMethod: RegisterServerMethod.HIDDEN,
    nodesets: [...nodesetFiles(nodesetDirectory)],
    serverInfo: {
      applicationUri: applicationUriOf(model),
      productUri: "urn:telltale",
      applicationName: { text: `Telltale ${model.machine.model} ${model.machine.serialNumber}` },
    },
    buildInfo: {
      productName: "Telltale",
      productUri: "urn:telltale",
      manufacturerName: "Telltale",
      softwareVersion: model.softwareRevision,
    },
    timeout: limits.quietConnectionMs,
    maxConnectionsPerEndpoint: limits.connectionsMax,
    transportSettings: { adjustTransportLimits },
    serverCapabilities: {
      maxSessions: limits.sessionsMax,
      maxSubscriptionsPerSession: limits.subscriptionsPerSessionMax,
      maxSubscriptions: limits.sessionsMax * limits.subscriptionsPerSessionMax,
      maxMonitoredItems: limits.monitoredItemsMax,
      maxMonitoredItemsPerSubscription: limits.monitoredItemsPerSubscriptionMax,
      maxMonitoredItemsQueueSize: limits.monitoredItemQueueMax,
      minSupportedSampleRate: limits.samplingIntervalMsMin,
      maxStringLength: limits.stringBytesMax,
      maxByteStringLength: limits.stringBytesMax,
      operationLimits: {
        maxNodesPerRead: limits.nodesPerCallMax,
        maxNodesPerBrowse: limits.nodesPerCallMax,
        maxNodesPerWrite: limits.nodesPerCallMax,
        maxNodesPerMethodCall: limits.nodesPerCallMax,
        maxNodesPerRegisterNodes: limits.nodesPerCallMax,
        maxNodesPerTranslateBrowsePathsToNodeIds: limits.nodesPerCallMax,
        maxMonitoredItemsPerCall: limits.nodesPerCallMax,
      },
    },
  };
}

/**
 * What a client asks for in its first message, or our bound where it asks for more. Zero means
 * "no limit" on the wire, so it asks for more, too.
 */
export function adjustTransportLimits(hello: IHelloAckLimits): IHelloAckLimits {
  const { bufferBytesMax, messageBytesMax, chunksMax } = OPCUA_LIMITS;
  const within = (asked: number, max: number) => (asked === 0 ? max : Math.min(asked, max));
  return {
    receiveBufferSize: within(hello.receiveBufferSize, bufferBytesMax),
    sendBufferSize: within(hello.sendBufferSize, bufferBytesMax),
    maxMessageSize: within(hello.maxMessageSize, messageBytesMax),
    maxChunkCount: within(hello.maxChunkCount, chunksMax),
  };
}
