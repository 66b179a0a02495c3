//! The certificate of the page: the one that is given, the console's, or one made on the spot.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use config::Config;
use jiff::{Span, Zoned};
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use supervision::console::tls::{self, Pair};

use crate::arguments::SetupArguments;
use crate::failure::Failure;

/// Certificate and key for the browser.
///
/// # Errors
/// [`Failure::Setup`] if the files cannot be used, or the system gives no random bytes.
pub(super) fn pair(arguments: &SetupArguments, listen: IpAddr) -> Result<Pair, Failure> {
    let given = arguments.tls_cert.clone().zip(arguments.tls_key.clone());
    let files = given.or_else(|| of_console(&arguments.config));
    match files {
        Some((certificate, key)) => tls::read(&certificate, &key).map_err(|error| failed(&error)),
        None => made(listen).map_err(|error| failed(&error)),
    }
}

/// Those of a configuration that is about to be replaced.
fn of_console(config: &Path) -> Option<(PathBuf, PathBuf)> {
    // One that cannot be read is no reason not to replace it.
    let console = Config::load(config).ok()?.console;
    console.tls_cert.zip(console.tls_key)
}

/// One for this machine alone, good for some days: nobody vouches for it, so its fingerprint is compared.
fn made(listen: IpAddr) -> Result<Pair, rcgen::Error> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if !listen.is_unspecified() && !listen.is_loopback() {
        names.push(listen.to_string());
    }
    names.extend(host_name());
    let mut params = CertificateParams::new(names)?;
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Yueting set-up");
    let today = Zoned::now().date();
    let day = |from_now: i64| {
        let day = today.checked_add(Span::new().days(from_now)).unwrap_or(today);
        rcgen::date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
    };
    // Both machines' clocks may be a day off.
    (params.not_before, params.not_after) = (day(-2), day(DAYS));
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// What this machine is called, if a certificate can say it.
pub(super) fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?.trim().to_owned();
    ServerName::try_from(name.as_str()).is_ok().then_some(name)
}

fn failed(error: &dyn std::error::Error) -> Failure {
    Failure::Setup { why: format!("the page cannot be served: {error}") }
}

/// Longer than a set-up is put off.
const DAYS: i64 = 7;

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};
    use rustls::client::verify_server_name;
    use rustls::server::ParsedCertificate;
    use supervision::console::names::Names;

    use super::*;

    #[test]
    fn what_is_made_is_for_this_machine_and_no_other_name() {
        let (chain, key) = made("192.0.2.7".parse().unwrap()).unwrap();
        let names = Names::of(chain.first().cloned());
        let mut called = HeaderMap::new();
        for (host, is_ours) in [("localhost:8443", true), ("192.0.2.7", true), ("evil.example:8443", false)] {
            called.insert(header::HOST, HeaderValue::from_static(host));
            assert_eq!(names.are_called(&called), is_ours, "{host}");
        }
        let parsed = ParsedCertificate::try_from(&chain[0]).unwrap();
        for name in ["localhost", "127.0.0.1", "::1", "192.0.2.7"] {
            let name = ServerName::try_from(name).unwrap();
            assert!(verify_server_name(&parsed, &name).is_ok(), "{name:?}");
        }
        assert_eq!(tls::fingerprint(&chain[0]).len(), 95);
        assert!(tls::acceptor((chain, key)).is_ok());
    }
}
