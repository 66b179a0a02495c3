//! Where a database is: a file, or a server's address without the password.

use std::path::PathBuf;

use tokio_postgres::Config;

use super::OpenError;

/// Where a database is.
#[derive(Clone)]
pub enum Address {
    /// an SQLite file
    File(PathBuf),
    /// a PostgreSQL database
    Server(Box<Config>),
}

impl Address {
    /// Reads `postgres://USER@HOST:PORT/NAME` (also `postgresql://`; a socket's folder as `?host=/run/postgresql`);
    /// everything else is the path of a file.
    ///
    /// # Errors
    /// [`OpenError::Address`] and [`OpenError::PasswordInAddress`]
    pub fn parse(text: &str, password: Option<&str>) -> Result<Self, OpenError> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Ok(Self::File(PathBuf::from(text)));
        }
        // What the parser says does not quote what it read.
        let mut config: Config = text.parse().map_err(|fault: tokio_postgres::Error| {
            let cause = core::error::Error::source(&fault).map(ToString::to_string);
            OpenError::Address { cause: cause.unwrap_or_else(|| fault.to_string()) }
        })?;
        if config.get_password().is_some() {
            return Err(OpenError::PasswordInAddress);
        }
        if config.get_hosts().is_empty() {
            return Err(OpenError::Address { cause: "no host".to_owned() });
        }
        if let Some(password) = password {
            config.password(password);
        }
        Ok(Self::Server(Box::new(config)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_or_a_server() {
        let kind = |text: &str| match Address::parse(text, None) {
            Ok(Address::File(path)) => format!("file {}", path.display()),
            Ok(Address::Server(config)) => {
                format!("server {:?} {:?}", config.get_dbname(), config.get_hosts())
            }
            Err(fault) => fault.to_string(),
        };
        assert_eq!(kind("central.db"), "file central.db");
        assert_eq!(kind("postgres.db"), "file postgres.db");
        assert_eq!(kind("postgres://c@db.example/lib"), r#"server Some("lib") [Tcp("db.example")]"#);
        assert_eq!(kind("postgresql:///lib?host=/run/x"), r#"server Some("lib") [Unix("/run/x")]"#);
        assert!(kind("postgres:///lib").contains("no host"));
        assert!(kind("postgres://h:port/lib").contains("names no database"));
        let with_password = kind("postgres://central:tellnobody@h/lib");
        assert!(with_password.contains("PGPASSWORD") && !with_password.contains("tellnobody"));
    }

    #[test]
    fn a_password_comes_by_another_way() {
        let Ok(Address::Server(config)) = Address::parse("postgres://c@h/lib", Some("tellnobody")) else {
            panic!()
        };
        assert_eq!(config.get_password(), Some(&b"tellnobody"[..]));
    }
}
