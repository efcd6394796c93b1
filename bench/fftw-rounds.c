// FFTW as the benchmark's peer: `fftw-rounds single|double SIZE`. Its first line is its version;
// each line that it reads is a number of real transforms to do, answered with transforms per
// second. Samples are copied in before each transform, as they are on the other side. FFTW_MEASURE
// is misled by a machine that does other things meanwhile: of some plans the fastest is taken.

#include <fftw3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#define PLANS 5
#define TRIAL_SAMPLES (1 << 22)

// Double precision has the prefix fftw_, single precision fftwf_.
#define ROUNDS(name, prefix, number)                                                               \
  static double name##_per_second(prefix##_plan plan, number *samples, number *source, int size,   \
                                  long count) {                                                    \
    double from = seconds();                                                                       \
    for (long done = 0; done < count; done++) {                                                    \
      memcpy(samples, source, sizeof(number) * (size_t)size);                                      \
      prefix##_execute(plan);                                                                      \
    }                                                                                              \
    return (double)count / (seconds() - from);                                                     \
  }                                                                                                \
                                                                                                   \
  static int name(int size) {                                                                      \
    size_t bytes = sizeof(number) * (size_t)size;                                                  \
    number *source = prefix##_malloc(bytes);                                                       \
    number *samples = prefix##_malloc(bytes);                                                      \
    prefix##_complex *spectrum = prefix##_malloc(sizeof(prefix##_complex) * (size / 2 + 1));       \
    if (!source || !samples || !spectrum) return 1;                                                \
    for (int i = 0; i < size; i++) source[i] = (number)rand() / (number)RAND_MAX - (number)0.5;    \
    prefix##_plan best = NULL;                                                                     \
    double best_per_second = 0;                                                                    \
    for (int plans = 0; plans < PLANS; plans++) {                                                  \
      prefix##_forget_wisdom();                                                                    \
      prefix##_plan plan = prefix##_plan_dft_r2c_1d(size, samples, spectrum, FFTW_MEASURE);        \
      if (!plan) return 1;                                                                         \
      double per_second =                                                                          \
          name##_per_second(plan, samples, source, size, TRIAL_SAMPLES / size);                    \
      if (per_second > best_per_second) {                                                          \
        best_per_second = per_second;                                                              \
        best = plan;                                                                               \
      }                                                                                            \
    }                                                                                              \
    puts(prefix##_version);                                                                        \
    fflush(stdout);                                                                                \
    long count;                                                                                    \
    while (scanf("%ld", &count) == 1) {                                                            \
      printf("%.9g\n", name##_per_second(best, samples, source, size, count));                     \
      fflush(stdout);                                                                              \
    }                                                                                              \
    return 0;                                                                                      \
  }

ROUNDS(single_rounds, fftwf, float)
ROUNDS(double_rounds, fftw, double)

int main(int count, char **words) {
  if (count != 3) return 2;
  int size = atoi(words[2]);
  return strcmp(words[1], "single") == 0 ? single_rounds(size) : double_rounds(size);
}
