// The door of AEMP on the gateway's port. What is behind it is loaded at the first request: most
// machines are never asked, and need not hold an XML library in memory.

import type { RequestListener } from "node:http";
import type { AempOptions } from "../../protocols/aemp/aemp.ts";
import { reasonOf } from "../../runtime/signal/fault.ts";

export function aempDoor(options: AempOptions): RequestListener {
  let loading: Promise<RequestListener> | null = null;
  return (request, response) => {
    loading ??= load(options);
    loading.then(
      (answer) => answer(request, response),
      (error: unknown) => {
        // A library that could not be read now may be read at the next request.
        loading = null;
        options.log.error("AEMP could not be loaded", { reason: reasonOf(error) });
        response.writeHead(503, { "retry-after": "1" }).end();
      },
    );
  };
}

async function load(options: AempOptions): Promise<RequestListener> {
  const { createAemp } = await import("../../protocols/aemp/aemp.ts");
  return createAemp(options);
}
