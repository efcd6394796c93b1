// Loads each package that has machine code, or that a driver loads late, from the bundle on the
// machine it runs on; and has each of them do something small. One line of JSON tells what worked.

import Database from "better-sqlite3";

const checks: Readonly<Record<string, () => Promise<string>>> = {
  async "better-sqlite3"() {
    const database = new Database(":memory:");
    database.exec("CREATE TABLE t (n); INSERT INTO t VALUES (1), (2)");
    const { sum } = database.prepare("SELECT sum(n) AS sum FROM t").get() as { sum: number };
    database.close();
    return `SQLite adds up to ${sum}`;
  },
  async koffi() {
    const { default: koffi } = await import("koffi");
    const getpid = koffi.load(null).func("int getpid()");
    if (getpid() !== process.pid) throw new Error("getpid says something else than Node");
    return `calls the C library`;
  },
  async serialport() {
    const { listPorts } = await import("../../drivers/shared/serialport-package.ts");
    const ports = await listPorts();
    return `lists ${ports.length} ports`;
  },
  async "onoff and epoll"() {
    const { Gpio } = await import("onoff");
    if (!Gpio.accessible) return "loads; there is no GPIO in sysfs here";
    return "loads; GPIO in sysfs is accessible";
  },
  async "johnny-five and firmata-io"() {
    const [{ default: five }, { default: io }] = await Promise.all([
      import("johnny-five"),
      import("firmata-io"),
    ]);
    if (typeof five.Board !== "function" || typeof io.Firmata !== "function") {
      throw new Error("has no board in it");
    }
    return "loads";
  },
  async "node-opcua"() {
    const { OPCUAClient } = await import("node-opcua");
    if (typeof OPCUAClient.create !== "function") throw new Error("has no client in it");
    return "loads";
  },
};

const outcomes: Record<
  string,
  { readonly ok: boolean; readonly said: string; readonly ms: number }
> = {};
for (const [name, check] of Object.entries(checks)) {
  const startedAt = performance.now();
  const outcome = await check().then(
    (said) => ({ ok: true, said }),
    (error: unknown) => ({
      ok: false,
      said: error instanceof Error ? error.message : String(error),
    }),
  );
  outcomes[name] = { ...outcome, ms: Math.round(performance.now() - startedAt) };
}
console.log(JSON.stringify({ arch: process.arch, node: process.version, outcomes }));
process.exit(0);
