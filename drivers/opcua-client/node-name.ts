// How the machine file names a node. A namespace's index is the server's choice and may be another
// after an update; its URI stays. So `nsu=` is looked up in the server's own table on each
// connection, as OPC 10000-6 §5.1.12 writes it.

/** An identifier, and the namespace by URI, or by index where it is known. */
export interface NodeName {
  readonly namespace: number | string;
  /** With its kind: `s=Spindle.Load`, `i=2258`. */
  readonly identifier: string;
}

const NODE = /^(?:ns=(\d{1,5});|nsu=([^;]+);)?([isgb])=(.+)$/s;
const GUID = /^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const INDEX_MAX = 65_535;
const NUMBER_MAX = 0xffff_ffff;
/** OPC 10000-3 §8.2.4 bounds identifiers so. */
const CHARACTERS_MAX = 4_096;

/** Null where the text is no node. */
export function parseNodeName(text: string): NodeName | null {
  const [, index, uri, kind, value] = NODE.exec(text) ?? [];
  if (kind === undefined || value === undefined || value.length > CHARACTERS_MAX) return null;
  if (kind === "i" && !(/^\d+$/.test(value) && Number(value) <= NUMBER_MAX)) return null;
  if (kind === "g" && !GUID.test(value)) return null;
  if (kind === "b" && !BASE64.test(value)) return null;
  if (index !== undefined && Number(index) > INDEX_MAX) return null;
  const namespace = uri === undefined ? Number(index ?? 0) : unescapeUri(uri);
  return { namespace, identifier: `${kind}=${value}` };
}

/** With the namespace as an index of this server, or null where the server has no such URI. */
export function nodeIdOf({ namespace, identifier }: NodeName, table: readonly string[]) {
  const index = typeof namespace === "number" ? namespace : table.indexOf(namespace);
  return index < 0 ? null : `ns=${index};${identifier}`;
}

/** The durable name of a node that the server calls by index. */
export function durableName(nodeId: string, table: readonly string[]): string {
  const name = parseNodeName(nodeId);
  if (name === null || typeof name.namespace === "string") return nodeId;
  const uri = table[name.namespace];
  if (name.namespace === 0) return name.identifier;
  return uri === undefined || uri === "" ? nodeId : `nsu=${escapeUri(uri)};${name.identifier}`;
}

/** `;` ends the URI in this notation, so it and the sign that escapes it are escaped. */
function escapeUri(uri: string): string {
  return uri.replaceAll("%", "%25").replaceAll(";", "%3B");
}

function unescapeUri(text: string): string {
  return text.replaceAll(/%3B/gi, ";").replaceAll("%25", "%");
}
