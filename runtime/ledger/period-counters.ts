// Counters that begin anew: of the rental, of a trip, since a service. The registers never do, so a
// counter is what they have gained since a mark.

import { REGISTER_NAMES, type Registers } from "../usage/usage-state.ts";

/**
 * What each register has gained since each mark.
 *
 * @param marks the registers as they stood when each counter began.
 * @throws RangeError where a register is less than at a mark: they belong to different meters.
 */
export function periodCounters<Name extends string>(
  now: Registers,
  marks: Readonly<Record<Name, Registers>>,
): Readonly<Record<Name, Registers>> {
  const counters = Object.entries<Registers>(marks).map(([counter, mark]) => {
    const gained = REGISTER_NAMES.map((name) => {
      const value = now[name] - mark[name];
      if (value < 0) throw new RangeError(`${name} is less than when ${counter} began`);
      return [name, value] as const;
    });
    return [counter, Object.fromEntries(gained)] as const;
  });
  return Object.fromEntries(counters) as unknown as Record<Name, Registers>;
}
