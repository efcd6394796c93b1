// Reads YAML text into plain values and remembers where each key and value stands, so that whatever
// is found wrong later can be shown at its line and column. The one place that knows the library.

import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
} from "yaml";
import type { Path, Position, ProblemList } from "./problem.ts";
import { didYouMean } from "./suggest.ts";

/**
 * A machine with 1,000 signals of 20 keys each needs 40,000; aliases count each time they stand.
 */
const NODES_MAX = 100_000;
/** The machine file's own deepest place is a condition within eight `all` or `any`: about 20. */
const DEPTH_MAX = 40;
/** Enough for shared settings, too few for a file that doubles itself over and over. */
const ALIASES_MAX = 1_000;
/** A broken line often breaks all that follow; the first ones tell it. */
const SYNTAX_PROBLEMS_MAX = 10;

export interface YamlTree {
  readonly value: unknown;
  /** Where the value stands; else its key; else the nearest thing around it. */
  at(path: Path): Position;
  /** Where the key stands; for list items, and where there is none, as `at`. */
  keyAt(path: Path): Position;
  /** The text of a plain or quoted scalar as it was written. */
  written(path: Path): string | undefined;
}

interface Place {
  readonly key?: number;
  readonly value?: number;
  readonly written?: string | undefined;
}

const START: Position = { line: 1, column: 1 };

/** What the file is called in what is said of it. */
export interface FileWords {
  /** `machine file` */
  readonly kind: string;
  /** What one file is about: `one machine`. */
  readonly subject: string;
  /** The command that writes one to begin with. */
  readonly command: string;
}

const MACHINE_FILE: FileWords = {
  kind: "machine file",
  subject: "one machine",
  command: "telltale init",
};

/** Null where the text is no YAML that could be checked further; the problems say why. */
export function readYaml(
  text: string,
  problems: ProblemList,
  words: FileWords = MACHINE_FILE,
): YamlTree | null {
  const lines = new LineCounter();
  // `uniqueKeys` costs the square of the keys and tells one line of two; TreeReader does it better.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
    resolveKnownTags: false,
    logLevel: "error",
  });
  const position = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };

  if (reportSyntax(document, position, problems, words)) return null;
  if (document.contents === null) {
    problems.add(START, [], `the file is empty; \`${words.command}\` writes one to begin with`);
    return null;
  }
  const reader = new TreeReader(document, position, problems, words);
  return reader.read();
}

/** What the library's messages mean to someone who never heard of its interface. */
const SYNTAX: Readonly<Record<string, string | ((words: FileWords) => string)>> = {
  MULTIPLE_DOCS: ({ subject }) =>
    `a second document begins here (---); one file describes ${subject}`,
  TAB_AS_INDENT: "a tab cannot indent; write spaces",
  NON_STRING_KEY: "a key must be a word",
  RESOURCE_EXHAUSTION: "nested too deeply",
  MISSING_CHAR: "a quote or bracket is not closed before here",
  BLOCK_AS_IMPLICIT_KEY:
    'a second ": " stands on this line; put the text in quotes, or begin a line below',
  BAD_INDENT: "the indentation or a bracket does not fit what stands above",
  TAG_RESOLVE_FAILED: ({ kind }) => `tags (!…) are not used in ${kind}s; write the plain value`,
};

function reportSyntax(
  document: Document.Parsed,
  position: (offset: number) => Position,
  problems: ProblemList,
  words: FileWords,
): boolean {
  // A tag that nobody knows is a warning to the library; to us the value would not be what was
  // meant.
  const found = [...document.errors, ...document.warnings];
  if (found.length === 0) {
    if (document.directives.yaml.version !== "1.1") return false;
    problems.add(START, [], "is YAML 1.1, where `no` and `1:30` mean other things; remove %YAML");
    return true;
  }
  const exhausted = found.find((error) => error.code === "RESOURCE_EXHAUSTION");
  for (const error of exhausted ? [exhausted] : found.slice(0, SYNTAX_PROBLEMS_MAX)) {
    const known =
      SYNTAX[error.code] ?? `${error.message[0]!.toLowerCase()}${error.message.slice(1)}`;
    const message = typeof known === "string" ? known : known(words);
    problems.add(position(error.pos[0]), [], `not YAML: ${message}`);
  }
  return true;
}

/** Thrown within the reader only: going on would cost too much. */
class TooMuch extends Error {}

class TreeReader {
  readonly #document: Document.Parsed;
  readonly #position: (offset: number) => Position;
  readonly #problems: ProblemList;
  readonly #words: FileWords;
  readonly #places = new Map<string, Place>();
  readonly #targets = new Map<Node, Node>();
  readonly #anchors = new Map<string, Node>();
  readonly #open = new Set<Node>();
  /**
   * An alias that leads nowhere leaves a hole, which further checks would report as something else.
   */
  #broken = false;
  #nodes = 0;
  #aliases = 0;

  constructor(
    document: Document.Parsed,
    position: (offset: number) => Position,
    problems: ProblemList,
    words: FileWords,
  ) {
    this.#document = document;
    this.#position = position;
    this.#problems = problems;
    this.#words = words;
  }

  read(): YamlTree | null {
    this.#resolveAliases();
    let value: unknown;
    try {
      value = this.#value(this.#document.contents as Node, []);
    } catch (error) {
      if (error instanceof TooMuch) return null;
      throw error;
    }
    if (this.#broken) return null;
    return {
      value,
      at: (path) => this.#find(path, (place) => place.value ?? place.key),
      keyAt: (path) => this.#find(path, (place) => place.key ?? place.value),
      written: (path) => this.#places.get(keyOf(path))?.written,
    };
  }

  /** An alias means the last anchor of its name that stands before it. */
  #resolveAliases(): void {
    visit(this.#document, {
      Node: (_key, node) => {
        if (isAlias(node)) {
          const target = this.#anchors.get(node.source);
          if (target) this.#targets.set(node, target);
        } else if ("anchor" in node && node.anchor) {
          this.#anchors.set(node.anchor, node);
        }
      },
    });
  }

  #value(node: Node | null, path: Path): unknown {
    if (node === null) return null;
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX) this.#refuse(node, path, `more than ${NODES_MAX} values`);
    if (path.length > DEPTH_MAX) this.#refuse(node, path, `nested more than ${DEPTH_MAX} deep`);
    if (isAlias(node)) return this.#alias(node, path);
    if (isMap(node)) return this.#within(node, () => this.#map(node, path));
    if (isSeq(node)) {
      return this.#within(node, () =>
        node.items.map((item, index) => {
          const itemPath = [...path, index];
          const itemNode = item as Node | null;
          this.#place(itemPath, undefined, itemNode);
          return this.#value(itemNode, itemPath);
        }),
      );
    }
    return isScalar(node) ? node.value : null;
  }

  #map(node: Node & { readonly items: readonly unknown[] }, path: Path): unknown {
    // Without a prototype, so that a key such as `__proto__` is a key like any other.
    const result: Record<string, unknown> = Object.create(null);
    const firstLines = new Map<string, number>();
    for (const item of node.items as readonly { key: Node; value: Node | null }[]) {
      const name = isScalar(item.key) ? String(item.key.value) : null;
      const at = this.#position(item.key.range?.[0] ?? 0);
      if (name === null) {
        this.#problems.add(at, path, "a key must be a word");
        continue;
      }
      const itemPath = [...path, name];
      const firstLine = firstLines.get(name);
      if (firstLine !== undefined) {
        this.#problems.add(at, itemPath, `duplicate key; it stands at line ${firstLine} already`);
        continue;
      }
      firstLines.set(name, at.line);
      this.#place(itemPath, item.key, item.value);
      result[name] = this.#value(item.value, itemPath);
    }
    return result;
  }

  #alias(node: Node & { readonly source: string }, path: Path): unknown {
    const target = this.#targets.get(node);
    this.#aliases += 1;
    if (this.#aliases > ALIASES_MAX) {
      this.#refuse(node, path, `more than ${ALIASES_MAX} aliases (*name), counted where they lead`);
    }
    const at = this.#position(node.range?.[0] ?? 0);
    this.#broken ||= target === undefined || this.#open.has(target);
    if (target === undefined) {
      const suggestion = didYouMean(node.source, [...this.#anchors.keys()]);
      this.#problems.add(at, path, `unknown alias *${node.source}${suggestion}`);
      return null;
    }
    if (this.#open.has(target)) {
      this.#problems.add(at, path, `cyclic alias: *${node.source} stands within what it names`);
      return null;
    }
    return this.#value(target, path);
  }

  #within<Value>(node: Node, read: () => Value): Value {
    this.#open.add(node);
    const value = read();
    this.#open.delete(node);
    return value;
  }

  #place(path: Path, key: Node | undefined, value: Node | null): void {
    const place: { -readonly [Name in keyof Place]: Place[Name] } = {};
    if (key?.range) place.key = key.range[0];
    if (value?.range) place.value = value.range[0];
    if (isScalar(value)) place.written = value.source;
    this.#places.set(keyOf(path), place);
  }

  #find(path: Path, offsetOf: (place: Place) => number | undefined): Position {
    for (let length = path.length; length > 0; length--) {
      const place = this.#places.get(keyOf(path.slice(0, length)));
      // What is missing is shown at the key of the nearest thing that should have it.
      const offset =
        place && (length === path.length ? offsetOf(place) : (place.key ?? place.value));
      if (offset !== undefined) return this.#position(offset);
    }
    return START;
  }

  #refuse(node: Node, path: Path, what: string): never {
    const at = this.#position(node.range?.[0] ?? 0);
    this.#problems.add(at, path.slice(0, 3), `${what}; no ${this.#words.kind} needs so many`);
    throw new TooMuch();
  }
}

function keyOf(path: Path): string {
  return path.join("\0");
}
