//! The console's own certificate: whether it belongs to its key, until when it is good, and for which name.
//!
//! Nothing of it is parsed here: the verifier of TLS is asked at moments far away, and tells the dates in its refusals.

use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerifier as _, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};
use supervision::console::tls;

use super::{Finding, Patient};

/// Looks at the files that `[console]` names.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let console = &config.console;
    let Some((listen, (certificate, key))) =
        console.listen.zip(console.tls_cert.clone().zip(console.tls_key.clone()))
    else {
        return vec![Finding::skipped("控制台不用 TLS", "the console is not there, or without TLS")];
    };
    let shown = certificate.display().to_string();
    let pair = match tls::read(&certificate, &key) {
        Ok(pair) => pair,
        Err(error) => return vec![unusable(&error.to_string())],
    };
    let Some(own) = pair.0.first().cloned() else {
        return vec![unusable(&format!("there is no certificate in {shown}"))];
    };
    if let Err(error) = tls::acceptor(pair) {
        return vec![unusable(&error.to_string())];
    }
    let mut findings = vec![dates(&shown, &own, patient.now)];
    findings.extend(name(patient, listen.ip(), &own));
    findings.extend(open_to_all(&key));
    findings
}

fn unusable(why: &str) -> Finding {
    Finding::fault("控制台的证书与私钥不能用", format!("the console cannot use its certificate: {why}"))
        .remedy(
            "改正 console.tls_cert 与 console.tls_key；两者须是一对",
            "correct console.tls_cert and console.tls_key; the two must belong together",
        )
}

fn dates(shown: &str, own: &CertificateDer<'_>, now: Timestamp) -> Finding {
    let refused = |at| refusal(own, at);
    let begins = match refused(UnixTime::since_unix_epoch(Duration::ZERO)) {
        Some(CertificateError::NotValidYetContext { not_before, .. }) => Some(not_before),
        _ => None,
    };
    let ends = match refused(UnixTime::since_unix_epoch(FAR)) {
        Some(CertificateError::ExpiredContext { not_after, .. }) => Some(not_after),
        _ => None,
    };
    let second = |at: UnixTime| i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    if begins.is_some_and(|begins| second(begins) > now.as_second()) {
        return Finding::fault(
            format!("控制台的证书尚未生效：{shown}"),
            format!("the console's certificate is not valid yet: {shown}"),
        )
        .remedy("核对本机时钟", "see this machine's clock");
    }
    let Some(left) = ends.map(|ends| second(ends) - now.as_second()) else {
        return Finding::good(
            format!("控制台的证书：{shown}"),
            format!("the console's certificate: {shown}"),
        );
    };
    let days = left / DAY;
    if left <= 0 {
        Finding::fault(
            format!("控制台的证书已过期 {} 天：{shown}", -days),
            format!("the console's certificate has expired, {} days ago: {shown}", -days),
        )
        .remedy(RENEW.0, RENEW.1)
    } else if days < SOON {
        Finding::warning(
            format!("控制台的证书还有 {days} 天到期：{shown}"),
            format!("the console's certificate ends in {days} days: {shown}"),
        )
        .remedy(RENEW.0, RENEW.1)
    } else {
        Finding::good(
            format!("控制台的证书有效，还有 {days} 天：{shown}"),
            format!("the console's certificate is good for {days} days: {shown}"),
        )
    }
}

/// What a client would say of it at a moment. Who vouches for it is not asked: it stands for itself.
fn refusal(own: &CertificateDer<'_>, at: UnixTime) -> Option<CertificateError> {
    let mut roots = RootCertStore::empty();
    roots.add(own.clone().into_owned()).ok()?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().ok()?;
    let name = ServerName::try_from("localhost").ok()?;
    match verifier.verify_server_cert(own, &[], &name, &[], at) {
        Err(Error::InvalidCertificate(kind)) => Some(kind),
        Ok(_) | Err(_) => None,
    }
}

/// Whether a technician can call the console by a name that its certificate is for.
fn name(patient: &Patient, listen: IpAddr, own: &CertificateDer<'_>) -> Option<Finding> {
    if listen.is_loopback() {
        return None;
    }
    let host = std::fs::read_to_string(patient.at("/etc/hostname")).unwrap_or_default().trim().to_owned();
    let address = (!listen.is_unspecified()).then(|| listen.to_string());
    let names: Vec<String> = address.into_iter().chain(Some(host).filter(|host| !host.is_empty())).collect();
    let parsed = ParsedCertificate::try_from(own).ok()?;
    let is_for = |name: &String| {
        ServerName::try_from(name.as_str()).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
    };
    if names.iter().any(is_for) {
        return None;
    }
    let names = names.join(", ");
    Some(
        Finding::warning(
            format!("控制台的证书不是给 {names} 的"),
            format!("the console's certificate is for none of {names}"),
        )
        .remedy(
            "用证书上的名称打开控制台，或换一张写有本机名称或地址的证书",
            "call the console by the name of its certificate, or have one made for this machine's name or address",
        ),
    )
}

fn open_to_all(key: &Path) -> Option<Finding> {
    let mode = key.metadata().ok()?.permissions().mode();
    let shown = key.display();
    (mode & 0o004 != 0).then(|| {
        Finding::warning(
            format!("控制台的私钥人人可读：{shown}"),
            format!("everybody can read the console's key: {shown}"),
        )
        .remedy(
            format!("chown root:yueting {shown}; chmod 640 {shown}"),
            format!("chown root:yueting {shown}; chmod 640 {shown}"),
        )
    })
}

const RENEW: (&str, &str) = (
    "换新证书，然后 kioskctl restart console",
    "put a new certificate there, then `kioskctl restart console`",
);
const DAY: i64 = 24 * 3_600;
/// Days.
const SOON: i64 = 14;
/// The year 9999, which no certificate is good for.
const FAR: Duration = Duration::from_secs(253_370_764_800);
