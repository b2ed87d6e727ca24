//! Bad input: code 2, a message that says what and where, and nothing written.

use crate::lab::{CONFIG, Lab, QUICK, Ran, rows, run};

/// Rows that are enough to get as far as the checks of the data.
const ROWS: u64 = 1500;

fn assert_refused(lab: &Lab, ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, 2, "{}{}", ran.output, ran.errors);
    for word in words {
        assert!(ran.errors.contains(word), "{word:?} is not in: {}", ran.errors);
    }
    assert!(!lab.path("out").exists(), "something was written");
}

/// Changes the data by line (0 = heading) and sees it refused.
fn refused_data(change: impl Fn(usize, &str) -> String, words: &[&str]) {
    let lab = Lab::with(ROWS, (10, 10), QUICK);
    let lines: Vec<String> =
        rows(ROWS, (10, 10)).iter().enumerate().map(|(at, line)| change(at, line)).collect();
    lab.write("data.csv", lines.join("\n") + "\n");
    assert_refused(&lab, &lab.experiment("out", &[]), words);
}

/// Replaces a field of a line.
fn field(line: &str, place: usize, value: &str) -> String {
    let mut fields: Vec<&str> = line.split(',').collect();
    fields[place] = value;
    fields.join(",")
}

/// Changes one line of the data.
fn one_line(at: usize, place: usize, value: &'static str) -> impl Fn(usize, &str) -> String {
    move |line, text| if line == at { field(text, place, value) } else { text.to_owned() }
}

fn refused_config(config: &str, words: &[&str]) {
    let lab = Lab::with(ROWS, (10, 10), "");
    lab.write("config.toml", config);
    assert_refused(&lab, &lab.experiment("out", &[]), words);
}

fn with(from: &str, to: &str) -> String {
    let config = format!("{CONFIG}{QUICK}");
    assert!(config.contains(from));
    config.replace(from, to)
}

#[test]
fn values_that_cannot_be_read() {
    refused_data(one_line(7, 3, "NaN"), &["data.csv, line 8, column \"age\": \"NaN\" is not a number"]);
    refused_data(one_line(9, 5, "inf"), &["line 10, column \"spent\": \"inf\" is not a number"]);
    refused_data(one_line(3, 3, "1e30"), &["line 4, column \"age\": 1e30 is too large"]);
    refused_data(one_line(5, 2, ""), &["line 6, column \"bought\": the outcome is missing"]);
    refused_data(one_line(5, 2, "yes"), &["line 6, column \"bought\": \"yes\" is not a number"]);
    refused_data(one_line(4, 1, ""), &["line 5, column \"arm\": the arm is missing"]);
    refused_data(one_line(2, 0, "1000"), &["line 3, column \"id\": the id \"1000\" was on line 2 already"]);
}

#[test]
fn files_that_other_programs_wrote() {
    refused_data(
        |_, line| line.replace(',', ";"),
        &["data.csv, line 1: the columns are separated by semicolons; save the file with commas"],
    );
    refused_data(|_, line| line.replace(',', "\t"), &["separated by tabs"]);
    refused_data(one_line(6, 2, "99999999999999999999"), &["line 7, column \"bought\"", "too large"]);
    refused_data(one_line(6, 5, "12,5"), &["line 7: 8 fields where the heading has 7"]);
    // A mark at the beginning and breaks of two characters are understood.
    let lab = Lab::with(ROWS, (10, 10), QUICK);
    assert_eq!(lab.experiment("plain", &[]).code, 0);
    let text = String::from_utf8(lab.read("data.csv")).unwrap();
    lab.write("data.csv", format!("\u{feff}{}", text.replace('\n', "\r\n")));
    assert_eq!(lab.experiment("marked", &[]).code, 0);
    assert_eq!(lab.read("plain/champion.json"), lab.read("marked/champion.json"));
}

#[test]
fn a_member_in_two_arms() {
    let lab = Lab::with(ROWS, (10, 10), &format!("member = \"who\"\n{QUICK}"));
    // Each two rows are of one member, who has one arm; but for the member of lines 10 and 11.
    let lines: Vec<String> = rows(ROWS, (10, 10))
        .iter()
        .enumerate()
        .map(|(at, line)| match at {
            0 => format!("{line},who"),
            _ => {
                let member = at / 2;
                let arm = if at == 10 || (at != 9 && member % 2 == 1) { "mail" } else { "none" };
                let member = if at == 9 { 5 } else { member };
                format!("{},m{member}", field(line, 1, arm))
            }
        })
        .collect();
    lab.write("data.csv", lines.join("\n") + "\n");
    assert_refused(
        &lab,
        &lab.experiment("out", &[]),
        &[
            "data.csv, line 11, column \"who\": \"m5\" has the arm \"mail\" here and \"none\" on line 10",
            "`drawn = \"row\"`",
        ],
    );
    lab.write("config.toml", format!("{CONFIG}member = \"who\"\ndrawn = \"row\"\n{QUICK}"));
    let ran = lab.experiment("out", &[]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
}

#[test]
fn experiments_that_compare_nothing() {
    refused_data(
        |at, line| if at == 0 { line.to_owned() } else { field(line, 1, "none") },
        &["every row has the arm \"none\"", "an experiment needs two"],
    );
    refused_data(
        |at, line| if at == 0 { line.to_owned() } else { field(line, 2, "1") },
        &["column \"bought\": the outcome is the same in every row"],
    );
    refused_data(
        |at, line| if (1..=20).contains(&at) { field(line, 1, "letter") } else { line.to_owned() },
        &["rows with the arm \"letter\" are too few"],
    );
}

#[test]
fn features_that_know_too_much() {
    refused_config(
        &with("\"spent\"]", "\"spent\", \"bought\"]"),
        &["`features`: \"bought\" is the outcome; a model must not see it"],
    );
    refused_data(
        |at, line| {
            let bought = line.split(',').nth(2).unwrap().to_owned();
            if at == 0 { line.to_owned() } else { field(line, 3, &format!("{bought}7")) }
        },
        &["column \"age\": peeks at the outcome \"bought\"", "`trusted`"],
    );
    refused_data(
        |at, line| {
            let mailed = line.split(',').nth(1) == Some("mail");
            if at == 0 || at.is_multiple_of(4) {
                line.to_owned()
            } else {
                field(line, 3, if mailed { "40" } else { "50" })
            }
        },
        &["data.csv: treatment is not random", "\"mail\""],
    );
}

#[test]
fn files_that_are_not_whole() {
    let lab = Lab::with(ROWS, (10, 10), QUICK);
    let whole = lab.read("data.csv");
    for (data, words) in [
        (Vec::new(), "data.csv: the file is empty"),
        (b"id,arm,bought,age,region,spent\n".to_vec(), "data.csv: there are no rows below the heading"),
        (
            whole[..whole.len() - 9].to_vec(),
            "line 1501: 6 fields where the heading has 7; the file may have been cut",
        ),
        ([b"\xff\xfe".as_slice(), &whole].concat(), "is not UTF-8"),
    ] {
        lab.write("data.csv", data);
        assert_refused(&lab, &lab.experiment("out", &[]), &[words]);
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &whole).unwrap();
    let packed = packed.finish().unwrap();
    lab.write("data.csv", &packed[..packed.len() / 2]);
    assert_refused(&lab, &lab.experiment("out", &[]), &["data.csv: the file cannot be read to its end"]);
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    lab.write("data.csv", &flipped);
    assert_eq!(lab.experiment("out", &[]).code, 2);
    assert!(!lab.path("out").exists());
    std::fs::remove_file(lab.path("data.csv")).unwrap();
    assert_refused(&lab, &lab.experiment("out", &[]), &["data.csv: cannot be opened"]);
    refused_data(
        |at, line| if at == 12 { format!("{line},more") } else { line.to_owned() },
        &["line 13: 8 fields where the heading has 7"],
    );
}

#[test]
fn configurations_that_mean_nothing() {
    for (from, to, words) in [
        ("outcome =", "outcme =", "unknown key \"outcme\"; did you mean \"outcome\"?"),
        ("\"bought\"", "\"bougth\"", "there is no column \"bougth\"; did you mean \"bought\"?"),
        ("\"region\"", "\"regoin\"", "there is no column \"regoin\"; did you mean \"region\"?"),
        ("\"none\"", "\"nobody\"", "no row has the arm \"nobody\" of `control`"),
        ("depth =", "deep =", "unknown key \"deep\" in `trees`"),
        ("[trees]", "budget = 0\n[trees]", "`budget`: 0 buys nothing"),
        ("[trees]", "budget = -1.5\n[trees]", "`budget`: -1.5 buys nothing"),
        (
            "[trees]",
            "[cost]\nmial = 0.1\n[trees]",
            "there is no arm \"mial\", for which `cost` has a number; did you mean \"mail\"?",
        ),
        ("[trees]", "[cost]\nnone = 0.1\n[trees]", "the control arm gets nothing"),
        ("[trees]", "[cost]\nmail = nan\n[trees]", "`cost` of \"mail\": is not a finite number"),
        (
            "[trees]",
            "[propensity]\nmail = -0.5\nnone = 1.5\n[trees]",
            "`propensity` of \"mail\": -0.5 is no probability",
        ),
        ("[trees]", "[propensity]\nmail = 0.5\nnone = 0.4\n[trees]", "must add up to 1"),
        ("[trees]", "[propensity]\nmail = 0.2\nnone = 0.8\n[trees]", "does not come by chance"),
        ("[trees]", "[propensity]\nmail = 0.5\nletter = 0.5\n[trees]", "there is no arm \"letter\""),
        (
            "[trees]",
            "trusted = [\"aeg\"]\n[trees]",
            "`trusted`: \"aeg\" is not among the features; did you mean \"age\"?",
        ),
        ("[trees]", "threads = 0\n[trees]", "`threads`: from 1 to 64"),
        ("rate = 0.3", "rate = 1.5", "`trees.rate`"),
        ("[\"age\", \"region\", \"spent\"]", "[]", "`features`: name at least one column"),
        ("\"age\", ", "\"age\", \"age\", ", "\"age\" is there twice"),
        ("treatment = \"arm\"\n", "", "treatment"),
        ("[trees]", "seed = -1\n[trees]", "config.toml"),
        ("[trees]", "[trees", "config.toml"),
    ] {
        refused_config(&with(from, to), &[words]);
    }
}

#[test]
fn rows_to_score_that_lack_a_feature() {
    let lab = Lab::with(ROWS, (10, 10), QUICK);
    lab.write("new.csv", "id,age,regions,spent\n1,30,north,2\n");
    let ran = lab.experiment("out", &["--score", &lab.text("new.csv")]);
    assert_refused(&lab, &ran, &["new.csv: there is no column \"region\"; did you mean \"regions\"?"]);
    lab.write("new.csv", "id,age,region,spent\n1,old,north,2\n");
    let ran = lab.experiment("out", &["--score", &lab.text("new.csv")]);
    assert_refused(&lab, &ran, &["new.csv, line 2, column \"age\": \"old\" is not a number"]);
}

#[test]
fn a_folder_that_is_no_run() {
    let lab = Lab::new();
    let ran = run(&["verify", &lab.text("nothing")]);
    assert_refused(&lab, &ran, &["manifest.json: cannot be read"]);
}
