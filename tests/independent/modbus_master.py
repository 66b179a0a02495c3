#!/usr/bin/env python3
"""The emulated module against an independent Modbus master, pymodbus 3.6.9 (PyPI, BSD-3-Clause), RTU and TCP.

A test of peripherals (tests/it/modbus.rs) installs it and runs this: modbus_master.py PATH/cabinet-emulator.
Exit code 0 if all is as it must be.
"""

import os
import subprocess
import sys
import tempfile

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.framer import Framer
from pymodbus.pdu import ExceptionResponse


class Emulator:
    """`cabinet-emulator io-module`; where it can be found is in `at`."""

    def __init__(self, *options):
        self.process = subprocess.Popen(
            [sys.argv[1], "io-module", "--inputs", "20", "--coils", "10", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.at = self.process.stdout.readline().removeprefix("ready ").strip()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        lines = []
        while (answer := self.process.stdout.readline().strip()).startswith("| "):
            lines.append(answer.removeprefix("| "))
        assert answer.startswith("ok"), (line, answer)
        return lines

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def must(what, got, wanted):
    print(f"{'ok  ' if got == wanted else 'FAIL'} {what}: {got}")
    if got != wanted:
        sys.exit(1)


def refused(answer):
    assert isinstance(answer, ExceptionResponse), answer
    return answer.exception_code


def play(name, emulator, client):
    assert client.connect(), name
    emulator.say("input 3 on")
    emulator.say("input 17 on")
    bits = client.read_discrete_inputs(0, 20, slave=1).bits[:20]
    must(f"{name}: inputs", [at for at, bit in enumerate(bits) if bit], [3, 17])
    must(f"{name}: part of them", client.read_discrete_inputs(17, 2, slave=1).bits[:2], [True, False])
    must(f"{name}: write many", client.write_coils(1, [True, False, True], slave=1).count, 3)
    must(f"{name}: write one", client.write_coil(9, True, slave=1).value, True)
    bits = client.read_coils(0, 10, slave=1).bits[:10]
    must(f"{name}: coils", [at for at, bit in enumerate(bits) if bit], [1, 3, 9])
    must(f"{name}: what it shows", emulator.say("show"), ["inputs 00010000000000000100", "coils  0101000001"])
    must(f"{name}: no such input", refused(client.read_discrete_inputs(15, 6, slave=1)), 2)
    must(f"{name}: no such coil", refused(client.write_coil(10, True, slave=1)), 2)
    must(f"{name}: no registers", refused(client.read_holding_registers(0, 1, slave=1)), 1)
    must(f"{name}: writes none", refused(client.write_registers(0, [1, 2], slave=1)), 1)
    client.close()


def main():
    with tempfile.TemporaryDirectory() as folder:
        link = os.path.join(folder, "module")
        with Emulator("--link", link) as emulator:
            play("RTU", emulator, ModbusSerialClient(link, baudrate=19200, timeout=5))
    with Emulator("--listen", "127.0.0.1:0") as emulator:
        host, port = emulator.at.rsplit(":", 1)
        play("TCP", emulator, ModbusTcpClient(host, port=int(port), timeout=5))
    with Emulator("--listen", "127.0.0.1:0", "--rtu") as emulator:
        host, port = emulator.at.rsplit(":", 1)
        client = ModbusTcpClient(host, port=int(port), timeout=5, framer=Framer.RTU)
        play("RTU over TCP", emulator, client)


main()
