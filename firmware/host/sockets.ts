// Listening, with errors that say which port or path it was and what to do.

import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { Fault } from "../../runtime/signal/fault.ts";

/** Listens on a Unix socket for this user alone. One that a dead meter left behind is replaced. */
export async function listenOnSocket(server: Server, path: string): Promise<void> {
  // The lock on the data directory has shown that nobody else serves this path.
  rmSync(path, { force: true });
  await listen(server, { path });
  chmodSync(path, 0o600);
}

/** @param key the key of the machine file that sets the port. */
export async function listenOnPort(
  server: Server,
  endpoint: { readonly host: string; readonly port: number },
  key: string,
): Promise<void> {
  const { host, port } = endpoint;
  try {
    await listen(server, { host, port });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EADDRINUSE") throw cause;
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
    server.once("error", reject);
    server.listen(where, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
