//! Uploads that take long to compile.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::shop::{Answer, Database, Shop, path, reference};

/// Beyond any reasonable wait.
const PATIENCE: Duration = Duration::from_secs(60);
/// Long enough for a host that compiles two uploads at a time to begin with both.
const SOON: Duration = Duration::from_secs(1);

/// Processes that compile and are stopped. They end with this.
#[derive(Default)]
struct Stopped(Vec<Pid>);

impl Stopped {
    /// Stops the processes that a host starts to compile: at least one, and those that follow soon, at most `most`.
    fn stop(&mut self, host: u32, most: usize) {
        let started = Instant::now();
        let mut first_at = None;
        while self.0.len() < most && first_at.is_none_or(|at: Instant| at.elapsed() < SOON) {
            assert!(started.elapsed() < PATIENCE, "the host does not compile");
            for compiling in children(host) {
                if !self.0.contains(&compiling) && kill_process(compiling, Signal::STOP).is_ok() {
                    self.0.push(compiling);
                    first_at.get_or_insert_with(Instant::now);
                }
            }
        }
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for process in &self.0 {
            // One that has ended is as good.
            let _ = kill_process(*process, Signal::KILL);
        }
    }
}

/// The processes that another has started and that compile.
fn children(parent: u32) -> Vec<Pid> {
    let is_child = |stat: &str| {
        // `PID (NAME) STATE PARENT …`; the name may have spaces.
        let after_name = stat.rsplit(')').next().unwrap_or_default();
        after_name.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    let read = |entry: fs::DirEntry| {
        let number: i32 = entry.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let command = fs::read_to_string(entry.path().join("cmdline")).ok()?;
        (is_child(&stat) && command.contains("compile-mechanic")).then(|| Pid::from_raw(number))?
    };
    fs::read_dir("/proc").expect("Linux").filter_map(|entry| read(entry.ok()?)).collect()
}

/// Components that no cache has: their version numbers are those of this moment.
fn fresh_versions() -> impl Iterator<Item = String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a time").as_micros();
    (0..).map(move |n: u128| format!("1.{:03}.{:03}", 100 + now / 900 % 900, 100 + (now + n) % 900))
}

fn upload(node: &Shop, version: &str) -> Answer {
    node.upload("product", tests::guests::product_version(version).expect("a version"))
}

#[test]
fn plans_do_not_wait_until_uploads_are_compiled() {
    let first = Shop::open_with(Database::Postgres, &[("NODES__PREPARE_SECONDS", "60")]);
    let second = first.join(&[]);
    let mut versions = fresh_versions();
    let mut next = || versions.next().expect("a number");
    let wanted = next();
    upload(&first, &wanted).accepted();
    let mut stopped = Stopped::default();
    let uploads = [next(), next()];
    std::thread::scope(|scope| {
        for version in &uploads {
            let second = &second;
            scope.spawn(move || upload(second, version));
        }
        stopped.stop(second.process(), uploads.len());
        let body = json!({"version": wanted}).to_string();
        let rolled = first.as_admin("PUT", "/v1/mechanics/product/rollout", &body).accepted();
        let states: Vec<&Value> =
            rolled["nodes"].as_array().expect("nodes").iter().map(|node| &node["state"]).collect();
        assert_eq!(states, ["ready", "ready"], "{rolled}");
        // The other node hears of the roll-out a moment later. It would never, if its plan waited for the uploads.
        let started = Instant::now();
        for number in 0.. {
            let id = format!("p-{number}");
            let answer = second.post(&path(&id, "calculate"), &id, &reference().to_string()).accepted();
            let versions = answer["mechanics"].to_string();
            if versions.contains(&wanted) {
                break;
            }
            assert!(started.elapsed() < PATIENCE, "{versions}");
            std::thread::sleep(Duration::from_millis(20));
        }
        drop(stopped);
    });
}
