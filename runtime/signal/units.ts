// The units a machine file may use: UCUM codes, each with its UNECE Recommendation 20 code, which
// is what an OPC UA client expects, and the words a person reads.

export interface Unit {
  /** UNECE Rec. 20 common code. */
  readonly unece: string;
  readonly name: string;
  /** What a page or plant client shows. */
  readonly symbol: string;
}

function unit(unece: string, name: string, symbol: string): Unit {
  return { unece, name, symbol };
}

export const UNITS: Readonly<Record<string, Unit>> = {
  "1": unit("C62", "one", ""),
  "%": unit("P1", "percent", "%"),
  "[ppm]": unit("59", "part per million", "ppm"),
  Cel: unit("CEL", "degree Celsius", "°C"),
  K: unit("KEL", "kelvin", "K"),
  "[degF]": unit("FAH", "degree Fahrenheit", "°F"),
  A: unit("AMP", "ampere", "A"),
  mA: unit("4K", "milliampere", "mA"),
  V: unit("VLT", "volt", "V"),
  mV: unit("2Z", "millivolt", "mV"),
  kV: unit("KVT", "kilovolt", "kV"),
  W: unit("WTT", "watt", "W"),
  kW: unit("KWT", "kilowatt", "kW"),
  MW: unit("MAW", "megawatt", "MW"),
  "V.A": unit("D46", "volt ampere", "VA"),
  "kV.A": unit("KVA", "kilovolt ampere", "kVA"),
  "W.h": unit("WHR", "watt hour", "Wh"),
  "kW.h": unit("KWH", "kilowatt hour", "kWh"),
  J: unit("JOU", "joule", "J"),
  kJ: unit("KJO", "kilojoule", "kJ"),
  Ohm: unit("OHM", "ohm", "Ω"),
  Hz: unit("HTZ", "hertz", "Hz"),
  kHz: unit("KHZ", "kilohertz", "kHz"),
  "/min": unit("RPM", "revolutions per minute", "rpm"),
  "/s": unit("C97", "reciprocal second", "1/s"),
  bar: unit("BAR", "bar", "bar"),
  mbar: unit("MBR", "millibar", "mbar"),
  Pa: unit("PAL", "pascal", "Pa"),
  kPa: unit("KPA", "kilopascal", "kPa"),
  MPa: unit("MPA", "megapascal", "MPa"),
  "[psi]": unit("PS", "pound-force per square inch", "psi"),
  L: unit("LTR", "litre", "L"),
  m3: unit("MTQ", "cubic metre", "m³"),
  "L/min": unit("L2", "litre per minute", "L/min"),
  "L/h": unit("E32", "litre per hour", "L/h"),
  "m3/h": unit("MQH", "cubic metre per hour", "m³/h"),
  "m3/min": unit("G53", "cubic metre per minute", "m³/min"),
  kg: unit("KGM", "kilogram", "kg"),
  t: unit("TNE", "tonne", "t"),
  "kg/h": unit("E93", "kilogram per hour", "kg/h"),
  N: unit("NEW", "newton", "N"),
  kN: unit("B47", "kilonewton", "kN"),
  "N.m": unit("NU", "newton metre", "N·m"),
  m: unit("MTR", "metre", "m"),
  km: unit("KMT", "kilometre", "km"),
  cm: unit("CMT", "centimetre", "cm"),
  mm: unit("MMT", "millimetre", "mm"),
  um: unit("4H", "micrometre", "µm"),
  "mm/s": unit("C16", "millimetre per second", "mm/s"),
  "m/s": unit("MTS", "metre per second", "m/s"),
  "km/h": unit("KMH", "kilometre per hour", "km/h"),
  "m/s2": unit("MSK", "metre per second squared", "m/s²"),
  "[g]": unit("K40", "standard acceleration of free fall", "g"),
  dB: unit("2N", "decibel", "dB"),
  deg: unit("DD", "degree of angle", "°"),
  ms: unit("C26", "millisecond", "ms"),
  s: unit("SEC", "second", "s"),
  min: unit("MIN", "minute", "min"),
  h: unit("HUR", "hour", "h"),
  d: unit("DAY", "day", "d"),
  By: unit("AD", "byte", "B"),
};

/** A UCUM code as people write it; nothing for what has no unit. */
export function symbolOf(unit: string): string {
  return UNITS[unit]?.symbol ?? unit;
}
