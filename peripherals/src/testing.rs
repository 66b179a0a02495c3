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
