"""The emulated reader that an independent client speaks to: started, told its tags, and ended."""

import os
import subprocess
import sys
import tempfile
import time

EPC = "01045300185304406C0E0000"
USER = "0C02D99410040001"
TID = "E28011600102030405060708"
OTHER = "01045300185304406C0E0001"
TAGS = [
    f"raw B epc=3400{EPC} user={USER} tid={TID} rssi=-48",
    f"raw C epc=3400{OTHER} user={USER} rssi=-60",
]


class Emulator:
    """`rfid-emulator`, whose path is the program's first argument."""

    def __init__(self, *options):
        if len(sys.argv) != 2:
            sys.exit(f"usage: {sys.argv[0]} PATH/rfid-emulator")
        self.directory = tempfile.TemporaryDirectory()
        self.link = os.path.join(self.directory.name, "reader")
        self.process = subprocess.Popen(
            [sys.argv[1], "--link", self.link, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in TAGS:
            self.say(line)
        until = time.monotonic() + 10
        while not os.path.exists(self.link):
            assert time.monotonic() < until, "the emulator has no terminal"
            time.sleep(0.02)

    def say(self, line):
        """Carries out one line of the emulator's protocol; what it answers."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        while True:
            answer = self.process.stdout.readline().strip()
            assert answer and not answer.startswith("error"), f"{line}: {answer}"
            if answer.startswith("ok"):
                return answer

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
        self.directory.cleanup()


def check(what, got, expected):
    """Says what was read, and ends the program if it is not what the tags hold."""
    assert got == expected, f"{what}: {got!r} instead of {expected!r}"
    print(f"{what}: {got!r}")
