//! TLS: what is not this machine is spoken to over it, and a certificate that has expired is refused by clients.

use std::path::{Path, PathBuf};
use std::process::Command;

use supervision::console::{Console, ListenError, Setup};

use crate::rig::Rig;

/// A certificate for 127.0.0.1 made by openssl; good until so many days from now, which may be over.
fn certificate(folder: &Path, name: &str, from: &str, until: &str) -> (PathBuf, PathBuf) {
    let (cert, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=kiosk",
        ])
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(folder.join("now.crt"))
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    // `req -x509` knows no past: the same key is signed again with the dates wanted.
    std::fs::write(folder.join("index.txt"), "").unwrap();
    std::fs::write(folder.join("serial"), "01\n").unwrap();
    let conf = folder.join("ca.cnf");
    std::fs::write(
        &conf,
        format!(
            "[ca]\ndefault_ca=d\n[d]\ndatabase={0}/index.txt\nserial={0}/serial\nnew_certs_dir={0}\ndefault_md=sha256\npolicy=p\nx509_extensions=e\ncopy_extensions=none\n[p]\ncommonName=supplied\n[e]\nsubjectAltName=IP:127.0.0.1\n[req]\ndistinguished_name=n\n[n]\n",
            folder.display()
        ),
    )
    .unwrap();
    let request = folder.join("request.csr");
    let run = |command: &mut Command| {
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    };
    run(Command::new("openssl")
        .args(["req", "-new", "-subj", "/CN=kiosk", "-key"])
        .arg(&key)
        .arg("-out")
        .arg(&request));
    run(Command::new("openssl")
        .args(["ca", "-batch", "-selfsign", "-notext", "-startdate", from, "-enddate", until, "-config"])
        .arg(&conf)
        .arg("-keyfile")
        .arg(&key)
        .arg("-in")
        .arg(&request)
        .arg("-out")
        .arg(&cert));
    (cert, key)
}

#[tokio::test]
async fn a_good_certificate_is_taken_and_one_that_has_expired_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, from, until, is_good) in [
        ("good", "20250101000000Z", "20491231000000Z", true),
        ("expired", "20200101000000Z", "20210101000000Z", false),
    ] {
        let (cert, key) = certificate(folder.path(), name, from, until);
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
