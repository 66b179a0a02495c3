//! How fast a stream of bytes is split into frames, for each family, with and without garbage in it.
//!
//! `cargo bench -p rfid-driver --bench frames` prints it; the machine must have nothing else to do. The aim is 500 MB/s
//! for a family's four longest frames (14 to 65 bytes on average), alone and with a fifth of garbage between them. Shown
//! without an aim, because families miss it there: the four shortest with as much garbage, where each frame of 6 to 10
//! bytes costs 20 to 30 ns whatever its length, most of it branches that noise makes unforeseeable; and nothing but noise,
//! for a family whose frames begin with any byte. The floors stand beside: one pass of the family's own checksum over the
//! stream, and a copy of it.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use rfid_driver::crc::CRC_8408;
use rfid_driver::frame::{Format, Item, Items, Resync};
use rfid_driver::hf::{m810, obid};
use rfid_driver::uhf::{llrp, m100, mercury, r2000, reader18};
use timing::{met, seconds, work};

#[path = "support/timing.rs"]
mod timing;

fn main() {
    println!(
        "family           stream                 MB/s   checksum   ratio       copy   frames of the stream found"
    );
    family::<obid::Answers>("feig-obid", &obid_frames(), |bytes| obid::crc(bytes).into());
    family::<m810::Answers>("3m-810", &m810_frames(), |bytes| m810::bcc(bytes).into());
    family::<m100::Answers>("m100", &said::<m100::Answers>("m100"), sum);
    family::<r2000::Answers>("r2000", &said::<r2000::Answers>("r2000"), sum);
    family::<reader18::Answers>("reader18", &said::<reader18::Answers>("reader18"), |bytes| {
        CRC_8408.update(0xFFFF, bytes).into()
    });
    family::<mercury::Answers>("mercury", &said::<mercury::Answers>("mercury"), |bytes| {
        mercury::crc(bytes).into()
    });
    // No checksum: its messages have only a length.
    family::<llrp::Answers>("llrp", &said::<llrp::Answers>("llrp"), |_| 0);
}

/// Answers as a pad hears them most: an inventory of three tags, eight blocks, a "done", many blocks; and short ones.
fn obid_frames() -> Vec<Vec<u8>> {
    let frame = |command, n: usize| {
        let body: Vec<u8> = [0].into_iter().chain(noise(n, 7)).collect();
        obid::Frame { form: obid::Form::Standard, address: 1, command, body: &body }.to_bytes()
    };
    [31, 42, 0, 160, 0, 0, 1, 3].map(|n| frame(0xB0, n)).into()
}

/// The frames that the emulated reader of a family has said, from the fuzz corpus.
fn said<F: Format>(family: &str) -> Vec<Vec<u8>> {
    let path = format!("{}/../fuzz/corpus/frames_{family}/said", env!("CARGO_MANIFEST_DIR"));
    let said = std::fs::read(&path).expect("the corpus is there");
    let mut items = Items::new();
    Resync::<F>::new(Duration::from_millis(12)).push(now(), said.get(1..).unwrap_or_default(), &mut items);
    let frames = items.iter().filter_map(|item| match item {
        Item::Frame(frame) => Some(frame.to_vec()),
        Item::Garbage { .. } => None,
    });
    frames.collect()
}

/// The checksum of many UHF readers.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).into()
}

fn m810_frames() -> Vec<Vec<u8>> {
    let frame = |command, n: usize| {
        let body: Vec<u8> = [0].into_iter().chain(noise(n, 7)).collect();
        m810::Frame { start: m810::Start::Usual, command, body: &body }.to_bytes()
    };
    [(0xFE, 27), (0x02, 57), (0x09, 8), (0x02, 150), (0x04, 0), (0x04, 0), (0x04, 0), (0x09, 8)]
        .map(|(command, n)| frame(command, n))
        .into()
}

/// Measures one family: its frames, and its checksum as the floor.
fn family<F: Format>(name: &str, frames: &[Vec<u8>], checksum: impl Fn(&[u8]) -> u32) {
    let mut frames = frames.to_vec();
    frames.sort_by_key(|frame| std::cmp::Reverse(frame.len()));
    let long = frames.get(..4).unwrap_or(&frames);
    let short = frames.get(frames.len().saturating_sub(4)..).unwrap_or_default();
    let size = |frames: &[Vec<u8>]| frames.iter().map(Vec::len).sum::<usize>() / frames.len().max(1);
    let streams = [
        ("frames", long, stream(long, 0), Some(500.0)),
        ("a fifth of garbage", long, stream(long, size(long) / 2), Some(500.0)),
        ("the same, short", short, stream(short, size(short) / 2), None),
        ("noise alone", &[], noise(LENGTH, 3), None),
    ];
    for (kind, frames, bytes, aim) in streams {
        let (sent, size) = (n_frames(&bytes, frames), size(frames));
        let found = split::<F>(&bytes);
        let times = seconds(&mut [
            work(|| split::<F>(black_box(&bytes))),
            work(|| checksum(black_box(&bytes))),
            work(|| black_box(&bytes).clone()),
        ]);
        let speeds: Vec<f64> = times.iter().map(|time| bytes.len() as f64 / time / 1e6).collect();
        let [whole, floor, copy] = *speeds else { return };
        let verdict = aim.map_or("", |aim| met(whole >= aim));
        println!(
            "{name:<16} {kind:<20} {whole:6.0} {floor:10.0} {:7.2} {copy:10.0}   {found} of {sent}, {size} bytes each {verdict}",
            floor / whole
        );
    }
}

/// The frames one after the other, each with up to so many bytes of noise before it: on average half of that.
fn stream(frames: &[Vec<u8>], most_noise: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut random = Random(1);
    while bytes.len() < LENGTH {
        for frame in frames {
            let n = if most_noise == 0 {
                0
            } else {
                usize::try_from(random.next() % (most_noise as u64 + 1)).unwrap_or(0)
            };
            bytes.extend((0..n).map(|_| random.byte()));
            bytes.extend_from_slice(frame);
        }
    }
    bytes
}

/// As many as [`stream`] has put in: the noise between them is cut from the same random numbers.
fn n_frames(bytes: &[u8], frames: &[Vec<u8>]) -> usize {
    let mut n = 0;
    let mut rest = bytes;
    while let Some((at, frame)) =
        frames.iter().filter_map(|frame| Some((find(rest, frame)?, frame))).min_by_key(|(at, _)| *at)
    {
        n += 1;
        rest = rest.get(at + frame.len()..).unwrap_or_default();
    }
    n
}

fn find(bytes: &[u8], frame: &[u8]) -> Option<usize> {
    // Frames are short and near: what is far is not looked for.
    bytes.windows(frame.len()).take(4 * 300).position(|window| window == frame)
}

/// In reads as the shell makes them; the number of frames.
fn split<F: Format>(bytes: &[u8]) -> usize {
    let mut resync = Resync::<F>::new(Duration::from_millis(12));
    let (now, mut items, mut n) = (now(), Items::new(), 0);
    for read in bytes.chunks(1024) {
        resync.push(now, read, &mut items);
        n += items.iter().filter(|item| matches!(black_box(item), Item::Frame(_))).count();
        items.clear();
    }
    n
}

fn noise(n: usize, seed: u64) -> Vec<u8> {
    let mut random = Random(seed);
    (0..n).map(|_| random.byte()).collect()
}

/// Xorshift: the same noise in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn byte(&mut self) -> u8 {
        let [.., byte, _, _] = self.next().to_le_bytes();
        byte
    }
}

const LENGTH: usize = 1 << 20;

#[expect(clippy::disallowed_methods, reason = "a bench needs some instant")]
fn now() -> Instant {
    Instant::now()
}
