#!/usr/bin/env python3
"""Makes words.bin, the readings that ../reading.rs looks up.

    make.py DICT.TXT FOLDER_OF_PYPINYIN

DICT.TXT is the word list of jieba 0.42 ("word frequency class" in each line, MIT); the folder holds the Python package
pypinyin 0.55 with its readings of characters and phrases (MIT). own.tsv beside this file holds words that neither has.
The format is described in ../reading.rs; the origins and licences in ../keyboard/dictionary/NOTICE.md. The same inputs
give the same bytes.
"""

import collections
import math
import pathlib
import struct
import sys
import unicodedata

LONGEST = 8       # characters in a word
LEAST = 4         # how often a word with a character of several readings must have been seen
LEAST_PLAIN = 60  # and one without any, which is kept only because it ends where the next word begins
UNSEEN = 3        # for phrases that only the phrase table has
OWN = 3000        # for our own: they are meant to be found
STEPS = 12.0      # cost = -ln(p) * STEPS, in one byte
HERE = pathlib.Path(__file__).resolve().parent


def plain(syllable):
    return "".join(c for c in unicodedata.normalize("NFD", syllable) if c not in "\u0300\u0301\u0304\u030c")


def is_common(word):
    try:
        return len(word.encode("gbk")) == 2 * len(word) and all("\u4e00" <= c <= "\u9fa5" for c in word)
    except UnicodeEncodeError:
        return False


def without_sandhi(word, reading):
    """GB/T 16159 writes the tones that the characters have alone: yi, bu keep theirs whatever follows."""
    original = {"一": ("yi", "yī"), "不": ("bu", "bù"), "七": ("qi", "qī"), "八": ("ba", "bā")}
    kept = []
    for character, syllable in zip(word, reading):
        bare, tone = original.get(character, (None, None))
        kept.append(tone if bare == plain(syllable) and syllable != bare else syllable)
    return tuple(kept)


def own_words():
    words = {}
    for line in (HERE / "own.tsv").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            word, reading = line.split("\t")
            words[word] = tuple(unicodedata.normalize("NFC", part) for part in reading.split())
            assert len(words[word]) == len(word), line
    return words


def main(dict_path, pypinyin_folder):
    sys.path.insert(0, pypinyin_folder)
    import pypinyin
    from pypinyin.constants import PHRASES_DICT

    frequency = collections.Counter()
    for line in open(dict_path, encoding="utf-8"):
        word, count, _ = line.rsplit(" ", 2)
        if len(word) <= LONGEST and is_common(word):
            frequency[word] = int(count)
    own = own_words()
    for word in {**PHRASES_DICT, **own}:
        if 2 <= len(word) <= LONGEST and is_common(word):
            frequency[word] = max(frequency[word], OWN if word in own else UNSEEN)
    usual = {}
    for code in range(0x4E00, 0x9FA6):
        character = chr(code)
        if is_common(character):
            known = pypinyin.pinyin(character, style=pypinyin.Style.TONE, heteronym=False)[0][0]
            if known != character:
                usual[character] = unicodedata.normalize("NFC", known)
    usual.update({word: reading[0] for word, reading in own.items() if len(word) == 1})

    readings = {}
    for word in frequency:
        if len(word) < 2 or not all(character in usual for character in word):
            continue
        if word in own:
            readings[word] = own[word]
        elif word in PHRASES_DICT:
            reading = tuple(unicodedata.normalize("NFC", part[0]) for part in PHRASES_DICT[word])
            if len(reading) == len(word):
                readings[word] = without_sandhi(word, reading)
        else:
            # of words that the phrase table lacks, the parts that it has
            parts = [part[0] for part in pypinyin.pinyin(word, style=pypinyin.Style.TONE)]
            if len(parts) == len(word):
                readings[word] = without_sandhi(word, tuple(unicodedata.normalize("NFC", p) for p in parts))

    known = {character: [syllable] for character, syllable in usual.items()}
    for word in sorted(readings):
        for character, syllable in zip(word, readings[word]):
            if syllable not in known[character] and (word in PHRASES_DICT or word in own):
                known[character].append(syllable)
    total = sum(frequency.values())

    def cost(count):
        return min(255, round(-math.log(max(count, 1e-9) / total) * STEPS))

    by_length = collections.defaultdict(list)
    for word, reading in readings.items():
        if not all(syllable in known[character] for character, syllable in zip(word, reading)):
            continue
        several = any(len(known[character]) > 1 for character in word)
        listed = word in own or word in PHRASES_DICT
        if frequency[word] >= (LEAST if several else LEAST_PLAIN) or (several and listed):
            choices = [known[character].index(syllable) for character, syllable in zip(word, reading)]
            by_length[len(word)].append((word, choices, cost(frequency[word])))
    for character in usual:
        by_length[1].append((character, [0], cost(frequency.get(character, 0.2))))

    syllables = sorted({syllable for kept in known.values() for syllable in kept})
    number = {syllable: n for n, syllable in enumerate(syllables)}
    spelt = "\n".join(syllables).encode()
    pairs = [(ord(c), number[s]) for c in sorted(known) for s in known[c]]
    body = struct.pack("<2I", len(spelt), len(pairs))
    body += struct.pack(f"<{LONGEST}I", *(len(by_length[n]) for n in range(1, LONGEST + 1)))
    body += spelt + b"".join(struct.pack("<HH", *pair) for pair in pairs)
    for n in range(1, LONGEST + 1):
        for word, choices, price in sorted(by_length[n]):
            body += struct.pack(f"<{n}H{n}BB", *map(ord, word), *choices, price)
    (HERE / "words.bin").write_bytes(body)
    print(len(syllables), len(pairs), [len(by_length[n]) for n in range(1, LONGEST + 1)], len(body))


main(*sys.argv[1:])
