// What is wrong with a machine file, told so that a person can act on it: file, line, column, the
// path of the key, and what was meant. All problems of a file are collected before anyone is told.

export interface Problem {
  readonly file: string;
  /** From 1; 0 where the problem is the file itself. */
  readonly line: number;
  /** From 1; 0 where the problem is the file itself. */
  readonly column: number;
  /** `signals.flow.unit`; empty where the problem is the file or its top. */
  readonly path: string;
  readonly message: string;
}

/** Beyond this nobody reads on, and a file of garbage must not cost minutes of suggestions. */
export const PROBLEMS_MAX = 200;

/** `machine.yaml:14:11 signals.flow.unit: unknown unit "l/mn"; did you mean "L/min"?` */
export function formatProblem(problem: Problem): string {
  const { file, line, column, path, message } = problem;
  if (line === 0) return `${file}: ${message}`;
  return `${file}:${line}:${column} ${path === "" ? "" : `${path}: `}${message}`;
}

export type Path = readonly (string | number)[];

/** `usage.WORKING.all[0].signal` */
function formatPath(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += text === "" ? step : `.${step}`;
  }
  return text;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Collects problems in any order and gives them in the file's order. */
export class ProblemList {
  readonly file: string;
  readonly #problems: Problem[] = [];
  readonly #seen = new Set<string>();
  #unlisted = 0;

  constructor(file: string) {
    this.file = file;
  }

  get empty(): boolean {
    return this.#problems.length === 0;
  }

  /** The message is a function where making it costs something, such as a suggestion. */
  add(position: Position, path: Path, message: string | (() => string)): void {
    if (this.#problems.length >= PROBLEMS_MAX) {
      this.#unlisted += 1;
      return;
    }
    const problem: Problem = {
      file: this.file,
      line: position.line,
      column: position.column,
      path: formatPath(path),
      message: typeof message === "string" ? message : message(),
    };
    // The same place can be reached twice, through an alias or through two checks.
    const key = formatProblem(problem);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#problems.push(problem);
  }

  sorted(): readonly Problem[] {
    const sorted = this.#problems.sort((a, b) => a.line - b.line || a.column - b.column);
    if (this.#unlisted === 0) return sorted;
    const last = sorted.at(-1)!;
    const message = `and ${this.#unlisted} more problems, not listed`;
    return [
      ...sorted,
      { file: this.file, line: last.line, column: last.column, path: "", message },
    ];
  }
}
