// The real timers behind the core's interface.

import type { Timer, Timers } from "../../runtime/signal/timers.ts";

export const hostTimers: Timers = {
  after(delayMs, run): Timer {
    const handle = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
  every(periodMs, run): Timer {
    const handle = setInterval(run, periodMs);
    return { cancel: () => clearInterval(handle) };
  },
};
