//! TLS: what is not this machine is spoken to over it, and a certificate that has expired is refused by clients.

use std::path::PathBuf;

use browser::certificate;
use supervision::console::{Console, ListenError, Setup};

use crate::rig::Rig;

#[tokio::test]
async fn a_good_certificate_is_taken_and_one_that_has_expired_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, from, until, is_good) in [
        ("good", "20250101000000Z", "20491231000000Z", true),
        ("expired", "20200101000000Z", "20210101000000Z", false),
    ] {
        let (cert, key) = certificate::make(folder.path(), name, "IP:127.0.0.1", (from, until));
        let rig = Rig::with(Some((cert.clone(), key)), PathBuf::from("/nowhere"));
        let root = reqwest::Certificate::from_pem(&std::fs::read(&cert).unwrap()).unwrap();
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder().tls_certs_only([root]).build().unwrap();
        let answer = client.get(format!("https://{}/health/live", rig.address)).send().await;
        match answer {
            Ok(answer) => assert!(is_good && answer.status().as_u16() == 200, "{name}"),
            Err(cause) => {
                let words = format!("{cause:?}");
                assert!(!is_good && words.contains("Expired"), "{name}: {words}");
            }
        }
        // Without TLS nothing is said there.
        let plain = crate::rig::client().get(rig.url("/health/live")).send().await;
        assert!(plain.is_err(), "{plain:?}");
    }
}

#[tokio::test]
async fn others_are_not_spoken_to_without_tls_and_bad_files_are_named() {
    let rig = Rig::start();
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.pem");
    std::fs::write(&bad, "not a certificate").unwrap();
    let setup = |listen: &str, tls| Setup {
        listen: listen.parse().unwrap(),
        password: None,
        tls,
        idle: std::time::Duration::from_secs(900),
    };
    let start = |setup: &Setup| Console::start(setup, rig.ways(), ()).map(|console| console.address());
    let open = start(&setup("0.0.0.0:0", None));
    assert!(matches!(open, Err(ListenError::NeedsTls { .. })), "{open:?}");
    let broken = start(&setup("127.0.0.1:0", Some((bad.clone(), bad.clone())))).unwrap_err().to_string();
    assert!(broken.contains("bad.pem"), "{broken}");
    let taken = start(&setup(&rig.address.to_string(), None)).unwrap_err().to_string();
    assert!(taken.contains("console.listen"), "{taken}");
}

/// A name that somebody points at the kiosk is answered only if the certificate is for it.
#[tokio::test]
async fn a_name_is_answered_only_if_the_certificate_is_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let names = "DNS:kiosk-3.example,DNS:*.kiosks.example,IP:127.0.0.1";
    let (cert, key) = certificate::make(folder.path(), "names", names, certificate::GOOD);
    let rig = Rig::with(Some((cert.clone(), key)), PathBuf::from("/nowhere"));
    let root = reqwest::Certificate::from_pem(&std::fs::read(&cert).unwrap()).unwrap();
    drop(rustls::crypto::ring::default_provider().install_default());
    for (url, host, status) in [
        ("kiosk-3.example", None, 200),
        ("one.kiosks.example", None, 200),
        ("127.0.0.1", None, 200),
        ("127.0.0.1", Some("evil.example"), 421),
        ("127.0.0.1", Some("kiosk-3.example"), 200),
        ("127.0.0.1", Some("kiosk-3.example.evil.example"), 421),
    ] {
        let client = reqwest::Client::builder()
            .tls_certs_only([root.clone()])
            .resolve(url, rig.address)
            .build()
            .unwrap();
        let mut request = client.get(format!("https://{url}:{}/health/live", rig.address.port()));
        if let Some(host) = host {
            request = request.header("host", host);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{url} {host:?}");
        assert_eq!(answer.text().await.unwrap().contains("served"), status == 200, "{url} {host:?}");
    }
}
