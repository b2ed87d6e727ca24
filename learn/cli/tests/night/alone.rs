//! The loop without a host: from files, up to the report.

use std::fs;

use serde_json::{Value, json};
use simulate::{Chain, Settings, date};

use crate::lab::{Lab, ended, names};

const MEMBERS: u32 = 3_000;

const DROP: &str = r#"[drop]
members = "profiles.csv"
receipts = "receipts"
catalog = "catalog.ndjson"
margins = "margins.csv"
feed = "feed"
"#;

/// Trees that grow in no time, and few rows suffice.
const QUICK: &str = "[competition]\nleast_rows_of_arm = 200\ntrees = { trees = 12, depth = 2, rate = 0.3 }\n";

fn chain() -> Chain {
    Chain::new(Settings { members: MEMBERS, weeks: 2, ..Settings::default() }).unwrap()
}

fn monday(week: u32) -> String {
    date(chain().first_day(week))
}

/// A laboratory with an empty feed.
fn lab(more: &str) -> Lab {
    let lab = Lab::new(&chain(), "http://127.0.0.1:1", "none", &format!("{DROP}{QUICK}{more}"));
    fs::create_dir(lab.path("feed")).unwrap();
    lab
}

/// Notes that a run was uploaded, as the last stage does.
fn in_force(lab: &Lab, run: &str, end: &str) {
    let entry = json!({"run": run, "start": run, "end": end, "import": "i-1"});
    fs::write(lab.path("state/in-force.json"), json!({"entries": [entry]}).to_string()).unwrap();
}

/// The feed of week 1, with the arms that the log says.
fn week_1(lab: &Lab, log: &str) -> String {
    let chain = chain();
    let mut rows = String::new();
    let mut row = 0;
    let arms = lab.columns(log, &["member", "arm"]);
    for (number, fields) in (0..).zip(&arms) {
        let percent: u32 = fields[1].trim_end_matches(" %").parse().unwrap_or_default();
        let arm = chain.arm_of(percent).unwrap();
        let Some(basket) = chain.basket(number, 1, arm) else { continue };
        row += 1;
        let lines: Vec<Value> = (1..)
            .zip(&basket.lines)
            .map(|(position, line)| {
                let money = simulate::host::money;
                json!({"position": position, "goods_id": line.product.code, "quantity": line.quantity.to_string(),
                       "amount": money(line.amount), "payable": money(line.amount - line.discount)})
            })
            .collect();
        let sum = |of: fn(&simulate::Line) -> i64| simulate::host::money(basket.lines.iter().map(of).sum());
        let head = json!({"cursor": format!("{row}.1"), "at": format!("{}T10:00:00Z", monday(1)), "member_id": fields[0],
            "purchase_id": format!("p-{row}"), "event": "receipt", "pos": "store-1/till-1", "amount": sum(|line| line.amount),
            "discount": sum(|line| line.discount), "points_paid": "0.00", "payable": sum(|line| line.amount - line.discount),
            "points_spent": "0.00", "points_earned": "0.00", "lines": lines});
        rows.push_str(&format!("{head}\n"));
    }
    rows
}

#[test]
fn from_files_to_a_report_that_can_be_done_again() {
    let lab = lab("");
    let (first, second) = (monday(1), monday(2));
    // Killed in the middle: the next call goes on, and does not do again what is done.
    ended(lab.night("compete", &first), 0);
    let run = lab.path(&format!("state/runs/{first}"));
    assert_eq!(names(&run), ["1-ingest", "2-features", "3-outcomes", "4-compete"]);
    fs::create_dir(run.join(".5-assign.part")).unwrap();
    let ingest = lab.text(&format!("state/runs/{first}/1-ingest/ingest.json"));
    fs::remove_file(lab.path("profiles.csv")).unwrap();
    let said = ended(lab.night("report", &first), 0);
    assert!(said.output.contains("arms are drawn at random: no assignment is over yet"), "{said:?}");
    assert_eq!(names(&run), ["1-ingest", "2-features", "3-outcomes", "4-compete", "5-assign", "6-report"]);
    assert_eq!(lab.text(&format!("state/runs/{first}/1-ingest/ingest.json")), ingest);
    fs::copy(run.join("1-ingest/members.csv"), lab.path("profiles.csv")).unwrap();

    let log = format!("state/runs/{first}/5-assign/assignments.csv");
    let rows = lab.columns(
        &log,
        &["group", "arm", "uploaded", "probability of nobody", "probability of 5 %", "decision"],
    );
    assert_eq!(rows.len(), usize::try_from(MEMBERS).unwrap());
    for row in &rows {
        // A quarter each, and a tenth of all members are in the control group.
        assert_eq!((row[3].as_str(), row[4].as_str()), ("325000", "225000"));
        assert_eq!(row[1], if row[0] == "control" { "nobody" } else { row[2].as_str() });
    }
    let control = rows.iter().filter(|row| row[0] == "control").count();
    assert!((240..360).contains(&control), "{control}");
    assert!(
        lab.text(&format!("state/runs/{first}/5-assign/terms.ndjson"))
            .contains(&format!("\"decision\":\"random/{first}/225000\""))
    );

    // The week after, on what came of it.
    in_force(&lab, &first, &date(chain().first_day(1) + 6));
    fs::write(lab.path("feed/1.ndjson"), week_1(&lab, &log)).unwrap();
    ended(lab.night("report", &second), 0);
    let competed = format!("state/runs/{second}/4-compete");
    assert!(lab.text(&format!("{competed}/report.html")).contains("<svg"));
    let leaderboard = lab.json(&format!("{competed}/leaderboard.json"));
    assert_eq!(leaderboard["experiment"]["rows"], json!(MEMBERS));
    let chosen = lab.json(&format!("{competed}/chosen.json"));
    assert!(chosen["champion"].is_string() && chosen["challenger"].is_string(), "{chosen}");
    // No arm is impossible for anybody.
    let log = format!("state/runs/{second}/5-assign/assignments.csv");
    for row in lab.columns(&log, &["probability of nobody", "probability of 5 %", "probability of 15 %"]) {
        assert!(row.iter().all(|chance| chance.parse::<u32>().unwrap() >= 11_000), "{row:?}");
    }
    assert!(
        lab.text(&format!("state/runs/{second}/6-report/summary.md")).contains("against the control group")
    );

    for run in [&first, &second] {
        let said = ended(lab.verify(run), 0);
        assert!(said.output.starts_with("identical: "), "{said:?}");
    }
    // A byte that was changed, in the run and in the feed.
    let scores = lab.path(&format!("{competed}/scores.csv"));
    let text = fs::read_to_string(&scores).unwrap();
    fs::write(&scores, text.replacen("0.", "1.", 1)).unwrap();
    let said = ended(lab.verify(&second), 1);
    assert!(said.errors.contains("4-compete/scores.csv is not what the run wrote"), "{said:?}");
    fs::write(&scores, text).unwrap();
    let segment = lab.path("state/feed/0000001.ndjson.gz");
    let packed = fs::read(&segment).unwrap();
    fs::write(&segment, &packed[..packed.len() / 2]).unwrap();
    let said = ended(lab.verify(&second), 1);
    assert!(said.errors.contains("is damaged or was cut"), "{said:?}");
}

#[test]
fn a_gap_and_another_row_are_refused_and_a_repeat_is_left_out() {
    let lab = lab("");
    let first = monday(1);
    let row = |cursor: &str, goods: &str| {
        let line = json!({"goods_id": goods, "quantity": "1", "amount": "1.00", "payable": "1.00"});
        let event = json!({"cursor": cursor, "at": format!("{first}T10:00:00Z"), "member_id": "m-00000001", "event": "receipt",
            "purchase_id": cursor, "amount": "1.00", "discount": "0.00", "points_paid": "0.00", "payable": "1.00",
            "points_spent": "0.00", "points_earned": "0.00", "lines": [line]});
        format!("{event}\n")
    };
    let feed = |rows: &[String]| fs::write(lab.path("feed/1.ndjson"), rows.concat()).unwrap();
    feed(&[row("1.1", "A"), row("1.2", "A"), row("3.1", "A")]);
    let said = ended(lab.night("assign", &first), 1);
    assert!(said.errors.contains("row 3: cursor 3.1 does not follow 1.2"), "{said:?}");
    assert!(said.errors.contains("the assignment in force stays"), "{said:?}");
    assert!(!lab.path("state/feed/feed.json").exists());

    feed(&[row("1.1", "A"), row("1.2", "A"), row("2.1", "A")]);
    ended(lab.night("assign", &first), 0);
    in_force(&lab, &first, &date(chain().first_day(1) + 6));
    // The assignment holds; the feed is read on.
    fs::write(lab.path("feed/2.ndjson"), [row("1.2", "A"), row("2.1", "A"), row("3.1", "A")].concat())
        .unwrap();
    let said = ended(lab.night("run", &date(chain().first_day(1) + 3)), 0);
    assert!(said.output.contains("holds until") && said.output.contains("1 new rows"), "{said:?}");
    fs::write(lab.path("feed/3.ndjson"), [row("3.1", "B"), row("4.1", "A")].concat()).unwrap();
    let said = ended(lab.night("run", &date(chain().first_day(1) + 3)), 1);
    assert!(said.errors.contains("cursor 3.1 was read before, and was another row then"), "{said:?}");
    // A file that was cut.
    fs::write(lab.path("feed/3.ndjson"), row("4.1", "A").trim_end()).unwrap();
    let said = ended(lab.night("run", &date(chain().first_day(1) + 3)), 1);
    assert!(said.errors.contains("the file was cut"), "{said:?}");
}

#[test]
fn a_budget_bounds_what_is_given_and_zero_gives_nobody_anything() {
    let lab = lab("[assign]\nbudget = \"0\"\n");
    let first = monday(1);
    ended(lab.night("report", &first), 0);
    let spend = lab.json(&format!("state/runs/{first}/5-assign/spend.json"));
    assert_eq!((&spend["expected"], &spend["arms"]["nobody"]), (&json!(0), &json!(MEMBERS)));
    assert!(
        lab.text(&format!("state/runs/{first}/6-report/summary.md"))
            .contains("nobody gets a level that costs something")
    );

    let half = self::lab("[assign]\nbudget = \"50.00\"\n");
    ended(half.night("report", &first), 0);
    let spend = half.json(&format!("state/runs/{first}/5-assign/spend.json"));
    let expected = spend["expected"].as_i64().unwrap();
    assert!((3_500..=5_000).contains(&expected), "{spend}");
}

#[test]
fn what_is_wrong_is_said_and_changes_nothing() {
    let lab = lab("");
    let first = monday(1);
    for (more, code, words) in [
        ("[assign]\nchampion = 50\n", 2, "must add up to 100"),
        ("[assign]\nbudget = \"-1\"\n", 2, "is below 0"),
        ("[nonsense]\n", 2, "nonsense"),
    ] {
        lab.configure("http://127.0.0.1:1", &format!("{DROP}{more}"));
        let said = ended(lab.night("assign", &first), code);
        assert!(said.errors.contains(words), "{said:?}");
    }
    assert!(!lab.path("state").exists());
    lab.configure("http://127.0.0.1:1", &format!("{DROP}{QUICK}"));
    assert_eq!(lab.night("assign", "tomorrow").code, 2);
    // The host is not there: the run fails at its last stage, and goes on from there.
    let said = ended(lab.night("run", &first), 1);
    assert!(said.errors.contains("does not answer"), "{said:?}");
    assert!(
        lab.path(&format!("state/runs/{first}/6-report")).exists()
            && !lab.path("state/in-force.json").exists()
    );
    // Another configuration in the middle of a run.
    lab.configure("http://127.0.0.1:2", &format!("{DROP}{QUICK}"));
    let said = ended(lab.night("run", &first), 1);
    assert!(said.errors.contains("began with another configuration"), "{said:?}");
    // Somebody else works in the folder.
    let lock = fs::File::create(lab.path("state/lock")).unwrap();
    lock.lock().unwrap();
    let said = ended(lab.night("run", &first), 1);
    assert!(said.errors.contains("another command works in this folder"), "{said:?}");
}
