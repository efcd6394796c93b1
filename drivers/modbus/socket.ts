// Opens a TCP connection within a bounded time.

import type { Socket } from "node:net";
import { Fault, reasonOf } from "../../runtime/signal/fault.ts";
import type { Timers } from "../../runtime/signal/timers.ts";

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
}

/**
 * Rejects with BUS_UNREACHABLE where no connection comes up in time, or the socket is destroyed.
 */
export function connectSocket(
  socket: Socket,
  { host, port, connectTimeoutMs }: SocketTarget,
  place: string,
  timers: Timers,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (why: string, cause?: unknown) => {
      timer.cancel();
      socket.destroy();
      reject(unreachableFault(place, why, cause));
    };
    const timer = timers.after(connectTimeoutMs, () =>
      giveUp(`no connection within ${connectTimeoutMs} ms`),
    );
    const onError = (error: Error) => giveUp(codeOrReason(error), error);
    const onClose = () => giveUp("the attempt was ended");
    socket.once("error", onError).once("close", onClose);
    socket.setNoDelay(true);
    socket.connect({ host, port }, () => {
      timer.cancel();
      socket.off("error", onError).off("close", onClose);
      resolve();
    });
  });
}

export function unreachableFault(place: string, why: string, cause?: unknown): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `${place} cannot be reached: ${why}.`,
    "Is the device switched on, is the cable in, and are host and port right?",
    { cause },
  );
}

/**
 * An address that resolves to several gives an error without a text of its own, but with a code.
 */
export function codeOrReason(error: Error): string {
  return "code" in error && typeof error.code === "string" ? error.code : reasonOf(error);
}
