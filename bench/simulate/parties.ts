// The parties of a simulated hire and their witness: they watch the ledger of the controller that
// is there, and make statements from it, also about the days on which clocks change.

import { offsetsOf } from "../../runtime/ledger/calendar.ts";
import { ledgerKeyName } from "../../runtime/ledger/keeper.ts";
import { type Signer, verifierKeyOf } from "../../runtime/ledger/keys.ts";
import { addSignature } from "../../runtime/ledger/note.ts";
import type { LedgerReader } from "../../runtime/ledger/reader.ts";
import { Hire, type Period } from "./hire.ts";
import { hold } from "./laws.ts";
import type { Life } from "./life.ts";
import { WORLD_BEGINS_UTC } from "./sim-clock.ts";
import { SimDesk } from "./sim-desk.ts";
import { readerOf } from "./sim-reader.ts";
import { SimWitness } from "./witness.ts";

const DAY_MS = 86_400_000;

export class Parties {
  desk: SimDesk;
  hire: Hire;
  witness: SimWitness;
  /** Since when the present controller is there, in world time. */
  beganAt = 0;
  /** Made and verified. */
  statements = 0;
  /** Of those, how many tell of a period in which the clocks of the zone change. */
  clockChanges = 0;
  cosigned = 0;
  readonly #life: Life;
  readonly #witnessSigner: Signer;
  #hires = 0;

  constructor(life: Life, witnessSigner: Signer) {
    this.#life = life;
    this.#witnessSigner = witnessSigner;
    this.desk = new SimDesk(life);
    this.witness = new SimWitness(witnessSigner, this.deviceKey);
    this.hire = this.nextHire();
  }

  get deviceKey(): string {
    const { id, signer } = this.#life.controller;
    return verifierKeyOf(ledgerKeyName(id), signer).text;
  }

  /** A contract that names the controller that is there. */
  nextHire(): Hire {
    const { controller, habit } = this.#life;
    this.#hires++;
    return new Hire({
      number: this.#hires,
      controller: controller.id,
      deviceKey: this.deviceKey,
      witnessKey: this.witness.key,
      zone: habit.zone,
    });
  }

  /** Another controller is there: its ledger is another one, and so is what a witness keeps. */
  meet(): void {
    this.desk = new SimDesk(this.#life);
    this.witness = new SimWitness(this.#witnessSigner, this.deviceKey);
    this.beganAt = this.#life.time.now;
  }

  visit(): void {
    const { disk, meter, clock, time } = this.#life;
    if (!disk.commit()) return;
    const note = meter.keeper.checkpoint(clock.mono());
    const seconds = Math.floor((WORLD_BEGINS_UTC + time.now) / 1_000);
    const answer = this.witness.judge(note, (one, other) => disk.consistency(one, other), seconds);
    hold("line" in answer, "a witness never refuses an honest controller", () => answer);
    this.cosigned++;
    const cosigned = addSignature(note, answer.line);
    const detail = { note: cosigned, witness: this.witness.name, time: seconds };
    meter.keeper.add("COSIGNATURE", detail, meter.metering.moment());
    disk.commit();
  }

  /** Statements about days, weeks and months of the present controller; the one made last. */
  async settleAll(
    count: number,
    endsAt: number,
    replaced: Hire | null,
  ): Promise<Uint8Array | null> {
    const reader = this.#reader();
    const now = WORLD_BEGINS_UTC + endsAt + DAY_MS;
    let last: Uint8Array | null = null;
    for (let statement = 0; statement < count; statement++) {
      const period = this.#periodOf(endsAt, statement === 0);
      if (period === null) return last;
      const made = await this.hire.settle(reader, period, now);
      if (made === null) continue;
      last = made;
      this.statements++;
      const { deviceKey } = this;
      // By then the parties may not have signed a contract that names the new controller.
      const oneDay = { from: period.from, to: period.from + DAY_MS };
      if (statement === 0) await replaced?.settleElsewhere(reader, oneDay, { deviceKey, now });
    }
    return last;
  }

  #reader(): LedgerReader {
    const { disk, meter, clock, controller } = this.#life;
    disk.isFull = false;
    hold(disk.commit(), "the ledger is on the disk in the end", () => disk.waitingLeaves);
    const note = meter.keeper.checkpoint(clock.mono());
    const { origin, key } = meter.keeper;
    return readerOf(disk, { controller: controller.id, origin, key }, note, this.witness.cosigned);
  }

  /** Whole days of the controller; null where it has not been there for as long. */
  #periodOf(endsAt: number, wantsClockChange: boolean): Period | null {
    const { random, habit } = this.#life;
    const firstDay = Math.ceil(this.beganAt / DAY_MS);
    const days = Math.min(random.pick([1, 7, 28]), Math.floor(endsAt / DAY_MS) - 1 - firstDay);
    if (days < 1) return null;
    const lastFirst = Math.floor(endsAt / DAY_MS) - 1 - days;
    const utcOf = (day: number) => WORLD_BEGINS_UTC + day * DAY_MS;
    const all = offsetsOf(habit.zone, utcOf(firstDay), utcOf(lastFirst + days));
    const changes = all.slice(1).map((offset) => offset.from);
    let first = random.integer(firstDay, lastFirst);
    if (wantsClockChange && changes.length > 0) {
      const day = Math.floor((random.pick(changes) - WORLD_BEGINS_UTC) / DAY_MS);
      first = Math.max(firstDay, Math.min(lastFirst, day - random.integer(0, days - 1)));
    }
    const period = { from: utcOf(first), to: utcOf(first + days) };
    if (changes.some((at) => at > period.from && at < period.to)) this.clockChanges++;
    return period;
  }
}
