// The serial port package under its own name, to be loaded late: in a bundle a package from
// CommonJS that is imported dynamically has a default export and no other.

export { SerialPort } from "serialport";
