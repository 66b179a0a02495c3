//! Finding programs.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// A program of this name in `PATH`.
pub(super) fn find(name: &str) -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH")?, name)
}

fn find_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(name)).find(|path| {
        path.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_run_is_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let here = folder.path();
        std::fs::write(here.join("plain"), "").unwrap();
        std::fs::write(here.join("runs"), "").unwrap();
        std::fs::set_permissions(here.join("runs"), std::fs::Permissions::from_mode(0o755)).unwrap();
        let path = std::env::join_paths([here.join("nowhere"), here.to_path_buf()]).unwrap();
        assert_eq!(find_in(&path, "runs"), Some(here.join("runs")));
        assert_eq!(find_in(&path, "plain"), None);
        assert_eq!(find_in(&path, "absent"), None);
    }
}
