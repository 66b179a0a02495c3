//! The file that names the merchants: `central serve --payment FILE`.
//!
//! ```toml
//! public = "https://library.example.org"      # where the providers reach this central; they tell it of payments
//!
//! [[merchant]]
//! institution = "CN-371202-LW"
//! via = "wechat"
//! appid = "wx.."
//! mchid = "1900.."
//! serial = "1DDE.."                            # of the merchant's certificate
//! key_file = "apiclient_key.pem"               # PKCS#8; paths are relative to this file
//! provider_key_id = "PUB_KEY_ID_.."
//! provider_key_file = "wechat.pub.pem"
//! secret_file = "apiv3.key"                    # 32 characters
//!
//! [[merchant]]
//! institution = "CN-371202-LW"
//! via = "alipay"
//! app_id = "2021.."
//! key_file = "alipay_key.pem"
//! provider_key_file = "alipay.pub.pem"
//! ```
//! `host` of WeChat and `gateway` of Alipay name another place, such as Alipay's sandbox.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use circulation::id::Isil;
use serde::Deserialize;
use sync_client::kiosk_api::pay::PayVia;

use super::notice::BELOW;
use super::{Cashier, Times};
use crate::payment::{Alipay, KeyError, MerchantKey, Provider, ProviderKey, WeChat};

/// Why nobody takes money: what, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// which
        path: PathBuf,
        /// what the operating system says
        source: std::io::Error,
    },
    /// It is not TOML of this form.
    #[error("{}: {detail}", path.display())]
    Form {
        /// which
        path: PathBuf,
        /// what is wrong, with its line
        detail: String,
    },
    /// A key cannot be used.
    #[error("{}: {source}", path.display())]
    Key {
        /// which
        path: PathBuf,
        /// why
        source: KeyError,
    },
    /// The secret has another length.
    #[error("{}: the APIv3 key has 32 characters, this has {len}", path.display())]
    Secret {
        /// which
        path: PathBuf,
        /// characters
        len: usize,
    },
    /// A merchant is there twice.
    #[error("{}: {institution} has two merchants for {via}; leave one", path.display())]
    Twice {
        /// which
        path: PathBuf,
        /// whose
        institution: String,
        /// at whom
        via: &'static str,
    },
    /// TLS is not there.
    #[error("no TLS for payment providers: {0}")]
    Tls(reqwest::Error),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    public: String,
    #[serde(default)]
    merchant: Vec<Merchant>,
}

#[derive(Deserialize)]
#[serde(tag = "via", rename_all = "snake_case", deny_unknown_fields)]
enum Merchant {
    Wechat {
        institution: String,
        appid: String,
        mchid: String,
        serial: String,
        key_file: PathBuf,
        provider_key_id: String,
        provider_key_file: PathBuf,
        secret_file: PathBuf,
        host: Option<String>,
    },
    Alipay {
        institution: String,
        app_id: String,
        key_file: PathBuf,
        provider_key_file: PathBuf,
        gateway: Option<String>,
    },
}

impl Cashier {
    /// Reads the merchants of a file, and their keys. Blocks.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn of_file(path: &Path, times: Times) -> Result<Arc<Self>, FileError> {
        let text = read(path)?;
        let form = |detail: String| FileError::Form { path: path.to_owned(), detail };
        let file: File = toml::from_str(&text).map_err(|fault| form(fault.to_string()))?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let mut merchants: BTreeMap<(Isil, PayVia), Box<dyn Provider + Send + Sync>> = BTreeMap::new();
        for merchant in file.merchant {
            let (of, via) = merchant.place();
            let of = Isil::parse(of).map_err(|fault| form(format!("institution {of}: {fault}")))?;
            let notify_url =
                format!("{}{BELOW}{}/{}", file.public.trim_end_matches('/'), via.word(), of.as_str());
            let known = merchants.insert((of.clone(), via), merchant.provider(folder, notify_url)?);
            if known.is_some() {
                let (path, institution) = (path.to_owned(), of.as_str().to_owned());
                return Err(FileError::Twice { path, institution, via: via.word() });
            }
        }
        // Fails only if the program has chosen a provider already, which is as good.
        rustls::crypto::ring::default_provider().install_default().unwrap_or_default();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(times.call)
            .user_agent(concat!("yueting-central/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(FileError::Tls)?;
        Ok(Arc::new(Self { merchants, http, times }))
    }
}

impl Merchant {
    fn place(&self) -> (&str, PayVia) {
        match self {
            Self::Wechat { institution, .. } => (institution, PayVia::Wechat),
            Self::Alipay { institution, .. } => (institution, PayVia::Alipay),
        }
    }

    fn provider(
        self,
        folder: &Path,
        notify_url: String,
    ) -> Result<Box<dyn Provider + Send + Sync>, FileError> {
        Ok(match self {
            Self::Wechat {
                institution: _,
                appid,
                mchid,
                serial,
                key_file,
                provider_key_id,
                provider_key_file,
                secret_file,
                host,
            } => Box::new(WeChat {
                appid,
                mchid,
                serial,
                key: key(&folder.join(key_file), MerchantKey::from_pem)?,
                provider_id: provider_key_id,
                provider: key(&folder.join(provider_key_file), ProviderKey::from_pem)?,
                secret: secret(&folder.join(secret_file))?,
                notify_url,
                host: host.unwrap_or_else(|| WeChat::HOST.to_owned()),
            }),
            Self::Alipay { institution: _, app_id, key_file, provider_key_file, gateway } => {
                Box::new(Alipay {
                    app_id,
                    key: key(&folder.join(key_file), MerchantKey::from_pem)?,
                    provider: key(&folder.join(provider_key_file), ProviderKey::from_pem)?,
                    notify_url,
                    gateway: gateway.unwrap_or_else(|| Alipay::GATEWAY.to_owned()),
                })
            }
        })
    }
}

fn read(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

fn key<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T, KeyError>) -> Result<T, FileError> {
    parse(&read(path)?).map_err(|source| FileError::Key { path: path.to_owned(), source })
}

fn secret(path: &Path) -> Result<[u8; 32], FileError> {
    let text = read(path)?;
    let bytes = text.trim_end().as_bytes();
    bytes.try_into().map_err(|_| FileError::Secret { path: path.to_owned(), len: bytes.len() })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text for a file, and what is said of it; nothing: it will do.
    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_place() {
        let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        let merchant = |key: &str| {
            format!(
                "[[merchant]]\ninstitution = \"CN-371202-LW\"\nvia = \"alipay\"\napp_id = \"1\"\n\
                 key_file = \"{key}\"\nprovider_key_file = \"{}/provider.pub.pem\"\n",
                keys.display()
            )
        };
        let good = merchant(&format!("{}/merchant.pem", keys.display()));
        let wechat = format!(
            "[[merchant]]\ninstitution = \"CN-371202-LW\"\nvia = \"wechat\"\nappid = \"1\"\nmchid = \"1\"\nserial = \"1\"\n\
             key_file = \"{0}/merchant.pem\"\nprovider_key_id = \"1\"\nprovider_key_file = \"{0}/provider.pub.pem\"\n\
             secret_file = \"short\"\n",
            keys.display()
        );
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join("short"), "too short\n").unwrap();
        for (text, said) in [
            (good.clone(), None),
            (good.replace("alipay", "cash"), Some("line 4")),
            (format!("colour = 1\n{good}"), Some("line 2")),
            (format!("{good}{good}"), Some("CN-371202-LW has two merchants for alipay; leave one")),
            (good.replace("CN-371202-LW", ""), Some("institution")),
            (merchant("none.pem"), Some("none.pem")),
            (
                merchant(&format!("{}/merchant.pub.pem", keys.display())),
                Some("not a PEM file of a PKCS#8 private key"),
            ),
            (wechat, Some("the APIv3 key has 32 characters, this has 9")),
        ] {
            let path = folder.path().join("payment.toml");
            std::fs::write(&path, format!("public = \"https://library.example.org\"\n{text}")).unwrap();
            let read =
                Cashier::of_file(&path, Times::default()).map(|_| ()).map_err(|fault| fault.to_string());
            match said {
                None => assert_eq!(read, Ok(())),
                Some(said) => {
                    assert!(read.as_ref().is_err_and(|fault| fault.contains(said)), "{said}: {read:?}")
                }
            }
        }
        let missing = Cashier::of_file(&folder.path().join("none.toml"), Times::default());
        assert!(missing.is_err_and(|fault| fault.to_string().contains("none.toml")));
    }
}
