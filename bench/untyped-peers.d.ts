// What the benchmark of the transforms uses of packages that describe no types.

declare module "@echogarden/pffft-wasm/simd" {
  interface Pffft {
    readonly HEAPF32: Float32Array;
    _pffft_new_setup(size: number, isComplex: 0 | 1): number;
    _pffft_aligned_malloc(bytes: number): number;
    _pffft_transform_ordered(
      setup: number,
      input: number,
      output: number,
      work: number,
      isBackward: 0 | 1,
    ): void;
  }
  const create: () => Promise<Pffft>;
  export = create;
}

declare module "fft.js" {
  class Fft {
    constructor(size: number);
    createComplexArray(): number[];
    realTransform(output: number[], samples: readonly number[]): void;
  }
  export = Fft;
}

declare module "kissfft-js" {
  const kissfft: {
    readonly FFTR: new (size: number) => { forward(samples: Float32Array): Float32Array };
  };
  export = kissfft;
}
