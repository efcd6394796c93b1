// The median of what lies in memory that may be reordered: found by partial sorting, without
// allocation.

/** 1 ÷ Φ⁻¹(¾): makes the median deviation of normal values their standard deviation. */
export const DEVIATION_PER_MEDIAN = 1.4826;

/** Lower median of the first `count` values; they change places. NaN where there are none. */
export function medianOf(values: Float64Array, count: number): number {
  if (count === 0) return Number.NaN;
  const wanted = (count - 1) >> 1;
  let low = 0;
  let high = count - 1;
  // Quickselect after Hoare: what lies beyond the pivot on the wrong side is swapped.
  while (low < high) {
    const pivot = values[(low + high) >> 1]!;
    let left = low;
    let right = high;
    while (left <= right) {
      while (values[left]! < pivot) left++;
      while (values[right]! > pivot) right--;
      if (left > right) break;
      const swapped = values[left]!;
      values[left++] = values[right]!;
      values[right--] = swapped;
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else return values[wanted]!;
  }
  return values[wanted]!;
}
