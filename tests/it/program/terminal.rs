//! The binary at a terminal: output that nobody reads to its end, and hosts with a certificate of the company's own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tests::workspace;

use crate::shop::certificate;

fn offer_host() -> Command {
    Command::new(workspace::offer_host().expect("the binary"))
}

#[test]
fn output_that_is_cut_off_is_no_error() {
    // Nobody reads, from the start.
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let mut command = offer_host();
    let output = command.args(["config", "--defaults"]).stdout(writer).output().expect("offer-host ends");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(141), "as a process that SIGPIPE ends");
}

/// A server with TLS that answers every call with a problem document. It ends with the test.
struct Server(Child, u16);

impl Server {
    fn start(folder: &Path) -> Self {
        let script = "import http.server, ssl, sys\n\
             class H(http.server.BaseHTTPRequestHandler):\n\
             \x20   def do_GET(self):\n\
             \x20       b = b'{\"status\":401,\"detail\":\"hello from the host\"}'\n\
             \x20       self.send_response(401); self.send_header('Content-Length', str(len(b))); self.end_headers()\n\
             \x20       self.wfile.write(b)\n\
             \x20   def log_message(self, *a): pass\n\
             s = http.server.HTTPServer(('127.0.0.1', 0), H)\n\
             c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); c.load_cert_chain('cert.pem', 'key.pem')\n\
             s.socket = c.wrap_socket(s.socket, server_side=True)\n\
             print(s.server_address[1], flush=True); s.serve_forever()\n";
        let mut child = Command::new("python3")
            .args(["-c", script])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 starts");
        let mut port = String::new();
        let output = child.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut port).expect("a line");
        Self(child, port.trim().parse().expect("a port"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It fails if the server has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_host_is_trusted_by_the_authorities_of_the_company() {
    let folder = tempfile::tempdir().expect("a folder");
    certificate(folder.path());
    std::fs::write(folder.path().join("rows.ndjson"), "{}\n").expect("written");
    let server = Server::start(folder.path());
    let import = |trust: &[&str]| {
        let to = format!("https://127.0.0.1:{}", server.1);
        let output = offer_host()
            .args(["import", "catalog", "rows.ndjson", "--to", &to, "--key", "k"])
            .args(trust)
            .env_remove("OFFER_HOST_CA_FILE")
            .current_dir(folder.path())
            .output()
            .expect("offer-host starts");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let known = import(&["--ca-file", "cert.pem"]);
    assert!(known.contains("hello from the host"), "{known}");
    let unknown = import(&[]);
    assert!(unknown.contains("does not answer") && unknown.contains("certificate"), "{unknown}");
    let none = import(&["--ca-file", "rows.ndjson"]);
    assert!(none.contains("has no certificate"), "{none}");
}
