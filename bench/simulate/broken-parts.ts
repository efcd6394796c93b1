// Meters that are wrong on purpose, each in one way that a real one could be. The simulator is
// worth as much as it finds of them.

import { Metering } from "../../firmware/meter/metering.ts";
import { concat } from "../../runtime/ledger/bytes.ts";
import { pastLife } from "../../runtime/usage/past-life.ts";
import { SLOT_BYTES, SLOT_FILE_BYTES } from "../../runtime/usage/register-slots.ts";
import { REGISTER_NAMES } from "../../runtime/usage/usage-state.ts";
import { type Parts, REAL_PARTS } from "./controller.ts";

/** Saves that a lazy meter passes over between two that it makes. */
const SAVES_PASSED_OVER = 5;
const SEQUENCE_AT = 8;

export const BROKEN_PARTS: Readonly<Record<string, Parts>> = {
  "both slots are written at once": {
    ...REAL_PARTS,
    slotFile: (file) => ({
      read: () => file.read(),
      write: (_, bytes) => file.write(0, concat(bytes, bytes)),
      close: () => file.close(),
    }),
  },
  "the older slot is read": {
    ...REAL_PARTS,
    slotFile: (file) => ({
      async read() {
        const bytes = await file.read();
        const newer = sequenceAt(bytes, 0) > sequenceAt(bytes, SLOT_BYTES) ? 0 : SLOT_BYTES;
        if (sequenceAt(bytes, SLOT_BYTES - newer) > 0n) bytes.fill(0, newer, newer + SLOT_BYTES);
        return bytes;
      },
      write: (position, bytes) => file.write(position, bytes),
      close: () => file.close(),
    }),
  },
  "hours are differences of the wall clock": {
    ...REAL_PARTS,
    clock: (clock) => {
      const began = clock.wall.errorMs ?? 0;
      return {
        boot: clock.boot,
        mono: () => Math.max(0, clock.mono() + (clock.wall.errorMs ?? 0) - began),
        instantAt: (mono) => clock.instantAt(mono),
      };
    },
  },
  "a recovery adds to working what was open": {
    ...REAL_PARTS,
    past: (kept) => {
      const past = pastLife(kept);
      if (past === null) return null;
      const working = past.registers.working + past.savedAt - past.mono;
      return { ...past, mono: past.savedAt, registers: { ...past.registers, working } };
    },
  },
  "what was open is forgotten": {
    ...REAL_PARTS,
    savedState: (state) => ({ ...state, mono: state.savedAt }),
  },
  "bad samples are passed over": { ...REAL_PARTS, tellsBad: false },
  "witnesses may contradict each other": {
    ...REAL_PARTS,
    metering: (options) => {
      const { conflicts: _, ...usage } = options.machine.usage;
      return new Metering({ ...options, machine: { ...options.machine, usage } });
    },
  },
  "registers are saved once a minute": {
    ...REAL_PARTS,
    metering: (options) => {
      let saves = 0;
      return new Metering({
        ...options,
        save: (state) => {
          if (saves++ % (SAVES_PASSED_OVER + 1) === 0) options.save(state);
        },
      });
    },
  },
  "a suspend is not noticed": {
    ...REAL_PARTS,
    metering: (options) => {
      const metering = new Metering(options);
      metering.gap = () => undefined;
      return metering;
    },
  },
  "the ledger is not asked where the hours stood": {
    ...REAL_PARTS,
    past: (kept) => pastLife({ ...kept, ledger: null }),
  },
  "an offset is added to the meter's own hours": {
    ...REAL_PARTS,
    offset: (metering, offset) => {
      const own = metering.moment.bind(metering);
      metering.moment = () => {
        const moment = own();
        const registers = { ...moment.registers };
        for (const name of REGISTER_NAMES) registers[name] += offset[name];
        return { ...moment, registers };
      };
    },
  },
  "a new controller goes on with the slots of the old one": {
    ...REAL_PARTS,
    freshDisk: (fresh, old) => {
      fresh.restore({ ...fresh.image(), slots: old.image().slots });
      return fresh;
    },
  },
  "a stopped minute counts as what it began with": {
    ...REAL_PARTS,
    metering: (options) => {
      const metering = new Metering(options);
      const { clock, keeper } = options;
      metering.gap = (cause, forMs, addedMs) => {
        metering.usage.addUnobserved(addedMs);
        keeper?.add("GAP", { cause, forMs, addedMs }, metering.moment());
        metering.tick(clock.mono());
      };
      return metering;
    },
  },
};

function sequenceAt(bytes: Uint8Array, slot: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, SLOT_FILE_BYTES).getBigUint64(
    slot + SEQUENCE_AT,
    true,
  );
}
