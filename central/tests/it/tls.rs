//! A certificate of central's that has run out is refused by the kiosk's client, over HTTPS and over SIP2: nothing is said over
//! such a line, and nothing is in doubt. So is one that another authority signed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use central::Serving;
use central::sip2::{Sip2Settings, tls};
use circulation::id::{Isil, ItemId, PatronId};
use circulation::transaction::Verdict;
use sync_client::sip2::ask::{Account, Station};
use sync_client::sip2::client::{Roots, Sip2, Sip2Config, Tls};
use sync_client::sip2::dialect::Dialect;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::on_sqlite::world::World;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../sync-client/testdata/tls").join(name)
}

fn n_loans(world: &World) -> usize {
    let of = Isil::parse(central::seed::INSTITUTION).unwrap();
    world.app.store().loans(&of, &PatronId::parse("LW20260004").unwrap()).unwrap().len()
}

/// Central over HTTPS with this certificate; where it is.
async fn https(world: &World, certificate: &str) -> String {
    let acceptor = tls::acceptor(&file(certificate), &file("server.key")).unwrap();
    let serving = Serving { tls: Some(acceptor), ..Serving::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(central::serve_until(listener, world.app.clone(), serving, core::future::pending()));
    format!("https://localhost:{port}")
}

/// A kiosk's loan over HTTPS, in a process of its own: which authorities the system trusts is a variable of its environment.
#[tokio::test]
async fn an_expired_certificate_is_refused_over_https() {
    let world = World::new().await.unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let both = folder.path().join("both.pem");
    let roots = ["ca.pem", "expired-ca.pem"].map(|name| std::fs::read(file(name)).unwrap()).concat();
    std::fs::write(&both, roots).unwrap();
    for (certificate, roots, expected, n) in [
        ("expired.pem", &both, "refused", 0),
        ("server.pem", &file("other.pem"), "refused", 0),
        ("server.pem", &both, "granted", 1),
    ] {
        let base = https(&world, certificate).await;
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "tls::a_kiosk_lends", "--nocapture", "--ignored"]);
        child.env("SSL_CERT_FILE", roots).env("YUETING_TEST_BASE", &base).env_remove("SSL_CERT_DIR");
        let done = tokio::task::spawn_blocking(move || child.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(said.contains(&format!("the loan is {expected}")), "{certificate}: {said}");
        assert_eq!(n_loans(&world), n, "{certificate}");
    }
}

/// The other process of [`an_expired_certificate_is_refused_over_https`].
#[tokio::test]
#[ignore = "run by the test above"]
async fn a_kiosk_lends() {
    let Ok(base) = std::env::var("YUETING_TEST_BASE") else { return };
    let world = World::new().await.unwrap();
    let kiosk = world.kiosk_at(&base);
    let (who, what) = (PatronId::parse("LW20260004").unwrap(), ItemId::parse("LW0000001").unwrap());
    let said = match kiosk.openlib().checkout(&who, &what).await {
        Ok(Verdict::Granted(_)) => "granted".to_owned(),
        Ok(other) => format!("{other:?}"),
        Err(error) if !error.is_in_doubt() => format!("refused: {error}"),
        Err(error) => format!("in doubt: {error}"),
    };
    // For the process that began this one.
    eprintln!("{said}");
    println!("the loan is {said}");
}

#[tokio::test]
async fn an_expired_certificate_is_refused_over_sip2() {
    let world = World::new().await.unwrap();
    for (certificate, authority, is_good) in [
        ("expired.pem", "expired-ca.pem", false),
        ("server.pem", "other.pem", false),
        ("server.pem", "ca.pem", true),
    ] {
        let mut settings = Sip2Settings::new(Dialect::standard());
        settings.tls = Some(tls::acceptor(&file(certificate), &file("server.key")).unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(central::sip2::serve(listener, world.app.clone(), settings, stopped));
        let login = Some(Account { user: "yueting-demo".into(), password: "yueting-demo-secret".into() });
        let station = Station {
            institution: central::seed::INSTITUTION.into(),
            location: "kiosk-1".into(),
            login,
            ..Station::default()
        };
        let mut config = Sip2Config::new("localhost", port, station);
        let roots = Roots::Pem(std::fs::read(file(authority)).unwrap());
        config.tls = Some(Tls { roots, name: None });
        config.total_timeout = Duration::from_secs(if is_good { 60 } else { 3 });
        let kiosk = Sip2::start(config).unwrap();
        let (who, what) = (PatronId::parse("LW20260004").unwrap(), ItemId::parse("LW0000001").unwrap());
        match kiosk.checkout(&who, &what).await {
            Ok(verdict) => {
                assert!(is_good && matches!(verdict, Verdict::Granted(_)), "{certificate}: {verdict:?}")
            }
            Err(error) => assert!(!is_good && !error.is_in_doubt(), "{certificate}: {error}"),
        }
        drop(stop);
    }
    assert_eq!(n_loans(&world), 1, "of the good one");
}
