//! How long the memory of a tag takes to decode, and what it costs on the heap.
//!
//! `cargo bench -p rfid-driver --bench decode` prints it. The aims: a block of ISO 28560-3 under 1 microsecond, a tag of 28
//! blocks of ISO 28560-2 under 2, and no allocation that does not end up in the result. The floors stand beside: one pass
//! over the bytes, and a copy of the result, which is what its own allocations cost.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench prints, and ends when something is missing"
)]

use std::alloc::System;
use std::hint::black_box;

use rfid_driver::data::{Decoded, Draft, Hints, Layout, SetInfo, Usage, decode, iso28560_2, iso28560_3};
use rfid_driver::tag::{Afi, Dsfid};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use timing::{met, seconds, work};

#[path = "support/timing.rs"]
mod timing;

/// Counts what is allocated.
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() {
    let block = danish();
    let hints = Hints { afi: Some(Afi::IN_STOCK), dsfid: Some(Dsfid(0)), ..Hints::none() };
    bench("ISO 28560-3, 8 blocks", &block, &hints, 1e-6);
    let tag = chain();
    let hints = Hints { afi: Some(Afi::IN_STOCK), dsfid: Some(Dsfid::ISO_28560_2), ..Hints::none() };
    bench("ISO 28560-2, 28 blocks", &tag, &hints, 2e-6);
    let hints = Hints { afi: Some(Afi::IN_STOCK), ..Hints::none() };
    bench("ISO 28560-2, 28 blocks, DSFID not known", &tag, &hints, 2e-6);
}

/// Vector D1.
fn danish() -> Vec<u8> {
    let mut block = vec![0x11, 1, 1];
    block.extend(b"11223344\0\0\0\0\0\0\0\0\x51\x3EDE705");
    block.resize(32, 0);
    block
}

/// All that a Chinese library writes on a book, up to the end of a usual tag.
fn chain() -> Vec<u8> {
    let draft = Draft {
        primary_item_id: "B123456".into(),
        owner: Some("CN-110108-1-NLC".into()),
        set: Some(SetInfo { part: 1, of: 2 }),
        usage: Some(Usage::CIRCULATION),
        shelf_location: Some("TP393/H637".into()),
        title: Some("红楼梦 上 (清) 曹雪芹 著, 人民文学出版社 1982".into()),
        ..Draft::default()
    };
    let mut memory = iso28560_2::encode(&draft).expect("it can be encoded");
    assert!(memory.len() > 100 && memory.len() <= 112, "{} bytes", memory.len());
    memory.resize(112, 0);
    memory
}

fn bench(name: &str, memory: &[u8], hints: &Hints<'_>, aim: f64) {
    let decoded = decode(memory, hints);
    assert!(decoded.item_id().is_some(), "{decoded:?}");
    let times = seconds(&mut [
        work(|| decode(black_box(memory), black_box(hints))),
        work(|| black_box(&decoded).clone()),
        work(|| iso28560_3::crc(black_box(memory))),
        work(|| black_box(memory).iter().fold(0_u8, |sum, byte| sum ^ byte)),
    ]);
    let [whole, copy, crc, read] = *times else { return };
    let layout = decoded.layout.as_ref().map_or_else(String::new, Layout::to_string);
    println!("{name} ({layout}, {} elements)", decoded.tag().map_or(0, |tag| tag.elements.len()));
    println!("  decoded in {:7.1} ns, aim {:.0} ns: {}", whole * 1e9, aim * 1e9, met(whole < aim));
    for (floor, time) in
        [("a copy of the result", copy), ("one CRC over it", crc), ("one look at each byte", read)]
    {
        println!("  {floor:<22} {:7.1} ns, ratio {:.2}", time * 1e9, whole / time);
    }
    heap(memory, hints);
}

/// Allocations while decoding, and how many of them the result does not hold.
fn heap(memory: &[u8], hints: &Hints<'_>) {
    let region = Region::new(ALLOCATOR);
    let decoded = decode(memory, hints);
    let during = region.change();
    drop::<Decoded>(decoded);
    let after = region.change();
    let kept = after.deallocations - during.deallocations;
    let beyond = during.allocations - kept + during.reallocations;
    println!(
        "  heap: {} allocations, {kept} held by the result, {} grown, so {beyond} beyond it, aim 0: {}",
        during.allocations,
        during.reallocations,
        met(beyond == 0)
    );
}
