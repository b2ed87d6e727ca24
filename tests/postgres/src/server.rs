//! A PostgreSQL server with a data folder of its own.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use tempfile::TempDir;

use crate::{Installation, psql};

const RUN: &str = include_str!("run.sh");
const START_WITHIN: Duration = Duration::from_secs(60);

/// The most ports that are tried: another process may take one before the server does.
const PORTS: u32 = 5;

/// PostgreSQL refuses to run as root. The first of these users that exists is taken then.
const USERS: [&str; 2] = ["postgres", "nobody"];

/// A running server. It stops, and its data is removed, when this is dropped, and also when this
/// process ends without that.
#[derive(Debug)]
pub struct Server {
    url: String,
    child: Child,
    /// The server runs until this is closed.
    lifeline: Option<ChildStdin>,
    folder: TempDir,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub fn start(installation: &Installation) -> anyhow::Result<Self> {
        let mut left = PORTS;
        loop {
            left = left.saturating_sub(1);
            let server = Self::spawn(installation, free_port()?)?;
            match server.wait_until_ready() {
                Err(error) if left > 0 && error.to_string().contains("Address already in use") => {}
                outcome => return outcome.map(|()| server).context("starting PostgreSQL"),
            }
        }
    }

    /// The address, as `postgres://…`. Every connection is that of the superuser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops the server, as its operator would: connections are told. Its data stays for [`Self::start_again`].
    pub fn stop(&self) -> anyhow::Result<()> {
        fs::write(self.folder.path().join("outage"), "")?;
        let file = self.folder.path().join("data").join("postmaster.pid");
        let process = fs::read_to_string(&file).context("a server that runs")?;
        let process = process.lines().next().context("its process id")?.to_owned();
        let sent = Command::new("kill").args(["-INT", &process]).status().context("running kill")?;
        ensure!(sent.success(), "the server is not there");
        self.wait_until(|| !file.exists())
    }

    /// Starts a server again that was stopped, on the same port, and waits until it is ready.
    pub fn start_again(&self) -> anyhow::Result<()> {
        fs::remove_file(self.folder.path().join("outage"))?;
        self.wait_until_ready()
    }

    /// Lets the server take encrypted connections, with a certificate and its key. Returns when it does.
    pub fn encrypt(&self, certificate: &Path, key: &Path) -> anyhow::Result<()> {
        let data = self.folder.path().join("data");
        let owner = fs::metadata(&data)?;
        for (from, name) in [(certificate, "server.crt"), (key, "server.key")] {
            let file = data.join(name);
            fs::copy(from, &file)?;
            fs::set_permissions(&file, Permissions::from_mode(0o600))?;
            chown(&file, Some(owner.uid()), Some(owner.gid()))?;
        }
        psql(&self.url, "ALTER SYSTEM SET ssl = on")?;
        psql(&self.url, "SELECT pg_reload_conf()")?;
        let encrypted = format!("{}?sslmode=require", self.url);
        let deadline = Instant::now() + START_WITHIN;
        // The server reads its settings again after it has answered.
        while let Err(error) = psql(&encrypted, "SELECT 1") {
            if Instant::now() > deadline {
                return Err(error.context("the server takes no encrypted connections"));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    fn spawn(installation: &Installation, port: u16) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("offer-host-postgres-").tempdir()?;
        let mut command = Command::new("sh");
        command
            .args(["-c", RUN, "run.sh"])
            .arg(installation.folder())
            .arg(port.to_string())
            .current_dir(folder.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in a terminal is not for it: it stops when we have.
            .process_group(0);
        if let Some((user, group)) = other_user()? {
            chown(folder.path(), Some(user), Some(group))?;
            command.uid(user).gid(group);
        }
        let mut child = command
            .spawn()
            .with_context(|| format!("running sh in {} to start PostgreSQL", folder.path().display()))?;
        let lifeline = child.stdin.take();
        Ok(Self { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), child, lifeline, folder })
    }

    fn wait_until_ready(&self) -> anyhow::Result<()> {
        self.wait_until(|| is_ready(self.folder.path()))
    }

    fn wait_until(&self, is_so: impl Fn() -> bool) -> anyhow::Result<()> {
        let folder = self.folder.path();
        let deadline = Instant::now() + START_WITHIN;
        while !is_so() {
            let ended = folder.join("ended").exists();
            if ended || Instant::now() > deadline {
                let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
                let what =
                    if ended { "the server ended before it was ready" } else { "the server is not ready" };
                bail!("{what}:\n{log}");
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.lifeline = None;
        // What it leaves behind, if anything, goes with the folder.
        let _ = self.child.wait();
    }
}

/// True if the eighth line of the server's lock file says `ready`. A connection would not show it: the server of another
/// process might answer on the port.
fn is_ready(folder: &Path) -> bool {
    fs::read_to_string(folder.join("data").join("postmaster.pid"))
        .is_ok_and(|file| file.lines().nth(7).is_some_and(|state| state.trim() == "ready"))
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// User and group ids to run the server as; `None` for those of this process.
fn other_user() -> anyhow::Result<Option<(u32, u32)>> {
    if id(&["-u"])? != Some(0) {
        return Ok(None);
    }
    for user in USERS {
        if let (Some(user), Some(group)) = (id(&["-u", user])?, id(&["-g", user])?) {
            return Ok(Some((user, group)));
        }
    }
    bail!("PostgreSQL refuses to run as root, and there is no user {}", USERS.join(" or "))
}

/// The number that `id` prints; none if it knows no such user.
fn id(arguments: &[&str]) -> anyhow::Result<Option<u32>> {
    let output = Command::new("id").args(arguments).output().context("running id")?;
    if !output.status.success() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output.stdout).trim().parse().context("id printed no number")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// True if `wanted` holds within some seconds.
    fn soon(wanted: impl Fn() -> bool) -> bool {
        (0..500).any(|_| {
            thread::sleep(Duration::from_millis(20));
            wanted()
        })
    }

    #[test]
    fn it_answers_and_leaves_nothing_behind() {
        let server = Server::start(&Installation::find().unwrap()).unwrap();
        assert_eq!(psql(server.url(), "show fsync").unwrap(), "on");
        let folder = server.folder.path().to_owned();
        let url = server.url().to_owned();
        drop(server);
        assert!(!folder.exists());
        assert!(psql(&url, "select 1").is_err());
    }

    #[test]
    fn it_can_be_stopped_and_started_again_with_its_data() {
        let server = Server::start(&Installation::find().unwrap()).unwrap();
        psql(server.url(), "create table kept (n int); insert into kept values (7)").unwrap();
        server.stop().unwrap();
        assert!(psql(server.url(), "select 1").is_err());
        server.start_again().unwrap();
        assert_eq!(psql(server.url(), "select n from kept").unwrap(), "7");
        server.stop().unwrap();
    }

    #[test]
    fn it_stops_with_its_owner_also_while_it_starts() {
        let mut server = Server::spawn(&Installation::find().unwrap(), free_port().unwrap()).unwrap();
        let folder = server.folder.path().to_owned();
        assert!(soon(|| folder.join("data").exists()));
        // As when the owner is killed: the pipe closes, and the process is not waited for.
        server.lifeline = None;
        assert!(soon(|| !folder.exists()));
    }

    #[test]
    fn a_port_that_is_taken_is_told() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let server = Server::spawn(&Installation::find().unwrap(), port).unwrap();
        let error = server.wait_until_ready().unwrap_err();
        assert!(error.to_string().contains("Address already in use"), "{error}");
    }
}
