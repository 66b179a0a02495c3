//! Numbers of identity cards and telephones, as far as central keeps them: a keyed hash (HMAC-SHA-256).
//!
//! There are few enough of them that a plain hash of each could be tried out; without the key that is no use. The key
//! stands in a file of its own, not in the database: a copy of the database alone tells nobody's number. Two numbers can
//! be compared, so that nobody gets a second card; none can be read back.
//!
//! A mainland identity number also says the year of birth (characters 7 to 10) and the sex (the 17th digit is odd for
//! men; old numbers of 15 digits: characters 7 and 8 with the century 19, and the 15th digit): GB 11643.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use circulation::id::Isil;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The key. Has no `Debug`.
#[derive(Clone)]
pub struct CertificateKey([u8; LEN]);

/// A hash as it is kept.
pub type CertificateHash = [u8; 32];

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// the file cannot be read or written
    #[error(
        "cannot use the key file {}: {source}; give another one with --key-file, which all copies of this central share",
        path.display()
    )]
    File {
        /// the file
        path: PathBuf,
        /// what the system says
        source: std::io::Error,
    },
    /// the file holds no key
    #[error(
        "the file {} holds no key (64 hexadecimal digits); bring back the right one from a backup: with another key no \
         reader's identity card is found any more", path.display()
    )]
    Malformed {
        /// the file
        path: PathBuf,
    },
    /// the operating system gives no random bytes
    #[error("the operating system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

/// What a mainland identity number says of its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Born {
    /// year of birth
    pub year: i64,
    /// `M` male, `F` female
    pub sex: &'static str,
}

impl CertificateKey {
    /// A key that is known already.
    #[must_use]
    pub const fn new(bytes: [u8; LEN]) -> Self {
        Self(bytes)
    }

    /// Reads the key of a file, or makes one where there is no file yet; only its owner may read it.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn at(path: &Path) -> Result<Self, KeyError> {
        let failed = |source| KeyError::File { path: path.to_owned(), source };
        let mut key = [0; LEN];
        getrandom::fill(&mut key).map_err(KeyError::Random)?;
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                let text = format!("{}\n", crate::password::hex(&key));
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
                Ok(Self(key))
            }
            Err(fault) if fault.kind() == std::io::ErrorKind::AlreadyExists => {
                let mut text = String::new();
                OpenOptions::new()
                    .read(true)
                    .open(path)
                    .and_then(|file| file.take(MAX_FILE).read_to_string(&mut text))
                    .map_err(failed)?;
                Self::parse(text.trim()).ok_or_else(|| KeyError::Malformed { path: path.to_owned() })
            }
            Err(fault) => Err(failed(fault)),
        }
    }

    /// The hash of a number, the same for every way of writing it. Institutions have nothing in common.
    #[must_use]
    pub fn hash(&self, of: &Isil, kind: Kind, number: &str) -> CertificateHash {
        // A key shorter than a block is one with zeros behind it (RFC 2104, 2).
        let mut block = [0; 64];
        block.iter_mut().zip(self.0).for_each(|(byte, key)| *byte = key);
        let mut mac = Hmac::<Sha256>::new(&block.into());
        let plain: String = number.chars().filter(|c| !c.is_whitespace()).collect();
        for part in [of.as_str(), kind.word(), &plain.to_uppercase()] {
            mac.update(part.as_bytes());
            mac.update(&[0]);
        }
        mac.finalize().into_bytes().into()
    }

    fn parse(text: &str) -> Option<Self> {
        let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() == 2 * LEN)?;
        let mut key = [0; LEN];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = u8::try_from(pair.iter().fold(0, |byte, digit| byte * 16 + digit)).ok()?;
        }
        Some(Self(key))
    }
}

/// What a number is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// identity card, passport
    Certificate,
    /// log-in, most often a telephone number
    Login,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Login => "login",
        }
    }
}

/// Reads a mainland identity number; nothing if it is none (a passport, say).
#[must_use]
pub fn born(number: &str) -> Option<Born> {
    let number: Vec<char> = number.chars().filter(|c| !c.is_whitespace()).collect();
    let digit = |at: usize| number.get(at).and_then(|c| c.to_digit(10)).map(i64::from);
    let n_digits = number.iter().take_while(|c| c.is_ascii_digit()).count();
    let (year, sex_digit) = match (number.len(), n_digits) {
        (18, 17 | 18) => (digit(6)? * 1000 + digit(7)? * 100 + digit(8)? * 10 + digit(9)?, digit(16)?),
        (15, 15) => (1900 + digit(6)? * 10 + digit(7)?, digit(14)?),
        _ => return None,
    };
    (1900..=2150).contains(&year).then_some(Born { year, sex: if sex_digit % 2 == 1 { "M" } else { "F" } })
}

const LEN: usize = 32;
const MAX_FILE: u64 = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Isil {
        Isil::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written_and_only_for_its_key() {
        let (key, other) = (CertificateKey::new([1; 32]), CertificateKey::new([2; 32]));
        let hash = |key: &CertificateKey, library, kind, number| key.hash(&of(library), kind, number);
        let one = hash(&key, "CN-1", Kind::Certificate, "11010119900307781x");
        assert_eq!(one, hash(&key, "CN-1", Kind::Certificate, " 110101 19900307 781X"));
        for different in [
            hash(&other, "CN-1", Kind::Certificate, "11010119900307781X"),
            hash(&key, "CN-2", Kind::Certificate, "11010119900307781X"),
            hash(&key, "CN-1", Kind::Login, "11010119900307781X"),
            hash(&key, "CN-1", Kind::Certificate, "110101199003077811"),
        ] {
            assert_ne!(one, different);
        }
    }

    /// RFC 4231, test case 2, as far as a key of our length can show it: HMAC-SHA-256 it is.
    #[test]
    fn it_is_hmac_sha_256() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").unwrap();
        mac.update(b"what do ya want for nothing?");
        let hash: [u8; 32] = mac.finalize().into_bytes().into();
        let hash = crate::password::hex(&hash);
        assert_eq!(hash, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }

    #[test]
    fn a_key_is_made_once_and_read_again() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("central.key");
        let made = CertificateKey::at(&path).unwrap();
        let read = CertificateKey::at(&path).unwrap();
        assert_eq!(made.0, read.0);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        std::fs::write(&path, "nonsense").unwrap();
        assert!(matches!(CertificateKey::at(&path), Err(KeyError::Malformed { .. })));
        assert!(matches!(CertificateKey::at(folder.path()), Err(KeyError::File { .. })));
    }

    #[test]
    fn an_identity_number_says_year_and_sex() {
        let rows = [
            ("11010119900307781X", Some((1990, "M"))),
            ("110101199003077862", Some((1990, "F"))),
            ("110101 19900307 7862", Some((1990, "F"))),
            ("110101900307786", Some((1990, "F"))),
            ("110101900307785", Some((1990, "M"))),
            ("E12345678", None),
            ("1101011990030778", None),
            ("11010100000307781X", None),
            ("", None),
        ];
        for (number, expected) in rows {
            assert_eq!(born(number).map(|born| (born.year, born.sex)), expected, "{number}");
        }
    }
}
