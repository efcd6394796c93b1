// Looks at a server for a person who sets one up: which security it offers and with which
// certificate, then its variables with value, type and unit. Reads only.

import type { ClientSession, EndpointDescription, ReferenceDescription } from "node-opcua";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import type { Found, ScanContext } from "../driver.ts";
import { connectFault } from "./connect-fault.ts";
import { discover } from "./endpoints.ts";
import { fingerprintOf, leafOf, passingIdentity } from "./identity.ts";
import { type Library, loadLibrary } from "./library.ts";
import { Link } from "./link.ts";
import { durableName } from "./node-name.ts";
import type { BusSettings } from "./settings.ts";
import { readingOf } from "./value-of.ts";
import { within } from "./within.ts";

/** Machines are flatter; what is deeper is often a loop through types and folders. */
const DEPTH_MAX = 12;
/** What a person can look through; a server that simulates a plant has hundreds of thousands. */
const VARIABLES_MAX = 1_000;
const NODES_MAX = 10_000;
/** Small enough for servers that count what they answer at once. */
const NODES_PER_BROWSE = 25;
const REFERENCES_PER_NODE_MAX = 1_000;
/** Continuation points of one node: with what one answer holds, far beyond what is listed. */
const PAGES_PER_NODE_MAX = 20;
const REQUEST_TIMEOUT_MS = 10_000;
const TEXT_CHARACTERS_MAX = 60;

interface Place {
  readonly nodeId: string;
  readonly path: string;
  readonly depth: number;
}

interface Variable {
  readonly nodeId: string;
  readonly path: string;
  unitNode: string | null;
}

export async function* scanServer(context: ScanContext<BusSettings>): AsyncIterable<Found> {
  const { settings, clock, timers, log, stop } = context;
  const place = settings.endpoint;
  const library = await loadLibrary(log, clock);
  context.progress(`asking ${place} for its endpoints`);
  yield* endpointsOf(library, context);
  if (stop.aborted) return;
  context.progress(`opening a session with security ${settings.security.mode}`);
  const link = await Link.open({ place, settings, library, timers, log, stop });
  try {
    yield* variablesOf(link, context);
  } finally {
    await link.end();
  }
}

async function* endpointsOf(
  library: Library,
  { settings, timers }: ScanContext<BusSettings>,
): AsyncIterable<Found> {
  const identity = await passingIdentity(library);
  const asked = discover(library, settings, identity, () => {});
  const endpoints = await within(timers, settings.connectTimeout, asked).catch((error: unknown) => {
    throw connectFault(settings.endpoint, error);
  });
  if (endpoints === null) {
    throw new Fault(
      "BUS_UNREACHABLE",
      `${settings.endpoint} does not tell its endpoints within ${settings.connectTimeout} ms.`,
      "Does an OPC UA server listen there? Raise `connectTimeout` if it is slow by nature.",
    );
  }
  for (const endpoint of endpoints) yield foundEndpoint(library, endpoint, settings.endpoint);
}

function foundEndpoint(library: Library, endpoint: EndpointDescription, dialled: string): Found {
  const mode = library.MessageSecurityMode[endpoint.securityMode] ?? "unknown";
  const policy = endpoint.securityPolicyUri?.split("#")[1] ?? "unknown";
  const users = (endpoint.userIdentityTokens ?? []).map(
    ({ tokenType }) => library.UserTokenType[tokenType] ?? "unknown",
  );
  const leaf = leafOf(endpoint.serverCertificate);
  const word = mode.charAt(0).toLowerCase() + mode.slice(1);
  const certificate = leaf === null ? "" : `; certificate ${leaf.subject.replace(/\s+/g, " ")}`;
  return {
    where: `endpoint ${endpoint.endpointUrl ?? ""}`,
    what: `security ${word} ${policy}; users: ${[...new Set(users)].join(", ")}${certificate}`,
    settings: {
      // Not the server's own name for itself: this one is known to lead there.
      endpoint: dialled,
      security:
        word === "none"
          ? { mode: word }
          : { mode: word, policy, ...(leaf && { serverFingerprint: fingerprintOf(leaf) }) },
    },
  };
}

async function* variablesOf(link: Link, context: ScanContext<BusSettings>): AsyncIterable<Found> {
  const { timers, stop } = context;
  // The server's own diagnostics stand beside the machine and are hundreds.
  const seen = new Set(["ns=0;i=2253"]);
  let level: readonly Place[] = [{ nodeId: "ns=0;i=85", path: "", depth: 0 }];
  let listed = 0;
  while (level.length > 0 && !stop.aborted && listed < VARIABLES_MAX && seen.size < NODES_MAX) {
    const next: Place[] = [];
    for (let from = 0; from < level.length && !stop.aborted; from += NODES_PER_BROWSE) {
      const group = level.slice(from, from + NODES_PER_BROWSE);
      context.progress(`${seen.size} nodes seen, ${listed} variables, at ${group[0]!.path || "/"}`);
      const variables = await look(link, group, { seen, next, timers });
      const wanted = variables.slice(0, VARIABLES_MAX - listed);
      listed += wanted.length;
      yield* await describe(link, wanted, timers);
      if (listed >= VARIABLES_MAX || seen.size >= NODES_MAX) break;
    }
    level = next;
  }
  if (listed >= VARIABLES_MAX || seen.size >= NODES_MAX) {
    context.progress(`stopped after ${listed} variables and ${seen.size} nodes; there are more`);
  }
}

interface Walk {
  readonly seen: Set<string>;
  readonly next: Place[];
  readonly timers: Timers;
}

/** The variables below some nodes; objects, and variables with parts, are looked into later. */
async function look(link: Link, group: readonly Place[], walk: Walk): Promise<Variable[]> {
  const { NodeClass } = link.library;
  const found: Variable[] = [];
  const lists = await bounded(walk.timers, "a browse", browseAll(link, group));
  for (const [position, references] of lists.entries()) {
    const parent = group[position]!;
    for (const { nodeId, browseName, nodeClass } of references) {
      const id = nodeId.toString();
      const name = browseName.name ?? "";
      if (walk.seen.has(id) || walk.seen.size >= NODES_MAX) continue;
      walk.seen.add(id);
      const path = parent.path === "" ? name : `${parent.path}/${name}`;
      const place = { nodeId: id, path, depth: parent.depth + 1 };
      if (place.depth < DEPTH_MAX) walk.next.push(place);
      if (nodeClass === NodeClass.Variable) found.push({ nodeId: id, path, unitNode: null });
    }
  }
  await findUnits(link, found, walk);
  return found;
}

/** A unit is a property of its variable: `EngineeringUnits`. */
async function findUnits(link: Link, variables: readonly Variable[], walk: Walk): Promise<void> {
  const { BrowseDirection } = link.library;
  for (let from = 0; from < variables.length; from += NODES_PER_BROWSE) {
    const group = variables.slice(from, from + NODES_PER_BROWSE);
    const asked = group.map(({ nodeId }) => ({
      nodeId,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: "HasProperty",
      includeSubtypes: true,
      nodeClassMask: 0,
      resultMask: 63,
    }));
    const results = await bounded(walk.timers, "a browse", link.session.browse(asked));
    for (const [position, { references }] of results.entries()) {
      for (const { browseName, nodeId } of references ?? []) {
        // Properties are told with their variable, not as variables of their own.
        walk.seen.add(nodeId.toString());
        if (browseName.name !== "EngineeringUnits") continue;
        group[position]!.unitNode = nodeId.toString();
      }
    }
  }
}

async function browseAll(
  { session, library }: Link,
  group: readonly Place[],
): Promise<readonly ReferenceDescription[][]> {
  const { BrowseDirection, NodeClassMask } = library;
  const results = await session.browse(
    group.map(({ nodeId }) => ({
      nodeId,
      browseDirection: BrowseDirection.Forward,
      referenceTypeId: "HierarchicalReferences",
      includeSubtypes: true,
      nodeClassMask: NodeClassMask.Object | NodeClassMask.Variable,
      resultMask: 63,
    })),
  );
  const lists: ReferenceDescription[][] = [];
  for (const { references, continuationPoint } of results) {
    lists.push([...(references ?? []), ...(await rest(session, continuationPoint))]);
  }
  return lists.map((list) => list.slice(0, REFERENCES_PER_NODE_MAX));
}

async function rest(
  session: ClientSession,
  first: Buffer | null | undefined,
): Promise<ReferenceDescription[]> {
  const more: ReferenceDescription[] = [];
  let point = first;
  for (let page = 0; point && point.length > 0 && page < PAGES_PER_NODE_MAX; page++) {
    const result = await session.browseNext(point, false);
    more.push(...(result.references ?? []));
    point = result.continuationPoint;
  }
  // Servers have few of these: what is not followed is given back.
  if (point && point.length > 0) await session.browseNext(point, true);
  return more;
}

async function describe(
  link: Link,
  variables: readonly Variable[],
  timers: Timers,
): Promise<Found[]> {
  const { library, session, namespaces } = link;
  const found: Found[] = [];
  const perRead = Math.max(1, Math.floor(link.nodesPerRead / 2));
  for (let from = 0; from < variables.length; from += perRead) {
    const group = variables.slice(from, from + perRead);
    const nodes = group.flatMap(({ nodeId, unitNode }) =>
      [nodeId, ...(unitNode === null ? [] : [unitNode])].map((wanted) => ({
        nodeId: wanted,
        attributeId: library.AttributeIds.Value,
      })),
    );
    const values = [...(await bounded(timers, "a read", session.read(nodes)))];
    for (const { nodeId, path, unitNode } of group) {
      const dataValue = values.shift()!;
      const { value, statusCode } = dataValue;
      const unit = unitNode === null ? "" : unitOf(values.shift()?.value?.value);
      const type = library.DataType[value?.dataType ?? 0] ?? "unknown";
      const reading = readingOf(path, dataValue);
      const said = "value" in reading ? reading.value : value?.value;
      const text = statusCode.value >>> 30 === 0 ? shortly(said) : statusCode.name;
      found.push({
        where: path,
        what: [type, "=", text, unit].filter((part) => part !== "").join(" "),
        settings: { node: durableName(nodeId, namespaces) },
      });
    }
  }
  return found;
}

/** `EUInformation` of OPC 10000-8 §5.6.3. */
function unitOf(value: unknown): string {
  const { displayName } = (value ?? {}) as { displayName?: { text?: string | null } };
  return displayName?.text ?? "";
}

function shortly(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : String(value);
  return text.replace(/\s+/g, " ").slice(0, TEXT_CHARACTERS_MAX);
}

async function bounded<Value>(
  timers: Timers,
  what: string,
  promise: Promise<Value>,
): Promise<Value> {
  const answer = await within(
    timers,
    REQUEST_TIMEOUT_MS,
    promise.then((value) => ({ value })),
  ).catch((error: unknown) => {
    throw new Fault(
      "BUS_EXCEPTION",
      `The server does not answer ${what}: ${reasonOf(error)}.`,
      "Browse it with another client, and look up the status in its manual.",
      { cause: error },
    );
  });
  if (answer !== null) return answer.value;
  throw new Fault(
    "BUS_TIMEOUT",
    `The server does not answer ${what} within ${REQUEST_TIMEOUT_MS} ms.`,
    "Look at the load of the server, and scan again.",
  );
}
