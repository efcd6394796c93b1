// What both back-ends have to say of a line or a chip that cannot be had.

import { Fault } from "../../runtime/signal/fault.ts";
import type { Chip } from "./backend.ts";

export function inUse(title: string, consumer: string): Fault {
  const holder = consumer === "" ? "somebody" : consumer;
  return new Fault(
    "BUS_BUSY",
    `Line ${title} is in use by ${holder}.`,
    "End that program, take the device-tree overlay out that claims the line, or use another.",
  );
}

/** To look at an output that nobody holds would end with letting it go, and so may switch it. */
export function notLookedAt(title: string): Fault {
  return new Fault(
    "BUS_FORBIDDEN",
    `Line ${title} is not an input now, and an output is not touched to look at it.`,
    "The meter takes it when it starts; its level is known from then on.",
  );
}

export function chipGone(title: string): Fault {
  return new Fault(
    "BUS_CLOSED",
    `Line ${title}: the chip is gone.`,
    "Was it unplugged? It is taken again as soon as it is back.",
  );
}

export function chipChanged(title: string, chip: Chip, label: string): Fault {
  return new Fault(
    "BUS_WRONG_ANSWER",
    `Line ${title}: ${chip.name} is now ${label} and no longer ${chip.label}.`,
    "Nothing, if it happens once: the chips are looked for again.",
  );
}

export function noChip(directory: string): Fault {
  return new Fault(
    "BUS_UNREACHABLE",
    `There is no GPIO chip: ${directory} has no gpiochip0 or other.`,
    "Does this controller have GPIO, and is the kernel driver of its chip loaded?",
  );
}
