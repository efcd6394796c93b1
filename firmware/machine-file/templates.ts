// The ten-line files that `telltale init` writes: complete, checked by a test, and short enough to
// be understood at once.

// No line for a language server: the schema it would name is not there before somebody writes it.
const HEADER = [
  "# A machine on lease. Is the file right? telltale check FILE",
  "# An editor completes what you write here once it has the schema: telltale schema --help",
].join("\n");

export const TEMPLATES: Readonly<Record<string, string>> = {
  simulated: `${HEADER}
telltale: 1
machine: { maker: Example, model: Simulated pump, serialNumber: "0001", location: My desk }
buses: { script: { driver: simulated } }
devices: { pump: { bus: script, every: 1s } }
signals:
  motorCurrent: { device: pump, wave: { square: { min: 2, max: 30, period: 1min } }, unit: A }
usage:
  WORKING: { signal: motorCurrent, above: 20, hysteresis: 2, minOn: 2s, minOff: 2s }
`,
  "modbus-tcp": `${HEADER}
telltale: 1
machine: { maker: Example, model: Pump, serialNumber: "0001", location: Hall 1 }
buses: { plant: { driver: modbus, host: 192.0.2.10 } }
devices: { pump: { bus: plant, unitId: 1, every: 1s } }
signals:
  motorCurrent: { device: pump, register: { input: 0 }, unit: A, scale: 0.1, range: [0, 100] }
usage:
  WORKING: { signal: motorCurrent, above: 20, hysteresis: 2, minOn: 2s, minOff: 2s }
`,
};

/** It runs on any machine, with nothing connected. */
export const TEMPLATE_DEFAULT = "simulated";
