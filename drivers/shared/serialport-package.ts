// The serial port package as it is loaded late: in a bundle a package from CommonJS that is
// imported dynamically has a default export and no other, and so the names are taken here.

import { SerialPort } from "serialport";

export function newSerialPort(options: ConstructorParameters<typeof SerialPort>[0]): SerialPort {
  return new SerialPort(options);
}

/** The ports that udev knows, for a look whether the package works at all. */
export async function listPorts(): Promise<readonly { readonly path: string }[]> {
  return await SerialPort.list();
}
