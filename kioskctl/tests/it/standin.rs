//! What a kiosk shows to who watches it: a control socket that answers for its state. The whole kiosk is in `tests`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use sync_client::queue::{Answer, Request, Status};

/// A socket that answers while `serves` says so of the configuration's text, as a kiosk that could not start would not.
pub(crate) struct StandIn {
    socket: PathBuf,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl StandIn {
    pub(crate) fn start(data_dir: &Path, config: &Path, serves: fn(&str) -> bool) -> Self {
        std::fs::create_dir_all(data_dir).unwrap();
        let socket = data_dir.join("control.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let (config, is_over) = (config.to_owned(), Arc::clone(&over));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(mut stream) = stream else { continue };
                // Whoever hangs up hangs up.
                let mut line = String::new();
                let Ok(_) = BufReader::new(&stream).read_line(&mut line) else { continue };
                let is_status = matches!(serde_json::from_str(&line), Ok(Request::Status));
                if is_status && serves(&std::fs::read_to_string(&config).unwrap_or_default()) {
                    let status = Status {
                        total: 0,
                        open: 0,
                        to_tell: 0,
                        doubt: 0,
                        parked: 0,
                        oldest: None,
                        online: Some(true),
                    };
                    let mut text = serde_json::to_vec(&Answer::Status(status)).unwrap();
                    text.push(b'\n');
                    stream.write_all(&text).ok();
                }
            }
        });
        Self { socket, over, thread: Some(thread) }
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.over.store(true, Ordering::SeqCst);
        if std::os::unix::net::UnixStream::connect(&self.socket).is_ok()
            && let Some(thread) = self.thread.take()
        {
            thread.join().ok();
        }
    }
}
