export class FeatureWorker {
  constructor(_: unknown) {}
  windowComplete(_a: number, _b: number, _c: number) {}
  async close() {}
}
