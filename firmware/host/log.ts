// The log: lines of JSON on standard error, for the journal of the operating system to keep; short
// plain lines where a person watches.

import { type Logger, pino, stdTimeFunctions } from "pino";
import type { Log, LogFields } from "../../runtime/signal/log.ts";
import { LineSink, stderrWriter } from "./line-sink.ts";

const LEVELS = { 20: "debug", 30: "info", 40: "WARN", 50: "ERROR" } as const;

/** `plain` for a terminal: `WARN gateway: message key=value`. */
export function hostLog(name: string, options: { plain: boolean; level: string }): Log {
  const { level } = options;
  const settings = { name, level, timestamp: stdTimeFunctions.isoTime };
  const sink = new LineSink({
    write: stderrWriter(),
    onDropped: (lines) => logger.warn({ lines }, "lines of the log were lost: nobody read them"),
  });
  const logger = pino(settings, {
    write: (line) => sink.write(options.plain ? plainLine(line) : line),
  });
  process.once("exit", () => sink.flush());
  return asLog(logger);
}

function asLog(logger: Logger): Log {
  return {
    debug: (message, fields) => logger.debug(fields ?? {}, message),
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

function plainLine(line: string): string {
  const { level, time, pid, hostname, name, msg, ...fields } = JSON.parse(line) as LogFields & {
    level: keyof typeof LEVELS;
  };
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
  return `${LEVELS[level] ?? level} ${name}: ${msg}${pairs.join("")}\n`;
}
