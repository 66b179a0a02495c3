//! RSA keys: the merchant's own, and the provider's public one. Signatures are PKCS#1 v1.5 with SHA-256.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer};

use super::PaymentError;

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not PEM of this kind.
    #[error("not a PEM file of a PKCS#8 private key, or of a public key")]
    Pem,
    /// It is no RSA key of 2048 bits or more.
    #[error("not an RSA key of at least 2048 bits")]
    Rsa,
}

/// The merchant's private key. `Debug` shows nothing of it.
pub struct MerchantKey(RsaKeyPair);

/// The provider's public key.
#[derive(Clone)]
pub struct ProviderKey(Vec<u8>);

impl MerchantKey {
    /// Reads a PKCS#8 key: `-----BEGIN PRIVATE KEY-----`.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let der = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()).map(Self).map_err(|_| KeyError::Rsa)
    }

    /// The signature of a text, in Base64.
    ///
    /// # Errors
    /// [`PaymentError::Signature`]: the machine has no randomness.
    pub fn sign(&self, text: &str) -> Result<String, PaymentError> {
        let mut signature = vec![0; self.0.public().modulus_len()];
        self.0
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature)
            .map_err(|_| PaymentError::Signature)?;
        Ok(STANDARD.encode(signature))
    }
}

impl ProviderKey {
    /// Reads a public key: `-----BEGIN PUBLIC KEY-----`.
    ///
    /// # Errors
    /// [`KeyError`]
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let info = SubjectPublicKeyInfoDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        rsa_key(&info).map(|key| Self(key.to_vec())).ok_or(KeyError::Rsa)
    }

    /// Whether a signature in Base64 is the provider's.
    ///
    /// # Errors
    /// [`PaymentError::Signature`]
    pub fn verify(&self, text: &[u8], signature: &str) -> Result<(), PaymentError> {
        let signature = STANDARD.decode(signature).map_err(|_| PaymentError::Signature)?;
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.0)
            .verify(text, &signature)
            .map_err(|_| PaymentError::Signature)
    }
}

impl fmt::Debug for MerchantKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MerchantKey(…)")
    }
}

impl fmt::Debug for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderKey(…)")
    }
}

/// The RSA key within a SubjectPublicKeyInfo.
///
/// # Spec
/// RFC 5280, 4.1: SEQUENCE { SEQUENCE { algorithm, parameters }, BIT STRING }; RFC 8017, A.1: rsaEncryption.
fn rsa_key(info: &[u8]) -> Option<&[u8]> {
    let (outer, _) = element(info, SEQUENCE)?;
    let (algorithm, rest) = element(outer, SEQUENCE)?;
    let (bits, _) = element(rest, BIT_STRING)?;
    algorithm.starts_with(RSA_ENCRYPTION).then_some(())?;
    bits.strip_prefix(&[0])
}

/// The content of a DER element of this tag, and what stands behind it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = der.strip_prefix(&[tag])?.split_first()?;
    match length {
        0..=0x7F => rest.split_at_checked(length.into()),
        0x81 => {
            let (&length, rest) = rest.split_first()?;
            rest.split_at_checked(length.into())
        }
        0x82 => {
            let (length, rest) = rest.split_first_chunk::<2>()?;
            rest.split_at_checked(u16::from_be_bytes(*length).into())
        }
        _ => None,
    }
}

const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
/// The object identifier 1.2.840.113549.1.1.1.
const RSA_ENCRYPTION: &[u8] = b"\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01";
