//! By which names the console may be called. Pure.
//!
//! An address (`192.0.2.7`, `[2001:db8::7]`) always, and `localhost`; a name only if the certificate is for it. A page that
//! has a name of its own point at the kiosk (DNS rebinding) comes with that name, and is answered nothing.

use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use rustls::client::verify_server_name;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;

/// The names of a listener.
#[derive(Debug, Clone)]
pub struct Names {
    certificate: Option<CertificateDer<'static>>,
}

impl Names {
    /// Those of a certificate; without one, there are none.
    #[must_use]
    pub const fn of(certificate: Option<CertificateDer<'static>>) -> Self {
        Self { certificate }
    }

    /// Whether a request may be answered. One that names nobody, or several, may not.
    #[must_use]
    pub fn are_called(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return false };
        let authority = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        // No browser writes a user there, or a port that is none.
        let is_sound = |told: &Authority| told.as_str() == told.host() || told.port_u16().is_some();
        let told = authority.filter(is_sound).filter(|told| !told.as_str().contains('@'));
        told.is_some_and(|told| self.has(told.host()))
    }

    fn has(&self, host: &str) -> bool {
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if bare.parse::<std::net::IpAddr>().is_ok() || host.eq_ignore_ascii_case("localhost") {
            return true;
        }
        let (Some(certificate), Ok(name)) = (&self.certificate, ServerName::try_from(host)) else {
            return false;
        };
        ParsedCertificate::try_from(certificate)
            .is_ok_and(|parsed| verify_server_name(&parsed, &name).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn are_called(hosts: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).unwrap());
        }
        Names::of(None).are_called(&headers)
    }

    #[test]
    fn addresses_are_nobody_elses_and_names_have_to_be_vouched_for() {
        for host in ["127.0.0.1", "192.0.2.7:8443", "[2001:db8::7]:8443", "[::1]", "localhost:1", "LOCALHOST"]
        {
            assert!(are_called(&[host]), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example:8443",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "user@127.0.0.1",
            "127.0.0.1:x",
            "127.0.0.1/",
            "",
            "[127.0.0.1",
            "2130706433",
        ] {
            assert!(!are_called(&[host]), "{host}");
        }
        assert!(!are_called(&[]));
        assert!(!are_called(&["127.0.0.1", "127.0.0.1"]));
    }
}
