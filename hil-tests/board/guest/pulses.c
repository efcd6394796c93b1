/* Makes pulses on lines of gpio-sim: writes the pull of a line up and down at a steady rate and
 * prints what it did. Absolute deadlines, so that a late pulse does not delay the ones after it; a
 * level still lasts for a quarter of the period at least, because no real wire catches up at once.
 * usage: pulses PULL_FILE COUNT PERIOD_MICROSECONDS */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void until_ns(long long at) {
  struct timespec t = {at / 1000000000LL, at % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) {
  }
}

static long long lasts_until;

static void pull(int file, const char *word, long long lasts_ns) {
  if (now_ns() < lasts_until) until_ns(lasts_until);
  lasts_until = now_ns() + lasts_ns;
  if (pwrite(file, word, strlen(word), 0) < 0) {
    perror("pulses: the pull cannot be written");
    exit(1);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: pulses PULL_FILE COUNT PERIOD_MICROSECONDS\n");
    return 2;
  }
  int file = open(argv[1], O_WRONLY);
  if (file < 0) {
    perror(argv[1]);
    return 1;
  }
  long count = atol(argv[2]);
  long long half = atoll(argv[3]) * 500LL;
  long long start = now_ns(), latest = 0;
  for (long i = 0; i < count; i++) {
    long long due = start + 2 * i * half;
    if (half > 0) until_ns(due);
    long long late = now_ns() - due;
    if (late > latest) latest = late;
    pull(file, "pull-up", half / 2);
    if (half > 0) until_ns(due + half);
    pull(file, "pull-down", half / 2);
  }
  printf("{\"pulses\":%ld,\"milliseconds\":%lld,\"latestMicroseconds\":%lld}\n", count,
         (now_ns() - start) / 1000000, half > 0 ? latest / 1000 : -1);
  return 0;
}
