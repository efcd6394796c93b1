export function createRing(samples: number) {
  return { buffer: new SharedArrayBuffer(samples * 4) };
}
