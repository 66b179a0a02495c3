#!/usr/bin/env python3
"""wabson.chafon-rfid and uhfreader18 (both MIT), independent clients of UHFReader18 and 288, against our emulators of them.

A test of rfid-driver (tests/it/clients.rs) installs them and runs this: reader18.py PATH/rfid-emulator.

The first asks for reader information, inventories of both kinds, and with requests that we lay out, reads and writes,
whose framing and status it checks. The second speaks TCP; a thread carries its bytes to the terminal and back. Of its
commands: information, power, scan time, and a work mode with the reports that follow; it has none for tags.
"""

import contextlib
import os
import socket
import threading
import tty

from chafon_rfid import base, command, uhfreader18, uhfreader288m
from chafon_rfid.transport_serial import SerialTransport
from uhfreader18 import MemInven, ModeState, RfidClient, WorkMode
from uhfreader18.stream import StreamBuffer

from emulator import EPC, OTHER, USER, Emulator, check

MORE_FRAMES = 3


def request(transport, data):
    transport.write(data.serialize())


def inventory(transport, asked, frame_class):
    """The tags of an inventory, and how many frames told them."""
    request(transport, asked)
    tags, n = [], 0
    while True:
        frame = frame_class(transport.read_frame())
        tags += [(bytes(tag.epc).hex().upper(), tag.antenna_num, tag.rssi) for tag in frame.get_tag()]
        n += 1
        if frame.result_status != MORE_FRAMES:
            return tags, n


def exchange(transport, code, data):
    """Status and data of a request that the client frames and checks, laid out by us."""
    request(transport, base.ReaderCommand(code, addr=0xFF, data=bytes.fromhex(data)))
    frame = base.ReaderResponseFrame(transport.read_frame())
    return frame.resp_cmd, frame.result_status, bytes(frame.get_data()).hex().upper()


def chafon(model, asked, frame_class, kind, both):
    with Emulator("--protocol", "reader18", "--model", model) as emulator:
        transport = SerialTransport(device=emulator.link)
        request(transport, base.ReaderCommand(command.CF_GET_READER_INFO))
        information = base.ReaderInfoFrame(transport.read_frame())
        check("type", (information.type, information.power, information.supports_6c), (kind, 30, True))
        check("empty pad", inventory(transport, asked, frame_class), ([], 1))
        emulator.say("put B C")
        check("two tags", inventory(transport, asked, frame_class), (both, 1))
        for at in range(20):
            emulator.say(f"raw T{at:02} epc=3000{at:024X}")
            emulator.say(f"put T{at:02}")
        tags, n = inventory(transport, asked, frame_class)
        check("22 tags", (len(set(tags)), n), (22, 2))
        one = f"06{EPC}"
        check("read", exchange(transport, command.G2_READ_DATA, one + "030004" + "00" * 4), (2, 0, USER))
        check("no word", exchange(transport, command.G2_READ_DATA, one + "032001" + "00" * 4), (2, 0xFC, "03"))
        write = f"01{one}0102810400000000"
        emulator.say("lock B epc")
        check("locked", exchange(transport, command.G2_WRITE_DATA, write), (3, 0xFC, "04"))
        emulator.say("take B")
        check("gone", exchange(transport, command.G2_WRITE_DATA, write), (3, 0xFB, ""))
        transport.destroy()


def carry(terminal):
    """A TCP server for one client, whose bytes go to the terminal and back."""
    server = socket.create_server(("127.0.0.1", 0))
    line = os.open(terminal, os.O_RDWR | os.O_NOCTTY)
    tty.setraw(line)

    def serve():
        client, _ = server.accept()

        def back():
            # Either side may be closed first.
            with contextlib.suppress(OSError):
                while data := os.read(line, 4096):
                    client.sendall(data)

        threading.Thread(target=back, daemon=True).start()
        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                os.write(line, data)

    threading.Thread(target=serve, daemon=True).start()
    return server.getsockname()


def typed():
    with Emulator("--protocol", "reader18") as emulator:
        with RfidClient(*carry(emulator.link)) as client:
            information, address = client.discover_address()
            told = (address, information.version, str(information.reader_model))
            check("found", told, (0, "2.36", "ReaderType.UHFREADER18"))
            check("power", client.set_power(0, 26).ok, True)
            check("scan time", client.set_scan_time(0, 5).ok, True)
            information = client.get_reader_info(0)
            check("kept", (information.power, information.scan_time), (26, 5))
            emulator.say("put B C")
            mode = client.set_work_mode(
                0, WorkMode.SCAN, ModeState.RS_OUTPUT, MemInven.INVENTORY_MULTIPLE, 0, 1, 0
            )
            check("scan mode", mode.ok, True)
            stream, tags = StreamBuffer(), []
            while len(tags) < 4:
                parsed = stream.feed(client._socket.recv(4096))
                check("errors", parsed.errors, [])
                tags += [frame.tag for frame in parsed.frames if frame.command == 0xEE]
            check("reports", sorted(set(tags)), [EPC.rstrip("0"), OTHER])


def main():
    single = base.ReaderCommand(command.G2_TAG_INVENTORY)
    multiple = uhfreader288m.G2InventoryCommand(q_value=4)
    of_18, of_288 = uhfreader18.G2InventoryResponseFrame, uhfreader288m.G2InventoryResponseFrame
    both = [(EPC, 1, None), (OTHER, 1, None)]
    # Any model but reader288 is the 18.
    chafon("mr101", single, of_18, base.ReaderType.UHFReader18, both)
    both = [(EPC, 1, 114), (OTHER, 1, 102)]
    chafon("reader288", multiple, of_288, base.ReaderType.UHFReader288M, both)
    typed()


if __name__ == "__main__":
    main()
