// A reader on this machine for the commands that look at a running instance, over the meter's
// socket.

import { RequestFailed, StreamClient } from "../../protocols/stream/client.ts";
import { type Hello, STREAM_PATH } from "../../protocols/stream/frames.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { random } from "../host/identity.ts";
import { dataDirectory, socketPath } from "../host/paths.ts";
import { hostTimers } from "../host/timers.ts";

/** A running instance answers within milliseconds; one that is stopped never does. */
const ANSWER_MS_MAX = 5_000;

const START_IT =
  "start it with `telltale run FILE`, or name its directory with --data;\n" +
  "  a meter that runs as another user answers that user alone";

export interface LocalReader {
  readonly client: StreamClient;
  readonly hello: Hello;
  /** Resolves when the instance goes away, with what to tell the person. */
  readonly lost: Promise<Fault>;
}

/**
 * Connects to the instance of this data directory, or to any `url`.
 * @throws Fault PEER_UNREACHABLE where nothing runs there, or what runs does not answer.
 */
export function connectLocally(options: {
  readonly data?: string;
  readonly url?: string;
}): Promise<LocalReader> {
  if (options.url !== undefined) checkUrl(options.url);
  const directory = dataDirectory(options.data);
  const target = options.url
    ? { url: options.url }
    : { url: `ws://localhost${STREAM_PATH}`, socketPath: socketPath(directory) };
  const lost = Promise.withResolvers<Fault>();
  return new Promise((resolve, reject) => {
    let isUp = false;
    const deadline = hostTimers.after(ANSWER_MS_MAX, () => {
      client.close();
      reject(silent(options.url, directory));
    });
    const client = new StreamClient({
      ...target,
      timers: hostTimers,
      random,
      onUp: (hello) => {
        isUp = true;
        deadline.cancel();
        resolve({ client, hello, lost: lost.promise });
      },
      onDown: (reason) => {
        client.close();
        deadline.cancel();
        if (isUp) lost.resolve(unreachable(`the instance went away: ${reason}`));
        else reject(refused(options.url, directory, reason));
      },
    });
    client.open();
  });
}

function unreachable(message: string, remedy = START_IT): Fault {
  return new Fault("PEER_UNREACHABLE", message, remedy);
}

/** The address took the connection, or swallowed it, and nothing came. */
function silent(url: string | undefined, directory: string): Fault {
  const seconds = ANSWER_MS_MAX / 1_000;
  if (url === undefined) {
    return unreachable(
      `the instance of the data directory ${directory} runs but does not answer (${seconds} s)`,
      "look at its log; it may be stopped or overloaded",
    );
  }
  return unreachable(
    `no answer from ${url} within ${seconds} s`,
    "is that its address? Where it is, look at its log; it may be stopped or overloaded",
  );
}

function refused(url: string | undefined, directory: string, reason: string): Fault {
  // The library's words for the status with which the gateway refuses without a meter.
  if (url !== undefined && reason.endsWith("response: 503")) {
    const { protocol, host } = new URL(url);
    return unreachable(
      `the gateway at ${url} runs but has no meter behind it, or no room for one more reader`,
      `look at its page for why: ${protocol === "wss:" ? "https" : "http"}://${host}/`,
    );
  }
  return unreachable(`nothing answers at ${url ?? `the data directory ${directory}`}: ${reason}`);
}

/** Asks the instance; what it answers in the negative is a failure of the command. */
export async function askInstance(
  { client }: LocalReader,
  what: string,
  args: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  try {
    return await client.get(what, args);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const remedy = "look at the log of the instance; it may be starting or stopping";
    throw new Fault("PEER_UNREACHABLE", `the instance gave no ${what}: ${error.message}`, remedy, {
      cause: error,
    });
  }
}

/** Which right a command needs, and what to say where no answer came. */
export interface CommandNeeds {
  readonly right: string;
  readonly again: string;
}

const INSTRUCT: CommandNeeds = {
  right: "instruct",
  again: "the same file can be sent again: what was taken is not taken twice",
};

/** Gives the instance a command; gives what it answered, refusals among it. */
export async function commandInstance(
  { client, hello }: LocalReader,
  name: string,
  args: Readonly<Record<string, unknown>>,
  { right, again }: CommandNeeds = INSTRUCT,
): Promise<unknown> {
  if (!hello.rights.includes(right)) {
    const remedy = "run it on the controller itself, where the meter's socket is";
    throw new Fault("PEER_UNREACHABLE", "this way to the instance takes no commands", remedy);
  }
  try {
    return await client.command(name, args);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const message = `the instance did not answer the command: ${error.message}`;
    throw new Fault("PEER_UNREACHABLE", message, again, { cause: error });
  }
}

function checkUrl(url: string): void {
  if (/^wss?:\/\/[^#]+$/.test(url) && URL.canParse(url)) return;
  const remedy = "write it like ws://127.0.0.1:8420/stream";
  throw new Fault("SETTING_INVALID", `--url ${url}: not the address of a stream`, remedy);
}
