#!/usr/bin/env python3
"""An independent Modbus slave, pymodbus 3.6.9 (PyPI, BSD-3-Clause), for our driver: modbus_slave.py rtu|tcp.

A test of peripherals (tests/it/modbus.rs) installs it, starts this, and reads `ready` with the path or the port. Lines on
the standard input: `input N 0|1` closes or opens a contact, `coils` answers with the relays, `break` turns their first
one off as if its power had been gone. The end of the standard input ends it.
"""

import asyncio
import os
import sys
import threading
import tty

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import ModbusSerialServer, ModbusTcpServer

INPUTS, COILS = 2, 1
CONTEXT = ModbusSlaveContext(
    di=ModbusSequentialDataBlock(0, [False] * 16),
    co=ModbusSequentialDataBlock(0, [False] * 8),
    zero_mode=True,
)


def say(text):
    print(text, flush=True)


def pipe(source, sink):
    while data := os.read(source, 4096):
        os.write(sink, data)


def line():
    """A serial line: two terminals, what one is told the other hears."""
    ends = [os.openpty() for _ in range(2)]
    for master, slave in ends:
        tty.setraw(slave)
    (here, ours), (there, theirs) = ends
    for source, sink in ((here, there), (there, here)):
        threading.Thread(target=pipe, args=(source, sink), daemon=True).start()
    return os.ttyname(ours), os.ttyname(theirs)


def listen_to_stdin():
    for text in sys.stdin:
        words = text.split()
        if words[0] == "input":
            CONTEXT.setValues(INPUTS, int(words[1]), [words[2] == "1"])
            say("ok")
        elif words[0] == "coils":
            say("".join(str(int(bit)) for bit in CONTEXT.getValues(COILS, 0, 8)))
        elif words[0] == "break":
            CONTEXT.setValues(COILS, 0, [False] * 8)
            say("ok")
    os._exit(0)


async def main(kind):
    context = ModbusServerContext(slaves={1: CONTEXT}, single=False)
    if kind == "rtu":
        ours, at = line()
        server = ModbusSerialServer(context, port=ours, baudrate=19200)
        await server.listen()
    else:
        server = ModbusTcpServer(context, address=("127.0.0.1", 0))
        await server.listen()
        at = server.transport.sockets[0].getsockname()[1]
    say(f"ready {at}")
    await server.serving


threading.Thread(target=listen_to_stdin, daemon=True).start()
asyncio.run(main(sys.argv[1]))
