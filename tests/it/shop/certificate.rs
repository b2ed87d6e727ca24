//! A certificate for tests.

use std::path::Path;
use std::process::Command;

/// Makes a certificate for 127.0.0.1 that is signed by its own key: `cert.pem` and `key.pem` in a folder.
pub(crate) fn certificate(folder: &Path) {
    let settings = "[req]\ndistinguished_name=d\nx509_extensions=e\nprompt=no\n[d]\nCN=127.0.0.1\n\
                    [e]\nbasicConstraints=critical,CA:FALSE\nsubjectAltName=IP:127.0.0.1\n";
    std::fs::write(folder.join("settings.cnf"), settings).expect("written");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-days",
            "2",
        ])
        .args(["-config", "settings.cnf", "-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl starts");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
