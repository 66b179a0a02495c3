//! The program with a SIP2 listener: what it prints, what it refuses, how it ends, and what it does not log.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

fn central(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_central"));
    command.args(args).env("RUST_LOG", "trace");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Ends with the test, however that goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn it_serves_sip2_and_logs_nothing_of_a_patron() {
    let folder = tempfile::TempDir::new().unwrap();
    let db = folder.path().join("central.db");
    let args =
        ["--listen", "127.0.0.1:0", "--seed-demo", "--sip2", "127.0.0.1:0", "--sip2-dialect", "interlib"];
    let serve = [&["serve", "--db", db.to_str().unwrap()], &args[..]].concat();
    let mut running = Running(central(&serve).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("listening on http://"));
    let line = lines.next().unwrap();
    let address = line.strip_prefix("listening for SIP2 on ").unwrap();
    // Something reads the log, or the program would wait for it.
    let mut log = running.0.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).map(|_| text)
    });

    let mut stream = TcpStream::connect(address).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap()).split(b'\r').map(Result::unwrap);
    let mut ask = |frame: &str, start: &[u8]| {
        stream.write_all(format!("{frame}\r").as_bytes()).unwrap();
        let answer = answers.next().unwrap();
        assert!(answer.starts_with(start), "{frame}: {}", String::from_utf8_lossy(&answer));
    };
    ask("9300CNyueting-demo|COguess-8151|", b"940");
    ask("9300CNyueting-demo|COyueting-demo-secret|", b"941");
    ask("63019                            AALW20260001|AD975310|", b"64");
    ask("11NN                                    AALW20260004|ABLW0000001|AD123456|", b"121");

    let pid = rustix::process::Pid::from_child(&running.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(running.0.wait().unwrap().success());
    let log = log.join().unwrap().unwrap();
    assert!(log.contains("listening for SIP2") && log.contains("log-in was refused"), "{log}");
    for private in ["LW20260001", "LW20260004", "975310", "guess-8151", "yueting-demo-secret"] {
        assert!(!log.contains(private), "{private}");
    }
}

#[test]
fn mistakes_about_sip2_end_with_2_and_advice() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("x.pem");
    std::fs::write(&file, "no certificate").unwrap();
    let (db, file) = (folder.path().join("central.db"), file.to_str().unwrap());
    for (args, advice) in [
        (&["--sip2", "nowhere"][..], "--sip2"),
        (&["--sip2", "127.0.0.1:0", "--sip2-tls-cert", file], "--sip2-tls-key"),
        (&["--sip2-tls-cert", file, "--sip2-tls-key", file], "--sip2 <ADDRESS>"),
        (&["--sip2", "127.0.0.1:0", "--sip2-tls-cert", file, "--sip2-tls-key", file], "give a PEM file"),
        (&["--sip2", "127.0.0.1:0", "--sip2-charset", "big5"], "utf-8"),
        (&["--sip2", "192.0.2.1:1"], "give another --sip2"),
    ] {
        let serve = ["serve", "--db", db.to_str().unwrap(), "--listen", "127.0.0.1:0"];
        let output = central(&[&serve, args].concat()).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(advice) && !text.contains("panicked"), "{text}");
    }
}
