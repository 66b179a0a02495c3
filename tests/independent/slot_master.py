#!/usr/bin/env python3
"""The emulated slot against an independent Modbus master, pymodbus 3.6.9 (PyPI, BSD-3-Clause), on a serial line.

A test of slot-world (tests/it/program.rs) runs this: slot_master.py PATH/slot-emulator CONFIG PORT. It carries a book
through the slot with nothing but contacts and relays. Exit code 0 if all is as it must be.
"""

import subprocess
import sys
import time
import tomllib

from pymodbus.client import ModbusSerialClient

PATIENCE = 30


def must(what, got, wanted=True):
    print(f"{'ok  ' if got == wanted else 'FAIL'} {what}: {got}")
    if got != wanted:
        sys.exit(1)


class Slot:
    """Contacts and relays by the names that the configuration gives them."""

    def __init__(self, config, client):
        self.at = {(c["signal"], c.get("bin")): c["address"] for c in config["contact"]}
        self.client = client

    def sees(self, signal, of=None):
        return self.client.read_discrete_inputs(self.at[signal, of], 1, slave=1).bits[0]

    def until(self, signal, wanted=True, of=None):
        end = time.monotonic() + PATIENCE
        while self.sees(signal, of) != wanted:
            if time.monotonic() > end:
                return False
        return True

    def set(self, signal, is_on=True, of=None):
        self.client.write_coil(self.at[signal, of], is_on, slave=1)


def main():
    emulator = subprocess.Popen(
        [sys.argv[1], "--config", sys.argv[2]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    must("it begins", emulator.stdout.readline().strip(), "ready")

    def say(line):
        emulator.stdin.write(line + "\n")
        emulator.stdin.flush()
        lines = []
        while (answer := emulator.stdout.readline().strip()).startswith(("| ", "# ")):
            lines.append(answer[2:])
        assert answer.startswith("ok"), (line, answer)
        return lines

    try:
        with open(sys.argv[2], "rb") as file:
            config = tomllib.load(file)
        client = ModbusSerialClient(sys.argv[3], baudrate=19200, timeout=2)
        assert client.connect()
        slot = Slot(config, client)
        must("closed and clear", [slot.sees("shutter-closed"), slot.sees("curtain-clear")], [True, True])
        say("book LW0000001 long=200")
        say("push LW0000001")
        must("somebody is at the mouth", slot.until("approach"))
        slot.set("open-shutter")
        must("the shutter opens", slot.until("shutter-open"))
        slot.set("open-shutter", False)
        must("something is in the mouth", slot.until("eye-in"))
        slot.set("belt-in")
        must("the belt carries it", slot.until("eye-mid"))
        slot.set("sorter")
        slot.set("divert", of="held")
        must("behind the flap", slot.until("eye-out"))
        must("it falls", slot.until("bin-dropped", of="held"))
        must("where it lies", say("things"), ["LW0000001: bin held afi=C2 eas=0"])
    finally:
        emulator.terminate()
        emulator.wait(10)


main()
