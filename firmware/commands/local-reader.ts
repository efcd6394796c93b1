// A reader on this machine for the commands that look at a running instance, over the meter's
// socket.

import { RequestFailed, StreamClient } from "../../protocols/stream/client.ts";
import { type Hello, STREAM_PATH } from "../../protocols/stream/frames.ts";
import { Fault } from "../../runtime/signal/fault.ts";
import { random } from "../host/identity.ts";
import { dataDirectory, socketPath } from "../host/paths.ts";
import { hostTimers } from "../host/timers.ts";

export interface LocalReader {
  readonly client: StreamClient;
  readonly hello: Hello;
  /** Resolves when the instance goes away, with what to tell the person. */
  readonly lost: Promise<Fault>;
}

/**
 * Connects to the instance of this data directory, or to any `url`.
 * @throws Fault PEER_UNREACHABLE where nothing runs there.
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
    const client = new StreamClient({
      ...target,
      timers: hostTimers,
      random,
      onUp: (hello) => {
        isUp = true;
        resolve({ client, hello, lost: lost.promise });
      },
      onDown: (reason) => {
        client.close();
        const where = options.url ?? `the data directory ${directory}`;
        const fault = new Fault(
          "PEER_UNREACHABLE",
          isUp ? `the instance went away: ${reason}` : `nothing answers at ${where}: ${reason}`,
          "start it with `telltale run FILE`, or name its directory with --data",
        );
        if (isUp) lost.resolve(fault);
        else reject(fault);
      },
    });
    client.open();
  });
}

/** Asks the instance; what it answers in the negative is a failure of the command. */
export async function askInstance({ client }: LocalReader, what: string): Promise<unknown> {
  try {
    return await client.get(what);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    const remedy = "look at the log of the instance; it may be starting or stopping";
    throw new Fault("PEER_UNREACHABLE", `the instance gave no ${what}: ${error.message}`, remedy, {
      cause: error,
    });
  }
}

function checkUrl(url: string): void {
  if (/^wss?:\/\/[^#]+$/.test(url) && URL.canParse(url)) return;
  const remedy = "write it like ws://127.0.0.1:8420/stream";
  throw new Fault("SETTING_INVALID", `--url ${url}: not the address of a stream`, remedy);
}
