//! The commands that this driver sends: each with its bytes.

/// ESC @: all settings as after power-on. What waits in the print buffer is gone.
pub const INITIALIZE: [u8; 2] = [0x1B, b'@'];
/// FS &: double bytes are Chinese from here on.
pub const CHINESE: [u8; 2] = [0x1C, b'&'];
/// GS a 0: tells nothing by itself, so that every byte that comes is an answer.
pub const NO_AUTO_STATUS: [u8; 3] = [0x1D, b'a', 0];
/// GS r 1: the state of the paper, once all before it is printed.
pub const PAPER_STATUS: [u8; 3] = [0x1D, b'r', 1];
/// DLE DC4 fn 8: drops what is not printed yet, at once and in any state; answered by [`CLEARED`].
pub const CLEAR: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
/// DLE ENQ 2: goes on after an error that was mended, without what was to be printed.
pub const RECOVER: [u8; 3] = [0x10, 0x05, 2];
/// The answer to [`CLEAR`].
pub const CLEARED: [u8; 3] = [0x37, 0x25, 0x00];

/// DLE EOT n: tells the n-th group of states at once.
#[must_use]
pub const fn real_time_status(group: u8) -> [u8; 3] {
    [0x10, 0x04, group]
}

/// ESC a n: 0 left, 1 centre, 2 right.
#[must_use]
pub const fn align(to: u8) -> [u8; 3] {
    [0x1B, b'a', to]
}

/// ESC E n: emphasized.
#[must_use]
pub const fn bold(on: bool) -> [u8; 3] {
    [0x1B, b'E', on as u8]
}

/// GS ! n: characters so many times as wide and high, 1 to 8.
#[must_use]
pub const fn size(width: u8, height: u8) -> [u8; 3] {
    [0x1D, b'!', ((width.wrapping_sub(1) & 7) << 4) | (height.wrapping_sub(1) & 7)]
}

/// ESC 3 n: lines are n dots apart.
#[must_use]
pub const fn line_spacing(dots: u8) -> [u8; 3] {
    [0x1B, b'3', dots]
}

/// ESC 2: lines are apart as after power-on.
pub const DEFAULT_LINE_SPACING: [u8; 2] = [0x1B, b'2'];

/// ESC d n: feeds n lines.
#[must_use]
pub const fn feed(lines: u8) -> [u8; 3] {
    [0x1B, b'd', lines]
}

/// GS ( k: model 2, modules of so many dots, level M (48 L, 49 M, 50 Q, 51 H), the data, and print it. The data is cut off
/// where the longest code ends.
#[must_use]
pub fn qr(data: &[u8], module: u8) -> Vec<u8> {
    let data = data.get(..MAX_QR).unwrap_or(data);
    let mut bytes = vec![0x1D, b'(', b'k', 4, 0, b'1', b'A', 50, 0];
    bytes.extend([0x1D, b'(', b'k', 3, 0, b'1', b'C', module.clamp(1, 16)]);
    bytes.extend([0x1D, b'(', b'k', 3, 0, b'1', b'E', 49]);
    let [low, high, ..] = (data.len() + 3).to_le_bytes();
    bytes.extend([0x1D, b'(', b'k', low, high, b'1', b'P', b'0']);
    bytes.extend(data);
    bytes.extend([0x1D, b'(', b'k', 3, 0, b'1', b'Q', b'0']);
    bytes
}

/// Bytes of the longest code of level M (ISO/IEC 18004, table 7: 40-M).
const MAX_QR: usize = 2331;
