//! Serial ports: opened by their path each time, so that a link may be re-pointed when a reader comes back elsewhere.

use std::io;
use std::path::{Path, PathBuf};

use tokio_serial::{SerialPort, SerialPortBuilderExt, SerialStream};

use super::{OpenError, Parity};

/// Opens a port, 8 data bits and 1 stop bit, for this program alone.
///
/// # Errors
/// [`OpenError`], of the variants about serial ports.
pub fn open(path: &Path, baud: u32, parity: Parity) -> Result<SerialStream, OpenError> {
    examine(path)?;
    let parity = match parity {
        Parity::None => tokio_serial::Parity::None,
        Parity::Even => tokio_serial::Parity::Even,
        Parity::Odd => tokio_serial::Parity::Odd,
    };
    let stream = tokio_serial::new(path.to_string_lossy(), baud)
        .parity(parity)
        .data_bits(tokio_serial::DataBits::Eight)
        .stop_bits(tokio_serial::StopBits::One)
        .open_native_async()
        .map_err(|error| open_error(path, baud, &error))?;
    // What was said to whoever had the port before is not for us.
    stream.clear(tokio_serial::ClearBuffer::All).map_err(|error| open_error(path, baud, &error))?;
    Ok(stream)
}

/// What the path is, before it is opened: the serial library does not tell these apart.
fn examine(path: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::FileTypeExt;
    let path = path.to_owned();
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.file_type().is_char_device() => Ok(()),
        Ok(_) => Err(OpenError::NotATty { path }),
        Err(error) => Err(io_error(path, error.kind())),
    }
}

fn open_error(path: &Path, baud: u32, error: &tokio_serial::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind {
        tokio_serial::ErrorKind::NoDevice => OpenError::Busy { path },
        tokio_serial::ErrorKind::InvalidInput => OpenError::Settings { path, baud },
        tokio_serial::ErrorKind::Io(kind) => io_error(path, kind),
        // The library keeps no error number for ENOTTY, only the system's words for it.
        tokio_serial::ErrorKind::Unknown if error.description == NOT_A_TTY => OpenError::NotATty { path },
        tokio_serial::ErrorKind::Unknown => OpenError::Other { path, kind: io::ErrorKind::Other },
    }
}

fn io_error(path: PathBuf, kind: io::ErrorKind) -> OpenError {
    if kind == io::ErrorKind::NotFound {
        OpenError::Missing { path }
    } else if kind == io::ErrorKind::PermissionDenied {
        OpenError::Permission { path }
    } else {
        OpenError::Other { path, kind }
    }
}

const NOT_A_TTY: &str = "Not a typewriter";
