//! ESC/POS as a printer reads it: one operation after another out of the bytes.

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Bytes of text up to the next operation.
    Text(Vec<u8>),
    /// Print the line and go to the next.
    LineFeed,
    /// Carriage return: ignored, as with most settings.
    Return,
    /// All settings as after power-on.
    Initialize,
    /// Feed so many lines.
    Feed(u8),
    /// Feed so many dots.
    FeedDots(u8),
    /// 0 left, 1 centre, 2 right.
    Align(u8),
    /// Emphasized.
    Bold(bool),
    /// Underlined by so many dots.
    Underline(u8),
    /// So many times as wide and high.
    Size {
        /// 1 to 8
        width: u8,
        /// 1 to 8
        height: u8,
    },
    /// Double bytes are Chinese, or not.
    Chinese(bool),
    /// Dots from line to line; none: as after power-on.
    LineSpacing(Option<u8>),
    /// A table of letters above 7F.
    CodePage(u8),
    /// A raster picture, a bit a dot.
    Raster {
        /// bytes of a row
        row: usize,
        /// the rows
        bits: Vec<u8>,
    },
    /// QR: the model.
    QrModel(u8),
    /// QR: dots of a module.
    QrModule(u8),
    /// QR: 48 L to 51 H.
    QrLevel(u8),
    /// QR: what it says.
    QrStore(Vec<u8>),
    /// QR: print it.
    QrPrint,
    /// Part the paper, after so many dots.
    Cut {
        /// a bridge is left
        is_partial: bool,
        /// dots
        feed: u8,
    },
    /// Tell a state once all before it is printed.
    Transmit(u8),
    /// Tell these states whenever they change.
    AutoStatus(u8),
    /// A command in real time: was carried out when it came.
    RealTime,
    /// What no printer of this kind knows.
    Unknown(u8),
}

/// The first operation and how many bytes it takes; `None` if it is not whole yet. The bytes are not empty.
pub fn operation(bytes: &[u8]) -> Option<(usize, Op)> {
    match *bytes {
        [b'\n', ..] => Some((1, Op::LineFeed)),
        [b'\r', ..] => Some((1, Op::Return)),
        [0x1B, ref rest @ ..] => escape(rest).map(|(n, op)| (n + 1, op)),
        [0x1C, ref rest @ ..] => chinese(rest).map(|(n, op)| (n + 1, op)),
        [0x1D, ref rest @ ..] => group(rest).map(|(n, op)| (n + 1, op)),
        [0x10, 0x04 | 0x05, _, ..] => Some((3, Op::RealTime)),
        [0x10, 0x14, 8, ref rest @ ..] => (rest.len() >= 7).then_some((10, Op::RealTime)),
        [0x10] | [0x10, 0x04 | 0x05] | [0x10, 0x14] => None,
        [byte @ 0..0x20, ..] => Some((1, Op::Unknown(byte))),
        _ => {
            let n = bytes.iter().position(|byte| *byte < 0x20).unwrap_or(bytes.len());
            Some((n, Op::Text(bytes.get(..n).unwrap_or_default().to_vec())))
        }
    }
}

fn escape(rest: &[u8]) -> Option<(usize, Op)> {
    Some(match *rest {
        [b'@', ..] => (1, Op::Initialize),
        [b'2', ..] => (1, Op::LineSpacing(None)),
        [b'd', n, ..] => (2, Op::Feed(n)),
        [b'J', n, ..] => (2, Op::FeedDots(n)),
        [b'a', n, ..] => (2, Op::Align(n & 3)),
        [b'E', n, ..] => (2, Op::Bold(n & 1 == 1)),
        [b'-', n, ..] => (2, Op::Underline(n & 3)),
        [b'3', n, ..] => (2, Op::LineSpacing(Some(n))),
        [b't', n, ..] => (2, Op::CodePage(n)),
        [] | [b'd' | b'J' | b'a' | b'E' | b'-' | b'3' | b't'] => return None,
        [byte, ..] => (1, Op::Unknown(byte)),
    })
}

fn chinese(rest: &[u8]) -> Option<(usize, Op)> {
    Some(match *rest {
        [b'&', ..] => (1, Op::Chinese(true)),
        [b'.', ..] => (1, Op::Chinese(false)),
        [] => return None,
        [byte, ..] => (1, Op::Unknown(byte)),
    })
}

fn group(rest: &[u8]) -> Option<(usize, Op)> {
    Some(match *rest {
        [b'!', n, ..] => (2, Op::Size { width: ((n >> 4) & 7) + 1, height: (n & 7) + 1 }),
        [b'V', m @ (65 | 66), n, ..] => (3, Op::Cut { is_partial: m == 66, feed: n }),
        [b'V', m, ..] if !matches!(m, 65 | 66) => (2, Op::Cut { is_partial: m & 1 == 1, feed: 0 }),
        [b'r', n, ..] => (2, Op::Transmit(n)),
        [b'a', n, ..] => (2, Op::AutoStatus(n)),
        [b'(', b'k', low, high, ref data @ ..] => {
            let n = usize::from(u16::from_le_bytes([low, high]));
            (n + 4, data.get(..n).map(qr)?)
        }
        [b'v', b'0', _, xl, xh, yl, yh, ref data @ ..] => {
            let (row, rows) = (u16::from_le_bytes([xl, xh]).into(), u16::from_le_bytes([yl, yh]).into());
            let n = usize::checked_mul(row, rows)?;
            (n + 7, Op::Raster { row, bits: data.get(..n)?.to_vec() })
        }
        [] | [b'!' | b'r' | b'a'] | [b'V'] | [b'V', _] | [b'('] => return None,
        [b'(', b'k', ..] | [b'v', b'0', ..] if rest.len() < 7 => return None,
        [b'v'] => return None,
        [byte, ..] => (1, Op::Unknown(byte)),
    })
}

/// # Spec
/// GS ( k, cn = 49: fn 65 model, 67 module, 69 level, 80 store, 81 print.
fn qr(data: &[u8]) -> Op {
    match *data {
        [b'1', b'A', model, _] => Op::QrModel(model),
        [b'1', b'C', n] => Op::QrModule(n),
        [b'1', b'E', n] => Op::QrLevel(n),
        [b'1', b'P', b'0', ref text @ ..] => Op::QrStore(text.to_vec()),
        [b'1', b'Q', b'0'] => Op::QrPrint,
        _ => Op::Unknown(b'('),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(mut bytes: &[u8]) -> Vec<Op> {
        let mut ops = Vec::new();
        while let Some((n, op)) = (!bytes.is_empty()).then(|| operation(bytes)).flatten() {
            ops.push(op);
            bytes = &bytes[n..];
        }
        assert_eq!(bytes, b"", "a rest that is no whole operation");
        ops
    }

    #[test]
    fn published_commands_are_read() {
        // Of the manuals named in the module's parent: QR of model 2, modules of 6 dots, level M.
        let code =
            b"\x1D(k\x04\x001A2\x00\x1D(k\x03\x001C\x06\x1D(k\x03\x001E1\x1D(k\x05\x001P0ab\x1D(k\x03\x001Q0";
        let expected =
            [Op::QrModel(50), Op::QrModule(6), Op::QrLevel(49), Op::QrStore(b"ab".to_vec()), Op::QrPrint];
        assert_eq!(all(code), expected);
        assert_eq!(
            all(b"\x1B@\x1C&\xCD\xBC\n\x1DV\x42\x00\x10\x04\x04\x1D\x72\x01"),
            [
                Op::Initialize,
                Op::Chinese(true),
                Op::Text(vec![0xCD, 0xBC]),
                Op::LineFeed,
                Op::Cut { is_partial: true, feed: 0 },
                Op::RealTime,
                Op::Transmit(1)
            ]
        );
        assert_eq!(
            all(b"\x1Dv0\x00\x01\x00\x02\x00\xAA\x55"),
            [Op::Raster { row: 1, bits: vec![0xAA, 0x55] }]
        );
    }

    #[test]
    fn what_is_not_whole_waits() {
        let whole = b"\x1D(k\x05\x001P0ab";
        for n in 1..whole.len() {
            assert_eq!(operation(&whole[..n]), None, "{n}");
        }
    }
}
