#!/usr/bin/env python3
"""pyImpinj (hex-in, MIT), an independent client of R2000 readers, against our emulator of one.

A test of rfid-driver (tests/it/clients.rs) installs it and runs this: r2000.py PATH/rfid-emulator.

It exercises framing, check and address, three kinds of inventory (real time, session, fast switch), the match of an EPC,
reads of three banks with the tag's CRC, writes by blocks (94; it has no use for 82), settings, and errors.
"""

import logging
import queue

from pyImpinj import ImpinjR2KReader

from emulator import EPC, OTHER, TID, USER, Emulator, check

ADDRESS = 1


def told(tags):
    """What an inventory tells until its end."""
    found = []
    while True:
        item = tags.get(timeout=5)
        if item["type"] != "TAG":
            return found, item
        found.append((item["epc"], item["antenna"], item["rssi"], item["frequency"]))


def main():
    # It complains of the tag that is not there, which is asked for on purpose.
    logging.disable(logging.ERROR)
    with Emulator("--protocol", "r2000") as emulator:
        tags = queue.Queue()
        reader = ImpinjR2KReader(tags, address=ADDRESS)
        reader.connect(emulator.link)
        reader.worker_start()

        reader.rt_inventory(repeat=1)
        found, end = told(tags)
        check("empty pad", (found, end["type"], end["total_read"]), ([], "DONE", 0))

        emulator.say("put B C")
        both = [(EPC, 1, -48, 865.5), (OTHER, 1, -60, 865.5)]
        for name, count in [("real time", reader.rt_inventory), ("session", reader.session_inventory)]:
            count(repeat=1)
            found, end = told(tags)
            check(name, (found, end["total_read"]), (both, 2))
        emulator.say("antenna C 3")
        parts = {"A": 0, "Aloop": 1, "B": 1, "Bloop": 1, "C": 2, "Cloop": 1, "D": 3, "Dloop": 1}
        reader.fast_switch_ant_inventory(param={**parts, "Interval": 0, "Repeat": 1})
        found, end = told(tags)
        check("fast switch", [(epc, antenna) for epc, antenna, *_ in found], [(EPC, 1), (OTHER, 3)])
        emulator.say("antenna C 1")

        check("user memory", reader.read(epc=EPC, bank="USER", address=0, size=4), USER)
        check("TID", reader.read(epc=EPC, bank="TID", address=0, size=6), TID)
        check("PC and EPC", reader.read(epc=EPC, bank="EPC", address=1, size=7), "3400" + EPC)
        check("another tag", reader.read(epc="00" * 12, bank="USER", address=0, size=4), "")

        check("block write", reader.write(epc=EPC, data="CAFEF00D", bank="USER", address=4), EPC)
        check("read back", reader.read(epc=EPC, bank="USER", address=4, size=2), "CAFEF00D")
        check("security word", reader.write(epc=EPC, data="8104", bank="EPC", address=2), EPC)
        now = "8104" + EPC[4:]
        check("read back", reader.read(epc=now, bank="EPC", address=1, size=2), "34008104")

        check("power", reader.fast_power(value=26), (True, "SUCCESS"))
        check("power read", list(reader.get_rf_power()), [26] * 4)
        check("antenna", reader.set_work_antenna(antenna=0), (True, "SUCCESS"))
        check("antenna read", list(reader.get_work_antenna()), [0])
        check("beeper", reader.beeper(mode=0), (True, "SUCCESS"))
        check("region", reader.get_frequency_region()["Region"], "FCC")
        check("identifier", len(reader.identifier()), 12)
        reader.worker_close()


if __name__ == "__main__":
    main()
