// The rig's own devices and wires keep the times that the product is measured by, so that they go
// first on a busy machine, where the user may say so.

import { constants, setPriority } from "node:os";

/** True where it was allowed; only root may. */
export function goFirst(pid: number): boolean {
  try {
    setPriority(pid, constants.priority.PRIORITY_HIGHEST);
    return true;
  } catch (error) {
    const { code } = (error as { readonly info?: { readonly code: string } }).info ?? {};
    if (code === "EACCES" || code === "EPERM") return false;
    throw error;
  }
}
