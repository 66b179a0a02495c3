//! The certificate that the library's system shows: whether it is good today, and in two weeks too.
//!
//! The chain is judged by the verifier that the kiosk uses, at two moments; nothing of it is parsed here.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use config::{Config, Interface, Sip2Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};

use super::{Finding, Patient};

/// Looks at the certificate, if the line is TLS.
pub(super) fn check(patient: &Patient) -> Vec<Finding> {
    let Some(config) = &patient.config else { return patient.without_config() };
    let Some(server) = server(config) else {
        return vec![Finding::skipped("与中心的连接不用 TLS", "the line to central is not TLS")];
    };
    let at =
        UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(patient.now.as_second()).unwrap_or(0)));
    let shown = format!("{}:{}", server.host, server.port);
    match judge(&server, at) {
        Err(why) => vec![
            Finding::fault(format!("TLS 连接不成：{shown}"), format!("no TLS with {shown}: {why}")).remedy(
                "见 central 一项；证书文件须能读取",
                "see `central`; the file of certificates must be readable",
            ),
        ],
        Ok(Judged { now: Err(error), .. }) => vec![refused(&shown, &error)],
        Ok(Judged { later: Err(_), .. }) => vec![
            Finding::warning(
                format!("证书两周之内到期：{shown}"),
                format!("the certificate of {shown} ends within two weeks"),
            )
            .remedy("请中心的管理员换新证书", "have central's administrator renew it"),
        ],
        Ok(_) => {
            vec![Finding::good(format!("证书有效：{shown}"), format!("the certificate is good: {shown}"))]
        }
    }
}

fn refused(shown: &str, error: &Error) -> Finding {
    use CertificateError as Kind;
    let kind = if let Error::InvalidCertificate(kind) = error { Some(kind) } else { None };
    let (chinese, english, todo) = if matches!(kind, Some(Kind::Expired | Kind::ExpiredContext { .. })) {
        ("证书已过期", "the certificate has expired", RENEW)
    } else if matches!(kind, Some(Kind::NotValidYet | Kind::NotValidYetContext { .. })) {
        ("证书尚未生效", "the certificate is not valid yet", ("核对本机时钟", "see this machine's clock"))
    } else if matches!(kind, Some(Kind::NotValidForName | Kind::NotValidForNameContext { .. })) {
        ("证书不是给这个名称的", "the certificate is for another name", NAME)
    } else {
        ("证书不受信任", "nobody whom this machine trusts vouches for the certificate", TRUST)
    };
    Finding::fault(format!("{chinese}：{shown}"), format!("{english}: {shown} ({error})"))
        .remedy(todo.0, todo.1)
}

struct Server {
    host: String,
    port: u16,
    /// the certificates that vouch for it, instead of the system's
    file: Option<std::path::PathBuf>,
}

fn server(config: &Config) -> Option<Server> {
    if config.central.interface == Interface::Sip2 {
        let (sip2, file) = (&config.sip2, config.sip2.tls_file.clone());
        let file = match sip2.tls {
            Sip2Tls::Off => return None,
            Sip2Tls::System => None,
            Sip2Tls::File => file,
        };
        return Some(Server { host: sip2.host.clone(), port: sip2.port, file });
    }
    let authority = config.central.base_url.strip_prefix("https://")?.split('/').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
        Some(_) | None => (authority, 443),
    };
    Some(Server { host: host.trim_matches(['[', ']']).to_owned(), port, file: None })
}

/// What the verifier says at the two moments.
struct Judged {
    now: Result<(), Error>,
    later: Result<(), Error>,
}

fn judge(server: &Server, at: UnixTime) -> Result<Judged, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let inner = verifier(server, &provider)?;
    let verifier = Arc::new(AtTimes { inner, at, judged: Mutex::default() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&verifier) as Arc<dyn ServerCertVerifier>)
        .with_no_client_auth();
    let name = ServerName::try_from(server.host.clone()).map_err(|error| error.to_string())?;
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())?;
    let shaken = shake(server, &mut connection);
    let judged = verifier.judged.lock().unwrap_or_else(PoisonError::into_inner).take();
    judged.ok_or_else(|| shaken.err().unwrap_or_else(|| "the server showed no certificate".to_owned()))
}

fn shake(server: &Server, connection: &mut ClientConnection) -> Result<(), String> {
    let told = |error: std::io::Error| error.to_string();
    let mut addresses = (server.host.as_str(), server.port).to_socket_addrs().map_err(told)?;
    let address = addresses.next().ok_or("the name has no address")?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(told)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(told)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(told)?;
    connection.complete_io(&mut stream).map(drop).map_err(told)
}

fn verifier(
    server: &Server,
    provider: &Arc<rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let Some(file) = &server.file else {
        let system = rustls_platform_verifier::Verifier::new(Arc::clone(provider));
        return system.map(|verifier| Arc::new(verifier) as _).map_err(|error| error.to_string());
    };
    let pem = std::fs::read(file).map_err(|cause| format!("{}: {cause}", file.display()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| format!("{}: {error}", file.display()))?;
        roots.add(certificate).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map(|verifier| verifier as _)
        .map_err(|error| error.to_string())
}

/// Asks another verifier twice, and goes on only if the chain is good.
#[derive(Debug)]
struct AtTimes {
    inner: Arc<dyn ServerCertVerifier>,
    at: UnixTime,
    judged: Mutex<Option<Judged>>,
}

impl std::fmt::Debug for Judged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Judged").field("now", &self.now).field("later", &self.later).finish()
    }
}

impl ServerCertVerifier for AtTimes {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judge = |at| self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp, at);
        let now = judge(self.at);
        let later = judge(UnixTime::since_unix_epoch(Duration::from_secs(self.at.as_secs()) + SOON));
        let judged = Judged { now: now.as_ref().map(drop).map_err(Error::clone), later: later.map(drop) };
        *self.judged.lock().unwrap_or_else(PoisonError::into_inner) = Some(judged);
        now
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

const RENEW: (&str, &str) = (
    "请中心的管理员换新证书；同时核对本机时钟",
    "have central's administrator renew it; and see this machine's clock",
);
const NAME: (&str, &str) = (
    "配置里写证书上的名称，或换证书",
    "write the certificate's name in the configuration, or have the certificate changed",
);
const TRUST: (&str, &str) = (
    "把馆内 CA 放进 /usr/local/share/ca-certificates 后运行 update-ca-certificates（SIP2：sip2.tls_file）",
    "put the library's CA into /usr/local/share/ca-certificates and run update-ca-certificates (SIP2: sip2.tls_file)",
);
const PATIENCE: Duration = Duration::from_secs(10);
const SOON: Duration = Duration::from_secs(14 * 24 * 3_600);
