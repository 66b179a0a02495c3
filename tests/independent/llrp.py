#!/usr/bin/env python3
"""The emulated LLRP reader against an independent client, pyllrp 3.1.1 (PyPI, MIT), with bitstring below 5.

A test of rfid-driver (tests/it/clients.rs) installs it and runs this: llrp.py PATH/rfid-emulator.

Its TagInventory and TagWriter do as they are shipped: connect, reset the configuration, set session and power, take
inventory with an immediate ROSpec, write an EPC with an AccessSpec, hang up. Exit code 0 if all is as it must be.
"""

import os
import subprocess
import sys

from pyllrp.LLRPConnector import LLRPConnector
from pyllrp.pyllrp import *  # noqa: F403 (its messages and parameters, by name)
from pyllrp.TagWriter import TagWriter

# Its TagWriter knows only the standard port. Every process has an address of its own on the loopback, so that several
# runs do not meet.
PORT = 5084
HOST = "127.{}.{}.{}".format(*(1 + os.getpid()).to_bytes(3, "big"))
BOOKS = ("LW0000001", "LW0000002", "LW0000003")


def say(emulator, line):
    emulator.stdin.write(line + "\n")
    emulator.stdin.flush()
    while (reply := emulator.stdout.readline()).startswith("|"):
        pass
    assert reply.startswith("ok"), (line, reply)
    return reply


def must(what, got, wanted):
    print(f"{'ok  ' if got == wanted else 'FAIL'} {what}: {got}")
    return got == wanted


def inventory(writer):
    tags, _others = writer.GetTagInventory()
    return len(tags)


def capabilities():
    with LLRPConnector() as connector:
        connector.connect(HOST, PORT)
        answer = connector.transact(GET_READER_CAPABILITIES_Message(RequestedData=0))  # noqa: F405
        device = answer.getFirstParameterByClass(GeneralDeviceCapabilities_Parameter)  # noqa: F405
        powers = answer.getAllParametersByClass(TransmitPowerLevelTableEntry_Parameter)  # noqa: F405
        return answer.success(), device.MaxNumberOfAntennaSupported, len(list(powers))


def turned_away():
    try:
        LLRPConnector().connect(HOST, PORT)
    except EnvironmentError as error:
        return error.args[0]
    return None


def main():
    emulator = subprocess.Popen(
        [sys.argv[1], "--protocol", "llrp", "--listen", f"{HOST}:{PORT}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    good = []
    try:
        assert emulator.stdout.readline() == f"ready tcp://{HOST}:{PORT}\n"
        good.append(must("capabilities: success, antennas, rows of power", capabilities(), (True, 4, 91)))
        for book in BOOKS:
            say(emulator, f"book {book} owner=CN-110108-1-NLC")
        writer = TagWriter(HOST, transmitPower=41)
        writer.Connect()
        good.append(must("inventory of an empty pad", inventory(writer), 0))
        say(emulator, "put " + " ".join(BOOKS))
        good.append(must("inventory", inventory(writer), len(BOOKS)))
        good.append(must("a second host is turned away with", turned_away(), 2))
        say(emulator, "take " + " ".join(BOOKS[1:]))
        before = writer.tagDetail[:]
        writer.WriteTag("", "256")
        inventory(writer)
        good.append(must("EPC after the write", sorted(writer.tagInventory), ["256"]))
        good.append(must("antenna and signal are told", [sorted(before[0])], [["AntennaID", "EPC", "PeakRSSI", "Tag", "Timestamp"]]))
        writer.Disconnect()
        say(emulator, "quit")
    finally:
        emulator.kill()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
