// The physics of a 37 kW oil-injected screw compressor: switchgear, air end, oil, heat and a
// bearing, simple but alive. Deterministic: the same seed and the same calls give the same course.

import { AirDemand, crewAtWork, isolatorClosed } from "./air-demand.ts";
import { SeededRandom } from "./seeded-random.ts";
import { Vibration } from "./vibration.ts";

/** The model moves in ticks of this length however it is stepped, so that 1 s and 5 s agree. */
const TICK_MS = 500;
/** What changes slowly (demand, calendar, weather, mains) is looked at this often. */
const SLOW_MS = 5_000;
/** Ticks that one `step` may run: ten years are a mistake. */
const TICKS_MAX = 10_000_000;

export const FAULT_OVER_TEMPERATURE = 0x0004;

const START_MS = 5_000;
/** Motor current in A per tick of the start: star for 3 s, the change to delta, settling. */
const START_CURRENT_A = [118, 84, 56, 39, 31, 28, 96, 44, 29, 24] as const;
/** The oil has to flow before the inlet opens. */
const LOAD_DELAY_MS = 8_000;
/** Unloaded for so long, the motor is stopped to save current. */
const IDLE_STOP_MS = 180_000;
const SHIFT_END_STOP_MS = 30_000;
/** The motor's windings want a rest between two starts. */
const RESTART_DELAY_MS = 30_000;
/** Somebody walks there, cleans the cooler and resets. */
const RESET_DELAY_MS = 720_000;
const RESET_BELOW_CEL = 80;
const TRIP_ABOVE_CEL = 110;

const LOAD_BELOW_BAR = 6.8;
const UNLOAD_ABOVE_BAR = 7.5;
const DELIVERY_M3_PER_MIN = 6.5;
/** Receiver and pipes. */
const NETWORK_M3 = 3;

/** Slip of a four-pole motor takes its 50 Hz pair of poles to this many turns per second. */
const SHAFT_HZ = 49.5;

/** The live demo closes its isolator after so long, so that a newcomer sees OFF first. */
const LIVE_ISOLATOR_MS = 5_000;
/** Its controller needs so long before it starts the motor for the first time. */
const FIRST_START_MS = 12_000;

/** Running time from the first flaw in the race to a bearing that everybody hears. */
const WEAR_MS = 240_000;
const WEAR_MAX = 1.25;

const COOLER_FAULT_MEAN_HOURS = 400;
const HOUR_MS = 3_600_000;

export type Phase = "isolated" | "standby" | "starting" | "running" | "tripped";

export interface CompressorState {
  /** Model time since the beginning. */
  readonly timeMs: number;
  readonly phase: Phase;
  readonly loaded: boolean;
  readonly supplyVoltageV: number;
  readonly motorCurrentA: number;
  readonly networkPressureBar: number;
  readonly oilPressureBar: number;
  readonly dischargeTemperatureCel: number;
  readonly shaftHz: number;
  /** 0 unloaded, 1 loaded, between them while the valve moves. */
  readonly loadShare: number;
  /** 0 sound; from 1 on everybody hears it. */
  readonly bearingWear: number;
  readonly faultWord: number;
  readonly startInhibited: boolean;
  /** What the controller's own hour register counts: the motor runs. */
  readonly motorOnMs: number;
}

export interface CompressorOptions {
  readonly seed: number;
  /**
   * Wall time of the beginning; with it the shift calendar holds, without it there is always work.
   */
  readonly startUtc?: number;
  /** Model time from which the bearing wears; never, where it is left out. */
  readonly onsetMs?: number;
  /** The hour register at the beginning. */
  readonly motorOnMs?: number;
  /** Running hours between two blocked coolers; Infinity for none. */
  readonly coolerFaultMeanHours?: number;
}

export class Compressor {
  /** Always the present: one object that changes with each step. */
  readonly state: CompressorState;
  readonly #state: { -readonly [Key in keyof CompressorState]: CompressorState[Key] };
  readonly #random: SeededRandom;
  readonly #demand: AirDemand;
  readonly #vibration: Vibration;
  readonly #startUtc: number | null;
  readonly #onsetMs: number;
  readonly #coolerFaultMeanHours: number;
  #owedMs = 0;
  #crew = false;
  #isolator = false;
  #coolerBlocked = false;
  #demandM3PerMin = 0;
  #ambientCel = 20;
  #mainsV = 400;
  #phaseMs = 0;
  #unloadedMs = 0;
  #restUntilMs = FIRST_START_MS;

  constructor(options: CompressorOptions) {
    this.#random = new SeededRandom(options.seed, 0);
    this.#demand = new AirDemand(new SeededRandom(options.seed, 1));
    this.#vibration = new Vibration(new SeededRandom(options.seed, 2));
    this.#startUtc = options.startUtc ?? null;
    this.#onsetMs = options.onsetMs ?? Number.POSITIVE_INFINITY;
    this.#coolerFaultMeanHours = options.coolerFaultMeanHours ?? COOLER_FAULT_MEAN_HOURS;
    this.#state = {
      timeMs: 0,
      phase: "isolated",
      loaded: false,
      supplyVoltageV: 0,
      motorCurrentA: 0,
      networkPressureBar: 6.75,
      oilPressureBar: 0,
      dischargeTemperatureCel: 21,
      shaftHz: 0,
      loadShare: 0,
      bearingWear: 0,
      faultWord: 0,
      startInhibited: false,
      motorOnMs: options.motorOnMs ?? 0,
    };
    this.state = this.#state;
    this.#moveSlowly();
  }

  /** Holds the next start, or lets it go; a machine that runs keeps running. */
  inhibitStart(inhibited: boolean): void {
    this.#state.startInhibited = inhibited;
  }

  /** The next load ends in an over-temperature trip; the reset clears the cooler. */
  blockCooler(): void {
    this.#coolerBlocked = true;
  }

  step(stepMs: number): void {
    this.#owedMs += stepMs;
    const ticks = Math.floor(this.#owedMs / TICK_MS);
    if (!(ticks <= TICKS_MAX)) throw new RangeError("a step of the model is absurdly long");
    this.#owedMs -= ticks * TICK_MS;
    for (let tick = 0; tick < ticks; tick++) this.#tick();
  }

  /**
   * Fills `out` with the acceleration of the drive end in g at `rate` samples per second, as it is
   * in the present state. Hot path: 25,600 per second.
   */
  accelerationBlock(out: Float32Array, rate: number): void {
    this.#vibration.fill(out, rate, this.#state);
  }

  #tick(): void {
    const state = this.#state;
    state.timeMs += TICK_MS;
    this.#phaseMs += TICK_MS;
    if (state.timeMs % SLOW_MS === 0) this.#moveSlowly();
    this.#control();
    const motorOn = state.phase === "starting" || state.phase === "running";
    if (motorOn) {
      state.motorOnMs += TICK_MS;
      if (state.timeMs > this.#onsetMs && state.bearingWear < WEAR_MAX) {
        state.bearingWear += TICK_MS / WEAR_MS;
      }
    }
    this.#moveElectrics();
    this.#moveAir(motorOn);
    this.#moveHeat(motorOn);
  }

  /** What the compressor's own controller decides. */
  #control(): void {
    const state = this.#state;
    switch (state.phase) {
      case "isolated":
        if (this.#isolator) this.#enter("standby");
        return;
      case "standby":
        if (!this.#isolator) this.#enter("isolated");
        else if (this.#mayStart()) this.#enter("starting");
        return;
      case "starting":
        if (this.#phaseMs >= START_MS) this.#enter("running");
        return;
      case "running":
        this.#controlRunning();
        return;
      case "tripped":
        if (this.#phaseMs < RESET_DELAY_MS) return;
        if (state.dischargeTemperatureCel >= RESET_BELOW_CEL) return;
        state.faultWord = 0;
        this.#coolerBlocked = false;
        this.#restUntilMs = state.timeMs + RESTART_DELAY_MS;
        this.#enter("standby");
    }
  }

  #mayStart(): boolean {
    const state = this.#state;
    if (state.startInhibited || !this.#crew) return false;
    if (state.networkPressureBar >= LOAD_BELOW_BAR) return false;
    return state.timeMs >= this.#restUntilMs;
  }

  #controlRunning(): void {
    const state = this.#state;
    if (state.dischargeTemperatureCel >= TRIP_ABOVE_CEL) {
      state.faultWord = FAULT_OVER_TEMPERATURE;
      state.loaded = false;
      this.#enter("tripped");
      return;
    }
    if (state.loaded) {
      if (state.networkPressureBar >= UNLOAD_ABOVE_BAR || !this.#crew) {
        state.loaded = false;
        this.#unloadedMs = 0;
      }
      return;
    }
    this.#unloadedMs += TICK_MS;
    const pressureIsLow = state.networkPressureBar < LOAD_BELOW_BAR;
    if (pressureIsLow && this.#crew && this.#phaseMs >= LOAD_DELAY_MS) state.loaded = true;
    else if (this.#unloadedMs >= (this.#crew ? IDLE_STOP_MS : SHIFT_END_STOP_MS)) {
      this.#restUntilMs = state.timeMs + RESTART_DELAY_MS;
      this.#enter("standby");
    }
  }

  #enter(phase: Phase): void {
    this.#state.phase = phase;
    this.#phaseMs = 0;
    this.#unloadedMs = 0;
  }

  #moveElectrics(): void {
    const state = this.#state;
    const { phase, loaded } = state;
    const noise = this.#random.uniform() + this.#random.uniform() - 1;
    if (phase === "isolated") {
      state.supplyVoltageV = 0;
      state.motorCurrentA = 0;
      return;
    }
    if (phase === "starting") {
      state.motorCurrentA = START_CURRENT_A[Math.floor(this.#phaseMs / TICK_MS)]! + noise;
    } else if (phase === "running") {
      // The sump blows down over some seconds, and the current follows it.
      const share = loaded ? 0.34 : 0.16;
      const target = loaded ? 60 + 5 * (state.networkPressureBar - LOAD_BELOW_BAR) : 22;
      const stiffOil = state.dischargeTemperatureCel < 45 ? 1.03 : 1;
      state.motorCurrentA += (target * stiffOil - state.motorCurrentA) * share + 0.25 * noise;
    } else state.motorCurrentA = 0;
    state.supplyVoltageV = this.#mainsV - 0.03 * state.motorCurrentA + 0.6 * noise;
  }

  #moveAir(motorOn: boolean): void {
    const state = this.#state;
    // Tools starve before the pipe is empty.
    const drawn = this.#demandM3PerMin * Math.min(1, state.networkPressureBar / 5);
    const delivered = state.loaded ? DELIVERY_M3_PER_MIN * state.loadShare : 0;
    const pressure =
      state.networkPressureBar + ((delivered - drawn) / NETWORK_M3) * (TICK_MS / 60_000);
    state.networkPressureBar = Math.max(0, pressure);
    state.loadShare += ((state.loaded ? 1 : 0) - state.loadShare) * 0.46;
    let oilTarget = 0;
    let oilShare = 0.06;
    if (motorOn) {
      // Until the network is up, the minimum pressure valve keeps the sump at 4.5 bar.
      oilTarget = state.loaded ? Math.max(4.5, state.networkPressureBar + 0.4) : 2.3;
      oilShare = state.loaded ? 0.15 : 0.08;
    }
    state.oilPressureBar += (oilTarget - state.oilPressureBar) * oilShare;
    if (motorOn) state.shaftHz += (SHAFT_HZ - state.shaftHz) * 0.37;
    else state.shaftHz = state.shaftHz < 0.5 ? 0 : state.shaftHz * 0.88;
  }

  #moveHeat(motorOn: boolean): void {
    const state = this.#state;
    let target = this.#ambientCel;
    let timeConstantMs = 2_100_000;
    if (motorOn) {
      timeConstantMs = 180_000;
      target += this.#coolerBlocked ? 80 + 30 * state.loadShare : 54 + 16 * state.loadShare;
    }
    state.dischargeTemperatureCel +=
      (target - state.dischargeTemperatureCel) * (TICK_MS / timeConstantMs);
  }

  #moveSlowly(): void {
    const { timeMs, phase } = this.#state;
    if (this.#startUtc === null) {
      this.#crew = true;
      this.#isolator = timeMs >= LIVE_ISOLATOR_MS;
      this.#demandM3PerMin = this.#demand.live(timeMs, SLOW_MS);
      this.#ambientCel = 21;
    } else {
      const utcMs = this.#startUtc + timeMs;
      this.#crew = crewAtWork(utcMs);
      this.#isolator = isolatorClosed(utcMs);
      this.#demandM3PerMin = this.#demand.atWork(utcMs, SLOW_MS);
      // Warmest in mid-afternoon.
      const dayShare = (utcMs % (24 * HOUR_MS)) / (24 * HOUR_MS);
      this.#ambientCel = 20 + 3 * Math.sin(2 * Math.PI * (dayShare - 0.35));
    }
    this.#mainsV += 0.05 * (400 - this.#mainsV) + 0.3 * this.#random.gaussian();
    if (phase === "running") {
      const chance = SLOW_MS / HOUR_MS / this.#coolerFaultMeanHours;
      if (this.#random.uniform() < chance) this.#coolerBlocked = true;
    }
  }
}
