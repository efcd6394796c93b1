// Changes single entries of one section of a machine file and leaves every other character where it
// was: comments, blank lines and the manner of whoever wrote the file survive.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  type Pair,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";
import type { YamlMap } from "./entries.ts";

const STYLE = { lineWidth: 0, flowCollectionPadding: true } as const;

/** Keys with dots are keys below keys; undefined takes a key away. */
export type EntryChanges = ReadonlyMap<readonly string[], unknown>;

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

interface Entry {
  readonly pair: Pair;
  readonly start: number;
  readonly end: number;
  readonly column: number;
}

/** The text could not be changed safely; the message says where a person has to. */
export class CannotSplice extends Error {}

export class SectionEditor {
  readonly #text: string;
  readonly #section: string;
  readonly #document: Document.Parsed;
  readonly #entries = new Map<string, Entry>();
  readonly #edits: Edit[] = [];
  readonly #added: string[] = [];
  readonly #writesFlow: boolean;
  /** What stands in the section, by name, in the file's order. */
  readonly values: ReadonlyMap<string, unknown>;

  /** @throws CannotSplice where the section is no block of entries. */
  constructor(text: string, section: string) {
    this.#text = text;
    this.#section = section;
    this.#document = parseDocument(text, { stringKeys: true, logLevel: "error" });
    if (this.#document.errors.length > 0) throw new CannotSplice("the file is no YAML");
    const map = this.#document.get(section, true);
    if (isMap(map) && map.items.length > 0) {
      if (map.flow) {
        const message = `${section} is written in braces: give each entry a line of its own`;
        throw new CannotSplice(message);
      }
      for (const pair of (map as YAMLMap).items) this.#read(pair);
    } else if (map !== undefined && map !== null && !(isScalar(map) && map.value === null)) {
      if (!isMap(map)) throw new CannotSplice(`${section} is no map`);
      throw new CannotSplice(`${section} is {}: take the braces away`);
    }
    const values = [...this.#entries.values()].map(({ pair }) => pair.value);
    this.#writesFlow = values.some((value) => isMap(value) && value.flow === true);
    const file = this.#document.toJS() as Readonly<Record<string, YamlMap>> | null;
    this.values = new Map(Object.entries(file?.[section] ?? {}));
  }

  change(name: string, changes: EntryChanges): void {
    const { start, end, column } = this.#plain(name);
    const indent = " ".repeat(column);
    const own = this.#text.slice(start, end).replaceAll(`\n${indent}`, "\n");
    const entry = parseDocument(own, { stringKeys: true, logLevel: "error" });
    for (const [path, value] of changes) {
      if (value === undefined) this.#delete(entry, [name, ...path]);
      else entry.setIn([name, ...path], flowNode(entry, value));
    }
    const text = tight(entry.toString(STYLE)).trimEnd().replaceAll("\n", `\n${indent}`);
    this.#edits.push({ start, end, text });
  }

  /** Takes an entry away, with the comment that stands directly above it. */
  remove(name: string): void {
    const { start, end, column } = this.#plain(name);
    const indent = " ".repeat(column);
    let from = this.#text.lastIndexOf("\n", start - 1) + 1;
    for (;;) {
      const above = this.#text.lastIndexOf("\n", from - 2) + 1;
      if (from === 0 || !this.#text.slice(above, from).startsWith(`${indent}#`)) break;
      from = above;
    }
    this.#edits.push({ start: from, end: this.#lineEnd(end), text: "" });
  }

  add(name: string, entry: YamlMap): void {
    const column = [...this.#entries.values()][0]?.column ?? 2;
    const lines = yamlOf({ [name]: entry }, this.#writesFlow).trimEnd();
    this.#added.push(lines.replace(/^/gm, " ".repeat(column)));
  }

  /** The whole text with everything that was asked for. */
  get result(): string {
    const edits = [...this.#edits];
    if (this.#added.length > 0) edits.push(this.#insertion());
    let text = this.#text;
    for (const { start, end, text: own } of edits.toSorted((a, b) => b.start - a.start)) {
      text = text.slice(0, start) + own + text.slice(end);
    }
    return text;
  }

  #read(pair: Pair): void {
    const { key, value } = pair as Pair<{ value?: unknown; range?: number[] }, unknown>;
    const range = (value as { range?: number[] } | null)?.range;
    const start = key.range![0]!;
    const column = start - (this.#text.lastIndexOf("\n", start - 1) + 1);
    // A block ends behind its last line; the end of that line is left to what follows.
    const raw = this.#text.slice(start, range?.[1] ?? key.range![1]!);
    const end = start + raw.trimEnd().length;
    this.#entries.set(String(key.value), { pair, start, end, column });
  }

  /** The entry, where it can be taken out of its file: an alias leads elsewhere. */
  #plain(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw new CannotSplice(`there is no ${this.#section}.${name}`);
    const place = `${this.#section}.${name}`;
    let leadsElsewhere = isAlias(entry.pair.value);
    if (isMap(entry.pair.value)) {
      visit(entry.pair.value, {
        Node: (_key, node) => {
          leadsElsewhere ||= isAlias(node) || ("anchor" in node && Boolean(node.anchor));
        },
      });
    }
    if (leadsElsewhere) {
      throw new CannotSplice(`${place} uses an anchor or alias (& or *): change it by hand`);
    }
    return entry;
  }

  /** What is left empty by it goes as well: `register: {}` says nothing. */
  #delete(entry: Document.Parsed, path: readonly string[]): void {
    entry.deleteIn(path);
    const parent = path.slice(0, -1);
    if (parent.length < 2) return;
    const left = entry.getIn(parent);
    if (isMap(left) && left.items.length === 0) this.#delete(entry, parent);
  }

  #insertion(): Edit {
    const last = [...this.#entries.values()].at(-1);
    if (last !== undefined) return this.#insertAt(this.#lineEnd(last.end), "");
    const pair = (this.#document.contents as YAMLMap | null)?.items.find(
      ({ key }) => isScalar(key) && key.value === this.#section,
    );
    if (pair === undefined) return this.#insertAt(this.#text.length, `${this.#section}:\n`);
    const { range } = pair.key as { range: number[] };
    return this.#insertAt(this.#lineEnd(range[1]!), "");
  }

  #insertAt(position: number, head: string): Edit {
    const isLineStart = position === 0 || this.#text[position - 1] === "\n";
    const text = `${isLineStart ? "" : "\n"}${head}${this.#added.join("\n")}\n`;
    return { start: position, end: position, text };
  }

  #lineEnd(position: number): number {
    const next = this.#text.indexOf("\n", position);
    return next === -1 ? this.#text.length : next + 1;
  }
}

function isCollection(node: unknown): node is YAMLMap {
  return typeof node === "object" && node !== null && "items" in node;
}

function flowNode(document: Document, value: unknown): unknown {
  const node = document.createNode(value);
  if (isCollection(node)) node.flow = true;
  return node;
}

/** `[0, 500]`, as everybody writes it; the library pads lists as it does maps. */
function tight(text: string): string {
  return text.replace(/\[ ([-+.\d, e]+) \]/g, "[$1]");
}

/** Named entries as text of a machine file: each on a line, or its keys on lines of their own. */
export function yamlOf(entries: YamlMap, onOneLine: boolean): string {
  const document = parseDocument("{}");
  const map = document.createNode(entries) as YAMLMap;
  for (const { value: entry } of map.items) {
    if (!isCollection(entry)) continue;
    entry.flow = onOneLine;
    for (const { value: below } of entry.items) if (isCollection(below)) below.flow = true;
  }
  document.contents = map as never;
  return tight(document.toString(STYLE));
}
