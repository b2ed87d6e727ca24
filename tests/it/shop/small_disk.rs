//! A host whose database file is on a small file system of its own.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tests::workspace;

use super::Shop;
use super::process::serving;

/// Mounts a small file system over a folder, which only this process sees, copies the database into it, and becomes
/// the host: program, folder of the file system, its size, file of the database.
const LAUNCH: &str =
    r#"mount -t tmpfs -o "size=$2" none "$1" && cp "$3" "$1/store.sqlite" && exec "$0" serve"#;

/// The small file system, as seen from outside.
pub(crate) struct SmallDisk {
    ballast: PathBuf,
}

impl Shop {
    /// Stops the host, and starts it again with its database on a file system of so many bytes. The file system is
    /// gone when the host ends.
    pub(crate) fn move_to_small_disk(&self, bytes: u64) -> SmallDisk {
        self.signal("TERM");
        self.child.lock().expect("the host").wait().expect("it ends");
        let from = self.database_url.strip_prefix("sqlite://").expect("a file");
        let folder = self.folder.path().join("disk");
        fs::create_dir(&folder).expect("a folder");
        let mut child = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", LAUNCH])
            .arg(workspace::offer_host().expect("the binary"))
            .args([&folder, Path::new(&bytes.to_string()), Path::new(from)])
            .env("OFFER_HOST__MECHANICS__CACHE", crate::CODE_CACHE)
            .envs(self.settings.iter().cloned())
            .env("OFFER_HOST__DATABASE__URL", format!("sqlite://{}/store.sqlite", folder.display()))
            .stderr(Stdio::piped())
            .spawn()
            .expect("unshare starts");
        *self.address.write().expect("an address") = serving(&mut child);
        let root = PathBuf::from(format!("/proc/{}/root", child.id()));
        let inside = folder.strip_prefix("/").expect("an absolute path");
        *self.child.lock().expect("the host") = child;
        SmallDisk { ballast: root.join(inside).join("ballast") }
    }
}

impl SmallDisk {
    /// Leaves no room.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create(&self.ballast).expect("a file");
        for size in [64 << 10, 4 << 10, 1] {
            let zeros = vec![0_u8; size];
            while ballast.write_all(&zeros).is_ok() {}
        }
    }

    /// Makes room.
    pub(crate) fn clear(&self) {
        fs::remove_file(&self.ballast).expect("it was full");
    }
}
