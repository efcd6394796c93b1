// What the host and the agent in the guest say to each other: one JSON object for each line.

/** The host as QEMU's user network shows it to the guest. */
export const HOST_ADDRESS = "10.0.2.2";

/** Of each stream of a process, its end is kept. */
export const OUTPUT_CHARACTERS_MAX = 256 * 1_024;

export interface Ended {
  readonly status: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly error: string;
}

export type Ask =
  | {
      readonly do: "start";
      readonly command: readonly string[];
      readonly environment: Readonly<Record<string, string>>;
    }
  | { readonly do: "signal"; readonly pid: number; readonly signal: NodeJS.Signals }
  | {
      readonly do: "write";
      readonly path: string;
      readonly base64: string;
      readonly makesFolder: boolean;
    }
  | { readonly do: "read"; readonly path: string }
  /** `target` is a port, or the folder in the guest that has a Unix socket. */
  | { readonly do: "tunnel"; readonly number: number; readonly target: string };

export type ToAgent = Ask & { readonly id: number };

export type FromAgent =
  | { readonly id: number; readonly started: number }
  | { readonly id: number; readonly ended: Ended }
  | { readonly id: number; readonly done: string }
  | { readonly id: number; readonly failed: string };
