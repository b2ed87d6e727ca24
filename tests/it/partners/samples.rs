//! The samples of `mechanics/samples`: built with the ordinary tools of their language, and right by their cases.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tests::workspace;

use super::Desk;
use super::tutorial::{RUST_BYTES_MAX, clean_shell};

/// A place like the repository, where tools may leave what they like.
fn workshop() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let root = workspace::root();
    fs::create_dir(folder.path().join("mechanics")).expect("a folder");
    for name in ["wit", "mechanics/sdk", "Cargo.toml"] {
        std::os::unix::fs::symlink(root.join(name), folder.path().join(name)).expect("a link");
    }
    folder
}

/// Builds a sample and runs its cases. Returns the place where it was built, and the component.
fn passes(name: &str, build: &str, component: &str, class: &str) -> (TempDir, String) {
    let workshop = workshop();
    let samples = workshop.path().join("mechanics/samples");
    fs::create_dir(&samples).expect("a folder");
    let here = workspace::root().join("mechanics/samples").join(name);
    copy(&here, &samples.join(name));
    let output = clean_shell()
        .current_dir(samples.join(name))
        .args(["-c", &format!("set -euo pipefail\n{build}")])
        .output()
        .expect("bash");
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {}\n{told}", output.status);
    let path = |file: &str| samples.join(name).join(file).to_str().expect("text").to_owned();
    let bytes = fs::metadata(path(component)).expect("the component").len();
    assert!(class == "slow" || bytes <= RUST_BYTES_MAX, "{name}: {bytes} bytes");
    let said = Desk::new().mechanic(&["test", &path(component), &path("cases")]);
    said.says(0, &["0 failed", &format!(", class {class}, ")]);
    let component = path(component);
    (workshop, component)
}

/// A rule with a mistake, which throws on a receipt of thirteen lines: the exception ends as a failure of the offer, with
/// its text for the author, and not as a trap.
fn tells_its_exception(component: &str, params: &str, place: &str) {
    let lines = [r#"["?", "1", "1.00"]"#; 13].join(", ");
    let case = format!(
        "title = 'a mistake'\ncurrency = {{ code = 'EUR', exponent = 2 }}\n[[offers]]\nexternal_id = 'unlucky'\nparams = {params}\n\
         [[receipts]]\nlines = [{lines}]\n[receipts.expect]\nwarnings = ['unknown_goods']\n\
         not_applied = {{ unlucky = 'mechanic_failed' }}\n"
    );
    let desk = Desk::new();
    desk.put("mistake.toml", &case);
    let unexpected = desk.mechanic(&["test", component, "mistake.toml"]);
    unexpected.says(1, &["failed: exception", "thirteen", place]);
    assert!(!unexpected.out.contains("trap"), "{}", unexpected.out);
    desk.put("mistake.toml", case + "failed.unlucky = 'exception'\ndetails.unlucky = 'exception: the rule has a mistake, and could not be evaluated'\n");
    desk.mechanic(&["test", component, "mistake.toml"]).says(0, &["0 failed"]);
}

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status().expect("cp");
    assert!(copied.success());
}

#[test]
fn happy_hour() {
    let root = workspace::root();
    let build = format!(
        "cd {}/mechanics/samples/happy-hour && cargo test --quiet --target-dir $OLDPWD/target && \
         cargo build --quiet --release --target wasm32-unknown-unknown --target-dir $OLDPWD/target",
        root.display()
    );
    passes("happy-hour", &build, "target/wasm32-unknown-unknown/release/happy_hour.wasm", "fast");
}

#[test]
fn spend_and_get() {
    let build = r#"sed -i "s/^  const { phase, lines } = receipt;/  if (receipt.lines.position.length === 13) throw new RangeError('thirteen');\n&/" src/rule.js
        grep -q thirteen src/rule.js
        npm install --silent && npm test && npm run build && npm run check"#;
    let (_built, component) = passes("spend-and-get", build, "dist/spend-and-get.wasm", "slow");
    tells_its_exception(&component, "{ brands = ['Nord'], spend = '20.00', get = '3.00' }", "RangeError");
}

#[test]
fn basket_diversity() {
    let build = r#"sed -i 's/^    lines = receipt.lines$/&\n    if len(lines.position) == 13: raise ValueError("thirteen")/' rule.py
        grep -q thirteen rule.py
        python3 -m venv .venv && . .venv/bin/activate && pip install --quiet --requirement requirements.txt
        componentize-py --wit-path ../../../wit/v1.1.0 --world mechanic bindings bindings
        python -m unittest
        componentize-py --wit-path ../../../wit/v1.1.0 --world mechanic componentize --stub-wasi rule --output rule.wasm"#;
    let (_built, component) = passes("basket-diversity", build, "rule.wasm", "slow");
    tells_its_exception(
        &component,
        "{ tiers = [{ categories = 3, points = '50' }] }",
        "ValueError: thirteen (rule.py:",
    );
}

/// Samples are projects of their own, as partners keep them, so they have copies of what the templates bring.
#[test]
fn samples_have_the_guards_of_the_templates() {
    let mechanics = workspace::root().join("mechanics");
    for (sample, template, files) in [
        ("basket-diversity", "python", ["guard.py", "faults.py"]),
        ("spend-and-get", "javascript", ["src/guard.js", "src/faults.js"]),
    ] {
        for file in files {
            let read = |place: &str, name: &str| {
                fs::read_to_string(mechanics.join(place).join(name).join(file)).expect("a file")
            };
            assert_eq!(read("samples", sample), read("templates", template), "{sample}/{file}");
        }
    }
}
