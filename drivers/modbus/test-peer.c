/* For tests: a Modbus RTU device built on libmodbus, so that the driver does not only agree with
 * itself. Unit 7: register n holds 1000 + n, coil n is on where n is odd. */

#include <errno.h>
#include <modbus.h>
#include <stdio.h>

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  modbus_t *line = modbus_new_rtu(argv[1], 115200, 'N', 8, 1);
  modbus_mapping_t *map = modbus_mapping_new(200, 200, 200, 200);
  if (line == NULL || map == NULL) return 1;
  for (int at = 0; at < 200; at++) {
    map->tab_registers[at] = map->tab_input_registers[at] = 1000 + at;
    map->tab_bits[at] = map->tab_input_bits[at] = at % 2;
  }
  modbus_set_slave(line, 7);
  if (modbus_connect(line) == -1) {
    fprintf(stderr, "%s\n", modbus_strerror(errno));
    return 1;
  }
  puts("ready");
  fflush(stdout);
  for (;;) {
    uint8_t query[MODBUS_RTU_MAX_ADU_LENGTH];
    int length = modbus_receive(line, query);
    if (length > 0) modbus_reply(line, query, length, map);
    if (length == -1 && errno == EIO) return 0;
  }
}
