//! `simulate`: a made-up chain as files, and what is wrong with options.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

use crate::lab::{Lab, run};

#[test]
fn a_chain_is_written_and_can_be_judged() {
    let lab = Lab::new();
    let out = lab.text("chain");
    let ran = run(&["simulate", "--members", "400", "--weeks", "6", "--begin", "2025-03-03", "--out", &out]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let lines: Vec<&str> = ran.output.lines().collect();
    assert_eq!(lines.len(), 6, "{}", ran.output);
    let worth = |line: &str| line.split_whitespace().last().unwrap().replace('.', "").parse::<u32>().unwrap();
    let (first, others) = (worth(lines[5]), &lines[1..5]);
    assert!(
        lines[5].contains("the best to each") && others.iter().all(|line| worth(line) < first),
        "{}",
        ran.output
    );
    let receipts = String::from_utf8(lab.read("chain/receipts.ndjson")).unwrap();
    assert!(receipts.lines().next().unwrap().contains("\"2025-03-03T"));
    let (data, config, judged) =
        (lab.text("chain/experiment.csv"), lab.text("chain/experiment.toml"), lab.text("judged"));
    lab.write("chain/experiment.toml", quick(&lab));
    let ran = run(&["experiment", &data, "--config", &config, "--out", &judged]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
}

/// The configuration with trees that grow in no time.
fn quick(lab: &Lab) -> String {
    let text = String::from_utf8(lab.read("chain/experiment.toml")).unwrap();
    text + "\n[trees]\ntrees = 8\ndepth = 2\n"
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_written() {
    let chain = ["simulate", "--members", "10", "--weeks", "2"];
    let host = ["--host", "http://127.0.0.1:9", "--key", "k"];
    for (more, words) in [
        (vec!["--begin", "2026-02-30"], "--begin 2026-02-30: is no date such as 2026-01-05"),
        (vec!["--levels", "7"], "levels are multiples of 5"),
        (vec!["--shift", "3"], "effects shift in week 3, and there are weeks 1 to 2"),
        (vec!["--host", "http://127.0.0.1:9", "--load"], "--host needs a key: --key KEY"),
        (host.to_vec(), "say what to do there: --load, --week WEEK, or both"),
        (
            [&host[..], &["--week", "3"]].concat(),
            "--week 3: is no week such as 3 or 1-4 of the 2 weeks of the chain",
        ),
        ([&host[..], &["--week", "2-1"]].concat(), "--week 2-1: is no week"),
        ([&host[..], &["--week", "0"]].concat(), "--week 0: is no week"),
        ([&host[..], &["--week", "1", "--tills", "0"]].concat(), "0 tills: from 1 to 64"),
        (
            [&host[..], &["--week", "1", "--per-second", "0"]].concat(),
            "receipts per second must be at least 1",
        ),
        (vec!["--host", "localhost", "--key", "k", "--load"], "\"localhost\" is no address of a host"),
        (vec!["--load"], "--host"),
    ] {
        let ran = run(&[&chain[..], &more].concat());
        assert_eq!(ran.code, 2, "{more:?}: {}{}", ran.output, ran.errors);
        assert!(ran.errors.contains(words), "{words:?} is not in: {}", ran.errors);
    }
}
