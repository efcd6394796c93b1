// A worker thread as the core sees it. The host starts it, because it knows where its code lies.

export interface WorkerThread {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: unknown) => void): void;
  onExit(listener: (cause: Error | null) => void): void;
  /** Resolves when the thread has ended: by itself within `graceMs`, else by force. */
  end(graceMs: number): Promise<void>;
}

/** `name` is that of the file that is the thread's entry, without its ending. */
export type SpawnThread = (name: string, data: unknown) => WorkerThread;
