// The log as the core sees it; the host decides where the lines go.

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** For tests, and for tools that report in their own way. */
export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
