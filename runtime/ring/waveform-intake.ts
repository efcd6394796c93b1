export class WaveformIntake {
  constructor(_: unknown) {}
  block(_a: Float32Array, _b: number, _c: number) {}
  gap() {}
}
