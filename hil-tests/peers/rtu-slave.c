// A Modbus slave built on libmodbus, which the rig did not write and which shares no code with the
// product. Usage: rtu-slave PORT BAUD UNIT. It obeys lines on standard input: `set REGISTER VALUE`,
// `get REGISTER`, `coil COIL 0|1`; each is answered with one line.
//
// Register pairs from 1000 on tell who they are and how often they were read: pair n holds n in its
// high word and a count in its low word, so that an answer to another request is recognisable.

#include <errno.h>
#include <modbus/modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { REGISTERS = 2000, COILS = 200, COUNTED_FROM = 1000, READ_HOLDING = 3, READ_INPUT = 4 };

static uint16_t counts[(REGISTERS - COUNTED_FROM) / 2];

static void count(modbus_mapping_t *memory, const uint8_t *frame) {
  const int address = frame[2] << 8 | frame[3];
  const int quantity = frame[4] << 8 | frame[5];
  if (frame[1] != READ_HOLDING && frame[1] != READ_INPUT) return;
  for (int at = address & ~1; at < address + quantity && at + 1 < REGISTERS; at += 2) {
    if (at < COUNTED_FROM) continue;
    const int pair = (at - COUNTED_FROM) / 2;
    counts[pair] += 1;
    memory->tab_registers[at] = memory->tab_input_registers[at] = pair;
    memory->tab_registers[at + 1] = memory->tab_input_registers[at + 1] = counts[pair];
  }
}

// 0 when standard input has ended.
static int obey(modbus_mapping_t *memory) {
  static char pending[4096];
  static size_t length = 0;
  const ssize_t got = read(STDIN_FILENO, pending + length, sizeof pending - 1 - length);
  if (got <= 0) return 0;
  length += (size_t)got;
  pending[length] = 0;
  char *line = pending;
  for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    int at, value;
    *end = 0;
    if (sscanf(line, "set %d %d", &at, &value) == 2 && at >= 0 && at < REGISTERS) {
      memory->tab_registers[at] = memory->tab_input_registers[at] = (uint16_t)value;
      puts("done");
    } else if (sscanf(line, "get %d", &at) == 1 && at >= 0 && at < REGISTERS) {
      printf("%d\n", memory->tab_registers[at]);
    } else if (sscanf(line, "coil %d %d", &at, &value) == 2 && at >= 0 && at < COILS) {
      memory->tab_bits[at] = memory->tab_input_bits[at] = value != 0;
      puts("done");
    } else {
      puts("what?");
    }
    fflush(stdout);
  }
  length = strlen(line);
  memmove(pending, line, length);
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  modbus_t *bus = modbus_new_rtu(argv[1], atoi(argv[2]), 'N', 8, 1);
  modbus_mapping_t *memory = modbus_mapping_new(COILS, COILS, REGISTERS, REGISTERS);
  if (bus == NULL || memory == NULL) return 1;
  modbus_set_slave(bus, atoi(argv[3]));
  if (modbus_connect(bus) != 0) {
    fprintf(stderr, "%s: %s\n", argv[1], modbus_strerror(errno));
    return 1;
  }
  printf("libmodbus %s\n", LIBMODBUS_VERSION_STRING);
  fflush(stdout);
  for (;;) {
    fd_set ready;
    const int port = modbus_get_socket(bus);
    FD_ZERO(&ready);
    FD_SET(port, &ready);
    FD_SET(STDIN_FILENO, &ready);
    if (select(port + 1, &ready, NULL, NULL, NULL) < 0) return 1;
    if (FD_ISSET(STDIN_FILENO, &ready) && !obey(memory)) return 0;
    if (!FD_ISSET(port, &ready)) continue;
    uint8_t frame[MODBUS_RTU_MAX_ADU_LENGTH];
    const int length = modbus_receive(bus, frame);
    // What is for another unit has length 0; a spoilt frame has -1. Both are none of ours.
    if (length <= 0) continue;
    count(memory, frame);
    modbus_reply(bus, frame, length, memory);
  }
}
