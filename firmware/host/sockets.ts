// Listening, with errors that say which port or path it was and what to do.

import { chmodSync, rmSync } from "node:fs";
import type { AddressInfo, Server } from "node:net";
import { Fault } from "../../runtime/signal/fault.ts";

/** Listens on a Unix socket for this user alone. One that a dead meter left behind is replaced. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  // The lock on the data directory has shown that nobody else serves this path.
  rmSync(path, { force: true });
  await listen(server, { path });
  chmodSync(path, 0o600);
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: "this user may not use that port",
  EADDRNOTAVAIL: "no network interface of this controller has that address",
  ENOTFOUND: "nobody knows that name",
  EAI_AGAIN: "that name cannot be looked up now",
};

/**
 * Gives the port, which the system has chosen where 0 was asked for.
 * @param key the key of the machine file that sets the port.
 * @throws Fault PORT_IN_USE, or SETTING_INVALID where it cannot be listened on at all.
 */
export async function listenOnPort(
  server: Server,
  endpoint: { readonly host: string; readonly port: number },
  key: string,
): Promise<number> {
  const { host, port } = endpoint;
  try {
    await listen(server, { host, port });
    return (server.address() as AddressInfo).port;
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const refusal = REFUSALS[code];
    if (refusal !== undefined) {
      throw new Fault(
        "SETTING_INVALID",
        `port ${port} on ${host} cannot be listened on: ${refusal}`,
        `correct ${key} or the host beside it in the machine file`,
        { cause },
      );
    }
    if (code !== "EADDRINUSE") throw cause;
    throw new Fault(
      "PORT_IN_USE",
      `port ${port} on ${host} is in use by another program`,
      `end that program, or set another port with ${key} in the machine file`,
      { cause },
    );
  }
}

function listen(
  server: Server,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Both go whichever comes: a port that is taken is tried again and again on the same server.
    const failed = (error: Error) => {
      server.off("listening", listening);
      reject(error);
    };
    const listening = () => {
      server.off("error", failed);
      resolve();
    };
    server.once("error", failed);
    server.once("listening", listening);
    server.listen(where);
  });
}
