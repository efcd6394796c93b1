// The table of drivers: what `driver:` in a machine file can name. A driver is registered by one line
// here and by nothing else; nothing registers itself by being imported.

import type { Driver } from "../drivers/driver.ts";

export const drivers: readonly Driver[] = [];
