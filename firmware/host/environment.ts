// The process environment, in one place: whoever wants a variable asks for it by name.

import { userInfo } from "node:os";

export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}

/**
 * `user@address` of this machine as an SSH client would name it; null where nobody came over SSH.
 */
export function sshTarget(): string | null {
  // SSH_CONNECTION: client address, client port, server address, server port.
  const address = process.env["SSH_CONNECTION"]?.split(" ")[2];
  return address === undefined ? null : `${userInfo().username}@${address}`;
}
