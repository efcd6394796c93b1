// One connection with its secure channel and session, from its opening to its end. It never
// repairs itself: a link that has failed is thrown away as a whole and another is made, because a
// session that was mended behind our back may be one that nobody answers any more.

import type { ClientSession, EndpointDescription, OPCUAClient } from "node-opcua";
import { Fault } from "../../runtime/signal/fault.ts";
import type { Log } from "../../runtime/signal/log.ts";
import type { Timers } from "../../runtime/signal/timers.ts";
import { readSettingFile } from "../shared/setting-file.ts";
import { connectFault } from "./connect-fault.ts";
import { discover, openClient, securityOf } from "./endpoints.ts";
import {
  expectedFingerprint,
  fingerprintOf,
  type Identity,
  leafOf,
  ownIdentity,
  passingIdentity,
} from "./identity.ts";
import type { Library } from "./library.ts";
import type { BusSettings } from "./settings.ts";
import { settled, within } from "./within.ts";

/** What the server is given to take our leave; a silent one is left without. */
const LEAVE_MS = 700;
/** Where the server does not say how many nodes it reads at once. */
const NODES_PER_READ_MAX = 500;

export interface LinkParts {
  readonly place: string;
  readonly settings: BusSettings;
  readonly library: Library;
  readonly timers: Timers;
  readonly log: Log;
  /** Aborted when nobody wants the link any more, although it is still being opened. */
  readonly stop: AbortSignal;
}

interface Opened {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  readonly namespaces: readonly string[];
  readonly nodesPerRead: number;
}

export class Link {
  readonly library: Library;
  readonly session: ClientSession;
  /** The server's namespace URIs, by index. */
  readonly namespaces: readonly string[];
  /** Halved where the server says that a request was too large. */
  nodesPerRead: number;
  /** Counts whatever came from the server: a request that waits is not proof of a dead link. */
  answers = 0;
  isOpen = true;
  readonly #client: OPCUAClient;
  readonly #timers: Timers;
  #end: Promise<void> | null = null;

  constructor({ library, timers }: LinkParts, opened: Opened) {
    const { client, session } = opened;
    this.library = library;
    this.session = session;
    this.namespaces = opened.namespaces;
    this.nodesPerRead = opened.nodesPerRead;
    this.#client = client;
    this.#timers = timers;
    const over = () => {
      this.isOpen = false;
    };
    client.on("connection_lost", over);
    client.on("close", over);
    session.on("session_closed", over);
    client.on("receive_response", () => {
      this.answers += 1;
    });
  }

  /** Rejects with a Fault within `connectTimeout`, leaving nothing behind. */
  static async open(parts: LinkParts): Promise<Link> {
    const { place, settings, timers, stop } = parts;
    const opening = new Opening(parts);
    const given = Promise.withResolvers<null>();
    const giveUp = () => given.resolve(null);
    stop.addEventListener("abort", giveUp, { once: true });
    const opened = Promise.race([opening.run(), given.promise]);
    const link = await within(timers, settings.connectTimeout, opened)
      .catch((error: unknown) => {
        void opening.abandon();
        throw connectFault(place, error);
      })
      .finally(() => stop.removeEventListener("abort", giveUp));
    if (link !== null) return link;
    await opening.abandon();
    throw new Fault(
      "BUS_UNREACHABLE",
      `${place} opens no session within ${settings.connectTimeout} ms.`,
      "Look whether the server is busy; raise `connectTimeout` if it is slow by nature.",
    );
  }

  /** Takes leave of the server where it still listens. Resolves within 1.5 s; never rejects. */
  end(): Promise<void> {
    this.isOpen = false;
    this.#end ??= leave(this.#client, this.session, this.#timers);
    return this.#end;
  }
}

/** The steps to a link, which can be given up between any two of them. */
class Opening {
  readonly #parts: LinkParts;
  #isAbandoned = false;
  #client: OPCUAClient | null = null;
  #session: ClientSession | null = null;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  async run(): Promise<Link> {
    const { library, settings, log, place } = this.#parts;
    const { endpoint, security, user } = settings;
    // Files are read again each time, so that a certificate can be renewed.
    const identity = await (security.mode === "none"
      ? passingIdentity(library)
      : ownIdentity(library, security));
    const server = await this.#choose(identity);
    this.#goOn();
    this.#client = openClient(library, settings, identity, server);
    await this.#client.connect(endpoint);
    this.#goOn();
    const session = await this.#client.createSession(await this.#userOf(user));
    this.#session = session;
    this.#goOn();
    const namespaces = await session.readNamespaceArray();
    const nodesPerRead = await this.#nodesPerRead(session);
    this.#goOn();
    log.debug("an OPC UA session is open", { place, nodesPerRead });
    return new Link(this.#parts, { client: this.#client, session, namespaces, nodesPerRead });
  }

  /** Also ends what a step still opens that is under way now. */
  async abandon(): Promise<void> {
    this.#isAbandoned = true;
    if (this.#client !== null) await leave(this.#client, this.#session, this.#parts.timers);
  }

  #goOn(): void {
    if (!this.#isAbandoned) return;
    void this.abandon();
    throw new Error("it was given up");
  }

  /** The endpoint with the wanted security and the expected certificate. Null without security. */
  async #choose(identity: Identity): Promise<EndpointDescription | null> {
    const { library, settings, place } = this.#parts;
    const { security } = settings;
    if (security.mode === "none") return null;
    const expected = await expectedFingerprint(security);
    const endpoints = await discover(library, settings, identity, (client) => {
      this.#client = client;
      this.#goOn();
    });
    const wanted = securityOf(library, security);
    const fitting = endpoints.filter(
      ({ securityMode, securityPolicyUri }) =>
        securityMode === wanted.securityMode && securityPolicyUri === wanted.securityPolicy,
    );
    if (fitting.length === 0) {
      throw new Fault(
        "BUS_FORBIDDEN",
        `${place} does not offer ${security.mode} with ${security.policy}.`,
        "`telltale scan` lists what the server offers; set `security` to one of these.",
      );
    }
    const shown = fitting.map(({ serverCertificate }) => leafOf(serverCertificate));
    const index = shown.findIndex((leaf) => leaf !== null && fingerprintOf(leaf) === expected);
    if (index >= 0) return fitting[index]!;
    const leaf = shown[0];
    throw new Fault(
      "BUS_FORBIDDEN",
      `${place} shows another certificate than the machine file expects` +
        `${leaf ? ` (SHA-256 ${fingerprintOf(leaf)})` : ""}.`,
      "If the server was given a new certificate, compare the fingerprint there and correct " +
        "`security`; if not, somebody stands between.",
    );
  }

  async #userOf(user: BusSettings["user"]) {
    const { UserTokenType } = this.#parts.library;
    if (user === undefined) return { type: UserTokenType.Anonymous } as const;
    const file = await readSettingFile(user.passwordFile, "user.passwordFile");
    // Editors end a file with a new line, which is no part of the password.
    const password = file.toString("utf8").replace(/\r?\n$/, "");
    return { type: UserTokenType.UserName, userName: user.name, password } as const;
  }

  /** Servers that do not say, or say 0, set no limit. */
  async #nodesPerRead(session: ClientSession): Promise<number> {
    const { AttributeIds, VariableIds } = this.#parts.library;
    const limit = VariableIds.Server_ServerCapabilities_OperationLimits_MaxNodesPerRead;
    const { value } = await session.read({ nodeId: `i=${limit}`, attributeId: AttributeIds.Value });
    const told = typeof value?.value === "number" && value.value > 0 ? value.value : Infinity;
    return Math.min(told, NODES_PER_READ_MAX);
  }
}

async function leave(
  client: OPCUAClient,
  session: ClientSession | null,
  timers: Timers,
): Promise<void> {
  // Each may fail or hang because the server is gone: that is why we leave.
  if (session !== null) await within(timers, LEAVE_MS, settled(session.close()));
  await within(timers, LEAVE_MS, settled(client.disconnect()));
}
