//! What several test modules need.

use std::time::Instant;

/// Some instant, from which virtual time goes on.
#[expect(clippy::disallowed_methods, reason = "an Instant has no other origin; the value does not matter")]
pub(crate) fn start() -> Instant {
    Instant::now()
}

/// The same cases on each run.
pub(crate) fn config() -> proptest::test_runner::Config {
    proptest::test_runner::Config {
        rng_seed: proptest::test_runner::RngSeed::Fixed(18_092),
        ..proptest::test_runner::Config::default()
    }
}

/// What holds for the framing of each part.
pub(crate) mod framing {
    use std::time::Duration;

    use proptest::collection::vec;
    use proptest::num::u8::ANY;
    use proptest::prelude::*;
    use proptest::test_runner::TestRunner;
    use rfid_driver::frame::{Format, Item, Items, Resync};

    /// Frames and the number of garbage bytes of a stream that comes in chunks of the given sizes and then falls silent.
    pub(crate) fn split<F: Format>(stream: &[u8], sizes: &[usize]) -> (Vec<Vec<u8>>, usize) {
        let (t0, gap) = (super::start(), Duration::from_millis(12));
        let mut resync = Resync::<F>::new(gap);
        let (mut items, mut rest) = (Items::new(), stream);
        for size in sizes.iter().copied().chain([usize::MAX]) {
            let (chunk, tail) = rest.split_at(size.min(rest.len()));
            resync.push(t0, chunk, &mut items);
            rest = tail;
        }
        resync.tick(t0 + gap, &mut items);
        let (mut frames, mut garbage) = (Vec::new(), 0);
        for item in items.iter() {
            match item {
                Item::Frame(frame) => frames.push(frame.to_vec()),
                Item::Garbage { n } => garbage += n,
            }
        }
        (frames, garbage)
    }

    pub(crate) fn any_chunking_gives_the_same_frames<F: Format>(frames: impl Strategy<Value = Vec<u8>>) {
        let parts = vec(prop_oneof![frames, vec(ANY, 0..20)], 0..6);
        run(&(parts, vec(1_usize..40, 0..40)), |(parts, sizes)| {
            let stream = parts.concat();
            prop_assert_eq!(split::<F>(&stream, &sizes), split::<F>(&stream, &[]));
            Ok(())
        });
    }

    /// Every byte is accounted for, and each good frame is there, perhaps with noise before it that looks like its
    /// beginning.
    pub(crate) fn noise_loses_no_good_frame<F: Format>(frames: impl Strategy<Value = Vec<u8>>) {
        run(&(vec((vec(ANY, 0..30), frames), 1..4), vec(ANY, 0..30)), |(frames, tail)| {
            let stream: Vec<u8> =
                frames.iter().flat_map(|(noise, frame)| [&**noise, &**frame].concat()).chain(tail).collect();
            let (found, garbage) = split::<F>(&stream, &[]);
            prop_assert_eq!(found.iter().map(Vec::len).sum::<usize>() + garbage, stream.len());
            for (_, frame) in &frames {
                let is_there = found.iter().any(|found| found.ends_with(frame));
                prop_assert!(is_there, "lost {:02X?} of {:02X?}", frame, stream);
            }
            Ok(())
        });
    }

    fn run<S: Strategy>(strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
        TestRunner::new(super::config()).run(strategy, test).unwrap_or_else(|error| panic!("{error}"));
    }
}
