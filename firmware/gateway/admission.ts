// Who may open the stream on the gateway's port. Without tokens that is whoever is on this machine,
// and no web page but our own: a browser sends its page's origin along.

import type { IncomingMessage } from "node:http";
import { isOurHost } from "../../protocols/panel/panel.ts";
import type { Admission } from "../../protocols/stream/server.ts";

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/;

export function admission(hostNames: readonly string[]): (request: IncomingMessage) => Admission {
  return ({ headers, socket }) => {
    if (!isOurHost(headers.host, hostNames)) {
      return { status: 403, reason: "this controller does not answer to that host name" };
    }
    if (headers.origin !== undefined && hostOf(headers.origin) !== headers.host) {
      return { status: 403, reason: "pages of other sites may not read this controller" };
    }
    // Who is on this machine may bring commands; their signatures decide. Those about alarms carry
    // none, and a port of loopback asks nobody who he is: they come over the meter's own socket.
    const isHere = socket.remoteAddress !== undefined && LOOPBACK.test(socket.remoteAddress);
    return { rights: isHere ? ["read", "acknowledge", "instruct"] : ["read", "acknowledge"] };
  };
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
