#!/usr/bin/env python3
"""Makes words.bin, readings.bin and ../syllables.rs of the keyboard's dictionary.

    make.py DICT.TXT FOLDER_OF_PYPINYIN

DICT.TXT is the word list of jieba 0.42 ("word frequency class" in each line, MIT); the folder holds the Python package
pypinyin 0.55 with its readings of characters and phrases (MIT). The formats are described in ../dictionary.rs; the
origins and licences in NOTICE.md. The same inputs give the same bytes.
"""

import collections
import math
import pathlib
import struct
import sys

LONGEST = 8          # syllables in a word
LEAST = 4            # how often a word must have been seen in jieba's corpus
UNSEEN = 3           # for idioms that only the phrase table has
STEPS = 12.0         # cost = -ln(p) * STEPS, in one byte
HERE = pathlib.Path(__file__).resolve().parent


def is_common(word):
    """Simplified characters in use: what GB 2312 holds."""
    try:
        return len(word.encode("gb2312")) == 2 * len(word) and all("\u4e00" <= c <= "\u9fa5" for c in word)
    except UnicodeEncodeError:
        return False


def main(dict_path, pypinyin_folder):
    sys.path.insert(0, pypinyin_folder)
    import pypinyin
    from pypinyin.constants import PHRASES_DICT

    def normal(text, heteronym=False):
        return pypinyin.pinyin(text, style=pypinyin.Style.NORMAL, heteronym=heteronym, v_to_u=False)

    frequency = collections.Counter()
    for line in open(dict_path, encoding="utf-8"):
        word, count, _ = line.rsplit(" ", 2)
        if 1 <= len(word) <= LONGEST and is_common(word):
            frequency[word] = int(count)
    for phrase in PHRASES_DICT:
        if 3 <= len(phrase) <= LONGEST and is_common(phrase) and phrase not in frequency:
            frequency[phrase] = UNSEEN
    words, seen, in_phrases = {}, collections.Counter(), set()
    for word, count in frequency.items():
        if len(word) < 2:
            continue
        reading = tuple(part[0] for part in normal(word))
        if len(reading) != len(word) or not all(p.isascii() and p.isalpha() and p.islower() for p in reading):
            continue
        for character, part in zip(word, reading):
            seen[character, part] += count
            if word in PHRASES_DICT:
                in_phrases.add((character, part))
        if count >= LEAST or word in PHRASES_DICT:
            words[word] = reading

    readings, singles = {}, []
    for code in range(0x4E00, 0x9FA6):
        character = chr(code)
        try:
            character.encode("gbk")
        except UnicodeEncodeError:
            continue
        known = [p for p in normal(character, heteronym=True)[0] if p.isascii() and p.isalpha() and any(v in p for v in "aeiouv")]
        total = sum(seen[character, p] for p in known) + len(known)
        kept = []
        for rank, part in enumerate(known):
            share = (seen[character, part] + (1 if rank else 3)) / (total + 2)
            count = frequency.get(character, 0.2 if is_common(character) else 0.02)
            singles.append((character, (part,), count * share))
            if rank == 0 or (character, part) in in_phrases:
                kept.append(part)
        readings[character] = kept

    syllables = sorted({p for r in words.values() for p in r} | {p for _, r, _ in singles for p in r})
    number = {s: n for n, s in enumerate(syllables)}
    total = sum(frequency.values())

    def cost(count):
        return min(255, round(-math.log(max(count, 1e-9) / total) * STEPS))

    by_length = collections.defaultdict(list)
    for word, reading, count in singles + [(w, r, frequency[w]) for w, r in words.items()]:
        letters = "".join(part[0] for part in reading)
        by_length[len(word)].append((letters, cost(count), word, [number[p] for p in reading]))
    body = b""
    for n in range(1, LONGEST + 1):
        for _, price, word, parts in sorted(by_length[n]):
            body += struct.pack(f"<{n}H{n}HB", *parts, *map(ord, word), price)
    head = struct.pack(f"<{LONGEST}I", *(len(by_length[n]) for n in range(1, LONGEST + 1)))
    (HERE / "words.bin").write_bytes(head + body)

    pairs = sorted((ord(c), number[p]) for c, kept in readings.items() for p in kept)
    (HERE / "readings.bin").write_bytes(b"".join(struct.pack("<HH", *pair) for pair in pairs))

    rows, row = [], ""
    for syllable in syllables:
        entry = f'"{syllable}",'
        if len(row) + len(entry) > 100:
            rows.append(row.strip())
            row = ""
        row += f" {entry}"
    rows.append(row.strip())
    lines = "\n    ".join(rows)
    (HERE.parent / "syllables.rs").write_text(
        "//! Every syllable of Mandarin without its tone, in the order of the alphabet; ü is v. Made by `dictionary/make.py`.\n\n"
        "/// A syllable's number is its place in here.\n#[rustfmt::skip]\n"
        f"pub(super) const SYLLABLES: [&str; {len(syllables)}] = [\n    {lines}\n];\n"
    )
    print([len(by_length[n]) for n in range(1, LONGEST + 1)], len(head + body), len(pairs), len(syllables))


main(*sys.argv[1:])
