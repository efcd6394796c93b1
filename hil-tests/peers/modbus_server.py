# A Modbus server built on pymodbus, which the rig did not write and which shares no code with the
# product. Usage: modbus_server.py tcp|rtu-over-tcp PORT UNIT, or rtu|ascii FILE BAUD UNIT. It obeys
# the same lines on standard input as rtu-slave.c, and its counted registers are the same.

import asyncio
import sys

import pymodbus
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import async_io as server
from pymodbus.transaction import ModbusAsciiFramer, ModbusRtuFramer, ModbusSocketFramer

REGISTERS = 2000
COILS = 200
COUNTED_FROM = 1000


class Registers(ModbusSequentialDataBlock):
    def __init__(self):
        super().__init__(0, [0] * REGISTERS)
        self.counts = {}

    def getValues(self, address, count=1):
        for at in range(address & ~1, address + count, 2):
            if at >= COUNTED_FROM:
                pair = (at - COUNTED_FROM) // 2
                self.counts[pair] = (self.counts.get(pair, 0) + 1) & 0xFFFF
                self.values[at : at + 2] = [pair, self.counts[pair]]
        return super().getValues(address, count)


registers = Registers()
coils = ModbusSequentialDataBlock(0, [False] * COILS)
# zero_mode: register 10 of a request is register 10 of the block, and not 11.
memory = ModbusSlaveContext(di=coils, co=coils, hr=registers, ir=registers, zero_mode=True)


def obey(line):
    word, *numbers = line.split()
    at, value = (int(number) for number in (numbers + ["0"])[:2])
    if word == "set":
        registers.values[at] = value & 0xFFFF
    elif word == "get":
        return registers.values[at]
    elif word == "coil":
        coils.values[at] = value != 0
    else:
        return "what?"
    return "done"


async def listen_to_the_rig():
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), sys.stdin
    )
    while line := await lines.readline():
        print(obey(line.decode()), flush=True)


async def serve():
    kind, where, *rest = sys.argv[1:]
    unit = int(rest[-1])
    context = ModbusServerContext(slaves={unit: memory}, single=False)
    if kind in ("rtu", "ascii"):
        framer = ModbusRtuFramer if kind == "rtu" else ModbusAsciiFramer
        settings = {"port": where, "baudrate": int(rest[0]), "timeout": 0.001}
        serving = server.StartAsyncSerialServer(
            context, framer=framer, ignore_missing_slaves=True, **settings
        )
    else:
        framer = ModbusSocketFramer if kind == "tcp" else ModbusRtuFramer
        serving = server.StartAsyncTcpServer(
            context,
            framer=framer,
            address=("127.0.0.1", int(where)),
            allow_reuse_address=True,
            ignore_missing_slaves=True,
        )
    running = asyncio.create_task(serving)
    await asyncio.sleep(0.2)
    print(f"pymodbus {pymodbus.__version__}", flush=True)
    # The rig ends its peers by ending their standard input.
    await asyncio.wait(
        [running, asyncio.create_task(listen_to_the_rig())], return_when=asyncio.FIRST_COMPLETED
    )
    if running.done():
        running.result()


asyncio.run(serve())
