"""The receipt of peripherals/tests/it/generators.rs, made by a generator of others: its bytes in hexadecimal.

A line for each piece: the receipt, and with pyescpos, which has another order within a code, the parts of its code.
"""

import sys

TITLE, SUBTITLE, LINE, CODE = "青禾市图书馆", "图书借阅凭条", "三體 Ulysses", "https://example.org/r/0192-7f3a"
CHINESE = b"\x1c&"


def python_escpos():
    from escpos.printer import Dummy

    printer = Dummy()
    text = lambda line: printer._raw(line.encode("gb18030") + b"\n")
    printer.hw("INIT")
    printer._raw(CHINESE)
    printer.set(align="center")
    printer.set(bold=True)
    printer.set(custom_size=True, width=2, height=2)
    text(TITLE)
    printer.set(custom_size=True, width=1, height=1)
    printer.set(bold=False)
    printer.set(align="left")
    printer.set(align="center")
    text(SUBTITLE)
    printer.set(align="left")
    printer.set(bold=True)
    text(LINE)
    printer.set(bold=False)
    printer.set(align="center")
    printer.qr(CODE, ec=1, size=6, model=2, native=True)
    printer.set(align="left")
    printer.print_and_feed(3)
    printer.cut(mode="PART", feed=False)
    return [printer.output]


class Paper:
    """The device of pyescpos: keeps what is written."""

    def __init__(self):
        self.pieces = []

    def catch(self):
        return True

    def read(self):
        return b""

    def write(self, piece):
        self.pieces.append(bytes(piece))


def pyescpos():
    from escpos import barcode, feature
    from escpos.impl import epson

    # It waits a second for each code to be printed.
    epson.time.sleep = lambda _: None
    paper = Paper()
    printer = epson.GenericESCPOS(paper, features={feature.CUTTER: True}, encoding="gb18030")
    printer.init()
    paper.write(CHINESE)
    printer.justify_center()
    printer.set_emphasized(True)
    printer.set_text_size(1, 1)
    printer.text(TITLE)
    printer.set_text_size(0, 0)
    printer.set_emphasized(False)
    printer.justify_left()
    printer.text_center(SUBTITLE)
    printer.justify_left()
    printer.set_emphasized(True)
    printer.text(LINE)
    printer.set_emphasized(False)
    printer.cut(partial=True)
    receipt, paper.pieces = b"".join(paper.pieces), []
    printer.qrcode(CODE, qrcode_ecc_level=barcode.QRCODE_ERROR_CORRECTION_M, qrcode_module_size=6)
    return [receipt, *paper.pieces]


for piece in {"python-escpos": python_escpos, "pyescpos": pyescpos}[sys.argv[1]]():
    print(piece.hex(" ").upper())
