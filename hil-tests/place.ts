// A place is where the suite runs: it binds named resources to simulated or real things, as
// labgrid's environment does. Scenarios are written against what stands here and never ask which
// place they are at; the verbs belong to the resources. What a place lacks has a reason, and the
// scenarios that need it are reported as not run.

import type { MeterState } from "../protocols/stream/frames.ts";
import type { JournalRecord } from "../runtime/journal/record.ts";
import type { LiveValue } from "../runtime/signal/process-image.ts";
import type { Outcome } from "./instance.ts";

export const PLACES = ["simulated", "pty", "board", "bench"] as const;
export type PlaceName = (typeof PLACES)[number];

/** Keys and values as they stand in a machine file. */
export type Settings = Readonly<Record<string, unknown>>;

/** A part of the machine file that leads to a resource: the place knows ports and addresses. */
export interface Wired {
  /** The bus, `driver` included. */
  readonly bus: Settings;
  /** Of the device on it, without `bus` and `every`; empty where the driver needs nothing. */
  readonly device: Settings;
}

/** One Modbus device, whatever carries it; `device` holds its unit id and its timeout. */
export interface ModbusPeer extends Wired {
  /** Holding registers and input registers are the same memory, and so are coils and inputs. */
  set(register: number, value: number): Promise<void>;
  get(register: number): Promise<number>;
  setCoil(coil: number, on: boolean): Promise<void>;
  /** The software at the other end, for the report: `pymodbus 3.0.0rc1`. */
  readonly software: string;
}

/** What a wire does to what it carries. Shares are probabilities, 0 to 1. */
export interface Noise {
  /** Share of answers in which one bit is turned over. */
  readonly corrupted: number;
  /** Share of answers that never arrive. */
  readonly dropped: number;
  /** Share of answers that arrive late, by `lateMinMs` to `lateMaxMs`. */
  readonly late: number;
  readonly lateMinMs: number;
  readonly lateMaxMs: number;
  /** The sender hears itself, as an RS-485 adapter whose receiver is never switched off. */
  readonly echo: boolean;
}

export const QUIET: Noise = {
  corrupted: 0,
  dropped: 0,
  late: 0,
  lateMinMs: 0,
  lateMaxMs: 0,
  echo: false,
};

/** What a wire has done so far, and how long it was busy with it. */
export interface WireStats {
  readonly requests: number;
  readonly answers: number;
  readonly corrupted: number;
  readonly dropped: number;
  readonly late: number;
  /** Time on the wire of all frames in both directions, at its baud rate. */
  readonly busyMs: number;
  /**
   * The longest that the rig itself stood still: what came later for it is not the wire's doing.
   */
  readonly stalledMsMax: number;
}

export type Way = "request" | "answer";
export type Deed = "carried" | "corrupted" | "dropped" | "late" | "cut";

/** One frame that a wire was given. Milliseconds of the monotonic clock, as records have it. */
export interface WireFrame {
  readonly way: Way;
  /** The device's position on the bus; -1 for the host. */
  readonly from: number;
  readonly beganAt: number;
  /** When its last byte is at the other side, or would be. */
  readonly endedAt: number;
  readonly deed: Deed;
  /** As it was sent, in hexadecimal. */
  readonly sent: string;
  /** As it arrived; empty where it was lost. */
  readonly arrived: string;
}

/** A wire that the rig stands in. */
export interface Wire {
  readonly baudRate: number;
  noise(what: Partial<Noise>): Promise<void>;
  /** Nothing passes in either direction; the ports stay. */
  cut(): Promise<void>;
  restore(): Promise<void>;
  stats(): Promise<WireStats>;
  /** Each frame that was put on the wire, oldest first. */
  log(): Promise<readonly WireFrame[]>;
}

/** One line with several units, some of which are in the machine file and nowhere else. */
export interface ModbusBus extends Wired {
  readonly live: readonly number[];
  readonly dead: readonly number[];
}

/** A port that the rig can open in the product's stead, to compare with something else. */
export interface LocalPort {
  readonly path: string;
  readonly baudRate: number;
}

/** An adapter that can be pulled out: its device file goes, and comes back. */
export interface Plug {
  unplug(): Promise<void>;
  plug(): Promise<void>;
}

/** A server that a driver is a client of. */
export interface Service {
  /** Connections end and new ones are refused. */
  stop(): Promise<void>;
  /** At the same address as before. */
  start(): Promise<void>;
}

/** A device on a serial port that speaks as it is told. */
export interface SerialPeer extends Wired {
  send(bytes: Uint8Array | string): Promise<void>;
  /** What the product has sent since the last call, as latin-1 text. */
  received(): Promise<string>;
}

export interface GpioInput extends Wired {
  /** The point that is this line: merged into the signal. */
  readonly point: Settings;
  /** The same line as a counter of pulses. */
  readonly counter: Settings;
  /** The same line for a kernel interface that knows no names. */
  readonly sysfs: { readonly line: unknown };
  set(level: 0 | 1): Promise<void>;
}

/** Pulses on the line of `gpioInput`, exact in number and even in time. */
export interface GpioPulses {
  /** Resolves when the last of `count` pulses is over. */
  pulse(count: number, hertz: number): Promise<void>;
}

export interface GpioOutput extends Wired {
  readonly point: Settings;
  /** The level as somebody outside the controller sees it. */
  level(): Promise<0 | 1>;
}

export interface FirmataBoard extends Wired {
  /** 0 to 1,023 on the analog input A0, which `analogPoint` names. */
  readonly analogPoint: Settings;
  analog(value: number): Promise<void>;
  /** The board stops speaking; its port stays. */
  fallSilent(): Promise<void>;
  speakAgain(): Promise<void>;
}

export interface CanBus extends Wired {
  /** Sends one extended data frame. */
  send(id: number, bytes: Uint8Array): Promise<void>;
}

export interface OpcuaServerPeer extends Wired {
  /** A variable that can be set from here. */
  readonly point: Settings;
  set(value: number): Promise<void>;
}

export interface WaveformSource extends Wired {
  /** The keys of the waveform itself: rate, unit, window. */
  readonly waveform: Settings;
  /** Root mean square of what the source plays, in the waveform's unit. */
  readonly rms: number;
}

export interface LinuxSensor extends Wired {
  readonly point: Settings;
  /** What the kernel says of it, read past the product. */
  reading(): Promise<number>;
}

/** Ends without notice what the product runs on, and gives it back. */
export interface Power {
  cut(): Promise<void>;
  /** Resolves when the product runs again. */
  restore(): Promise<void>;
}

export interface Watchdog {
  /** The machine file's key \`watchdog\` for it. */
  readonly settings: Settings;
  /** How often the hardware watchdog has reset the controller. */
  resets(): Promise<number>;
}

/** The product's packages with machine code, and those that drivers load late. */
export interface NativePackages {
  /** Loads each and has it do something small; what it said, by package. */
  check(): Promise<Readonly<Record<string, { readonly ok: boolean; readonly said: string }>>>;
  /** Of the machine, as Node names it. */
  readonly architecture: string;
}

/**
 * Everything that a place can have. A resource has all of its verbs; what not every place can do
 * to a thing is a resource of its own (`rtuLine`, `rtuWire`, `rtuPlug`).
 */
export interface Resources {
  readonly modbusTcp: ModbusPeer;
  readonly modbusTcpService: Service;
  readonly rtuOverTcp: ModbusPeer;
  readonly rtuLine: ModbusPeer;
  readonly rtuWire: Wire;
  readonly rtuPlug: Plug;
  readonly rtuPort: LocalPort;
  readonly rtuBus: ModbusBus;
  readonly rtuBusWire: Wire;
  readonly rtuBusPort: LocalPort;
  readonly asciiLine: ModbusPeer;
  readonly serialLine: SerialPeer;
  readonly serialPlug: Plug;
  readonly gpioInput: GpioInput;
  readonly gpioPulses: GpioPulses;
  readonly gpioOutput: GpioOutput;
  readonly firmataBoard: FirmataBoard;
  readonly firmataPlug: Plug;
  readonly canBus: CanBus;
  readonly opcuaServer: OpcuaServerPeer;
  readonly opcuaService: Service;
  readonly waveformSource: WaveformSource;
  readonly linuxSensor: LinuxSensor;
  readonly power: Power;
  readonly watchdog: Watchdog;
  readonly nativePackages: NativePackages;
  /** The meter is a process of its own: `killMeter` and `hangMeter` of an instance work. */
  readonly processes: Readonly<Record<string, never>>;
}
export type ResourceName = keyof Resources;

/** For reading environment files; the compiler holds it to the interface above. */
export const RESOURCE_NAMES = Object.keys({
  modbusTcp: 0,
  modbusTcpService: 0,
  rtuOverTcp: 0,
  rtuLine: 0,
  rtuWire: 0,
  rtuPlug: 0,
  rtuPort: 0,
  rtuBus: 0,
  rtuBusWire: 0,
  rtuBusPort: 0,
  asciiLine: 0,
  serialLine: 0,
  serialPlug: 0,
  gpioInput: 0,
  gpioPulses: 0,
  gpioOutput: 0,
  firmataBoard: 0,
  firmataPlug: 0,
  canBus: 0,
  opcuaServer: 0,
  opcuaService: 0,
  waveformSource: 0,
  linuxSensor: 0,
  power: 0,
  watchdog: 0,
  nativePackages: 0,
  processes: 0,
} satisfies Record<ResourceName, 0>) as readonly ResourceName[];

/** The part of a machine file that a scenario writes; identity and endpoints are the place's. */
export interface MachineParts {
  readonly buses: Readonly<Record<string, Settings>>;
  readonly devices: Readonly<Record<string, Settings>>;
  readonly signals?: Readonly<Record<string, Settings>>;
  readonly waveforms?: Readonly<Record<string, Settings>>;
  readonly usage?: Settings;
  readonly alarms?: Readonly<Record<string, Settings>>;
  readonly watchdog?: Settings;
}

/** The product, running on one machine file. */
export interface Instance {
  state(): Promise<MeterState>;
  /** Looks until the signal's live value is as wanted; fails after `withinMs`. */
  untilValue(
    signal: string,
    isWanted: (value: LiveValue) => boolean,
    withinMs?: number,
  ): Promise<LiveValue>;
  /** Looks until the whole state is as wanted; fails after `withinMs`, naming `what`. */
  untilState(
    isWanted: (state: MeterState) => boolean,
    what: string,
    withinMs?: number,
  ): Promise<MeterState>;
  /** Everything on record so far, oldest first. */
  records(): Promise<readonly JournalRecord[]>;
  /** Where a platform reads the stream from outside; null where the place has no network. */
  readonly streamUrl: string | null;
  /** Ends the meter at once; where processes are supervised it is started again. */
  killMeter(): Promise<void>;
  /** The meter stays, and does nothing any more. */
  hangMeter(): Promise<void>;
  /** A clean stop, with everything on the disk; the records can still be read. */
  stop(): Promise<void>;
}

/** A resource that is in use: `close` ends it, and leaves the place as it was. */
export interface Opened<Resource> {
  readonly resource: Resource;
  close(): Promise<void>;
}

export interface Place extends AsyncDisposable {
  readonly name: PlaceName;
  /** Whatever is random at the place comes from it. */
  readonly seed: number;
  /** Why the place lacks the resource, as a sentence for the report; null where it has it. */
  missing(resource: ResourceName): string | null;
  /**
   * Opens these together, because some are parts of one thing (`rtuLine` and its `rtuWire`). Each
   * scenario gets its own; `close` is called when it has ended, after its instances are stopped.
   */
  open<Names extends ResourceName>(
    names: readonly Names[],
  ): Promise<Opened<Pick<Resources, Names>>>;
  /** Runs the product on a machine file; in a data directory of its own. */
  start(machine: MachineParts): Promise<Instance>;
  /** Runs a `telltale` command at the place until it ends. */
  command(...args: readonly string[]): Promise<Outcome>;
  /** What the report has to name: Node, the kernel, the product, the peers. */
  versions(): Promise<Readonly<Record<string, string>>>;
}

/** How the runner reaches a place; a place that cannot be had here says why instead. */
export type OpenPlace = (
  environment: Environment,
  options: { readonly seed: number },
) => Promise<Place | { readonly notHere: string }>;

/** A file of `hil-tests/places/`: what is bound to which name, and with which numbers. */
export interface Environment {
  readonly place: PlaceName;
  readonly resources: Readonly<Partial<Record<ResourceName, Settings>>>;
  /** What belongs to the place as a whole: where its guest or its host is. */
  readonly settings: Settings;
}
