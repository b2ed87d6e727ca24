//! Memory of a host's process.

use std::io::Read as _;

use super::Shop;

/// An answer whose body was counted, not kept.
#[derive(Debug)]
pub(crate) struct Counted {
    pub(crate) status: u16,
    pub(crate) bytes: usize,
    /// The beginning and the end of the body.
    pub(crate) first: String,
    pub(crate) last: String,
}

/// Bytes that are kept at either end of an answer.
const KEPT: usize = 4 << 10;

impl Shop {
    /// A call of a role, with a body of any size and an answer of any size.
    pub(crate) fn counted(
        &self,
        (method, path): (&str, &str),
        role: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Counted {
        let key = match role {
            "pos" => &self.till,
            "integration" => &self.integration,
            _ => &self.admin,
        };
        let url = format!("{}{path}", self.address());
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(url)
            .header("Authorization", format!("Bearer {key}"))
            .header("Idempotency-Key", format!("{path} {}", body.len()))
            .header("Content-Type", kind)
            .body(body)
            .expect("a request");
        let mut response = self.agent.run(request).expect("an answer");
        let (mut first, mut last, mut bytes) = (Vec::new(), Vec::new(), 0);
        let mut reader = response.body_mut().as_reader();
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = reader.read(&mut piece).expect("the whole answer");
            if read == 0 {
                break;
            }
            bytes += read;
            first.extend_from_slice(&piece[..read.min(KEPT.saturating_sub(first.len()))]);
            last.extend_from_slice(&piece[..read]);
            last.drain(..last.len().saturating_sub(KEPT));
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Counted { status: response.status().as_u16(), bytes, first: text(first), last: text(last) }
    }

    /// Starts the host anew with an allocator that keeps no freed memory, so that its peaks are what it uses.
    pub(crate) fn give_memory_back_at_once(&mut self) {
        self.settings.push(("MIMALLOC_PURGE_DELAY".to_owned(), "0".to_owned()));
        self.kill();
        self.start();
    }

    /// Most memory of the process since [`Shop::forget_peak`], in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(self.of_process("status")).expect("a process of Linux");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }

    /// Lets the peak begin anew with the memory of now.
    pub(crate) fn forget_peak(&self) {
        std::fs::write(self.of_process("clear_refs"), "5").expect("a process of this user");
    }

    fn of_process(&self, file: &str) -> String {
        format!("/proc/{}/{file}", self.child.lock().expect("the host").id())
    }
}
