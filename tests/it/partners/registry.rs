//! A real OCI registry on loopback: Debian's `docker-registry`, on a folder and a port of its own.

use std::fs;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const START_WITHIN: Duration = Duration::from_secs(30);

/// It stops, and its data is removed, when this is dropped.
pub(super) struct Registry {
    child: Child,
    address: String,
    folder: TempDir,
}

impl Registry {
    pub(super) fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
        let address = format!("127.0.0.1:{port}");
        let data = folder.path().join("data");
        let config = format!(
            "version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{}'}}}}\nhttp: {{addr: '{address}'}}\n",
            data.display()
        );
        let file = folder.path().join("config.yml");
        fs::write(&file, config).expect("a file");
        let mut child = Command::new("docker-registry")
            .arg("serve")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("no docker-registry: run `cargo xtask test`, which installs it, or install Debian's package `docker-registry` by hand");
        let started = Instant::now();
        while ureq::get(format!("http://{address}/v2/")).call().is_err() {
            assert!(child.try_wait().expect("its state").is_none(), "docker-registry ended");
            assert!(started.elapsed() < START_WITHIN, "docker-registry does not answer");
            thread::sleep(Duration::from_millis(20));
        }
        Self { child, address, folder }
    }

    /// Host and port.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The file of a blob, as the registry keeps it.
    pub(super) fn blob(&self, digest: &str) -> std::path::PathBuf {
        let hex = digest.trim_start_matches("sha256:");
        let blobs = self.folder.path().join("data/docker/registry/v2/blobs/sha256");
        blobs.join(hex.split_at(2).0).join(hex).join("data")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It fails if the registry has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
