//! Identifiers in 8 and in 12 bytes.

/// Up to 7 characters plain, 8 to 14 packed.
pub(super) fn unpack_96(bytes: &[u8]) -> Option<String> {
    let length = usize::from(bytes.first()? & 0xF);
    if length < 8 {
        return plain(bytes);
    }
    let (low, high) = bytes.split_first_chunk::<4>()?;
    let (low, high) = (u32::from_le_bytes(*low), u32::from_le_bytes(*high.first_chunk()?));
    let fourth = (high & 3) << 2 | low >> 30;
    let n_digits = length.checked_sub(5).filter(|_| fourth <= 9 && length <= 14)?;
    let digits = format!("{:0n_digits$}", high >> 2);
    let mut text: String = [24, 18, 12].into_iter().filter_map(|shift| character(low >> shift)).collect();
    text.extend(char::from_digit(fourth, 10));
    text.push_str(&digits);
    text.push(last(low)?);
    (text.len() == length).then_some(text)
}

/// `None` if the text is longer, or not three capital letters or digits, digits, and one character.
pub(super) fn pack_96(text: &str) -> Option<Vec<u8>> {
    if text.len() < 8 {
        return put_plain(text, 8);
    }
    let bytes = text.as_bytes();
    let (last, front) = bytes.split_last().filter(|_| text.len() <= 14)?;
    let ([c1, c2, c3, d4], digits) = front.split_first_chunk::<4>()?;
    if ![c1, c2, c3].into_iter().all(is_packable)
        || !d4.is_ascii_digit()
        || !digits.iter().all(u8::is_ascii_digit)
    {
        return None;
    }
    let fourth = u32::from(d4 - b'0');
    let high = std::str::from_utf8(digits).ok()?.parse::<u32>().ok()? << 2 | fourth >> 2;
    let low = (fourth & 3) << 30 | group(&[*c1, *c2, *c3]) << 12 | u32::from(*last) << 4 | length(text)?;
    Some([low.to_le_bytes(), high.to_le_bytes()].concat())
}

/// Up to 11 characters plain, 12 to 14 packed.
pub(super) fn unpack_128(bytes: &[u8]) -> Option<String> {
    let length = usize::from(bytes.first()? & 0xF);
    if length < 12 {
        return plain(bytes);
    }
    let ([a, b, c], _) = bytes.split_first_chunk::<12>()?.0.as_chunks::<4>().0.split_first_chunk::<3>()?;
    let [low, middle, high] = [a, b, c].map(|word| u32::from_le_bytes(*word));
    let n_low = length.checked_sub(11).filter(|_| length <= 14)?;
    let groups = |word: u32, n: usize| (0..n).rev().filter_map(move |at| character(word >> (6 * at)));
    let mut text: String = groups(high, 5).chain(groups(middle, 5)).chain(groups(low >> 12, n_low)).collect();
    text.push(last(low)?);
    (text.len() == length).then_some(text)
}

/// `None` if the text is longer, or from 12 characters on not capital letters and digits but for the last one.
pub(super) fn pack_128(text: &str) -> Option<Vec<u8>> {
    if text.len() < 12 {
        return put_plain(text, 12);
    }
    let (last, front) = text.as_bytes().split_last().filter(|_| text.len() <= 14)?;
    let (first, rest) = front.split_at_checked(5).filter(|_| front.iter().all(is_packable))?;
    let (second, third) = rest.split_at_checked(5)?;
    let low = group(third) << 12 | u32::from(*last) << 4 | length(text)?;
    Some([low, group(second), group(first)].map(u32::to_le_bytes).concat())
}

fn plain(bytes: &[u8]) -> Option<String> {
    let (length, rest) = bytes.split_first()?;
    let (text, fill) = rest.split_at_checked(usize::from(*length)).filter(|_| *length > 0)?;
    let is_sound = text.iter().all(|byte| (0x20..0x7F).contains(byte)) && fill.iter().all(|byte| *byte == 0);
    is_sound.then(|| text.iter().copied().map(char::from).collect())
}

fn put_plain(text: &str, room: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![u8::try_from(text.len()).ok()?];
    bytes.extend_from_slice(text.as_bytes());
    bytes.resize(room, 0);
    Some(bytes)
}

fn length(text: &str) -> Option<u32> {
    u32::try_from(text.len()).ok()
}

fn is_packable(byte: &u8) -> bool {
    byte.is_ascii_digit() || byte.is_ascii_uppercase()
}

fn group(characters: &[u8]) -> u32 {
    characters.iter().fold(0, |word, byte| word << 6 | u32::from(byte.saturating_sub(0x30)))
}

fn character(code: u32) -> Option<char> {
    char::from_u32((code & 0x3F) + 0x30)
}

fn last(word: u32) -> Option<char> {
    char::from_u32(word >> 4 & 0xFF).filter(char::is_ascii_graphic)
}
