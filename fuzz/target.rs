//! A fuzz target: the one of `bodies` that has the name of the program.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some((_, body)) = bodies::targets().find(|(name, _)| *name == env!("CARGO_BIN_NAME")) {
        body(data);
    }
});
