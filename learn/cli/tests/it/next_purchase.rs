//! `next-purchase` on made-up receipts.

use crate::lab::{Lab, Ran, run};

/// Forty members over 26 weeks: each buys one good every week, another every second, and a third now and then.
fn receipts() -> String {
    let mut lines = vec!["receipt,member,at,quantity,spent,outlet,category_1,category_2".to_owned()];
    for member in 0..40_u32 {
        for week in 0..26_u32 {
            let date = format!("2026-{:02}-{:02}", 1 + week * 7 / 28, 1 + week * 7 % 28);
            let mut line = |good: u32| {
                lines.push(format!(
                    "{member}-{week},m{member:02},{date},1,2.50,s{},food,good {good:02}",
                    member % 3
                ));
            };
            line(member % 20);
            if week % 2 == member % 2 {
                line(20 + member % 10);
            }
            if (week * 7 + member * 3) % 5 == 0 {
                line(30 + (week + member) % 15);
            }
        }
    }
    lines.join("\n") + "\n"
}

fn ranked(lab: &Lab, out: &str, more: &[&str]) -> Ran {
    let (data, out) = (lab.text("receipts.csv"), lab.text(out));
    let mut arguments = vec!["next-purchase", &data, "--out", &out];
    arguments.extend(more);
    run(&arguments)
}

#[test]
fn goods_are_ranked_for_upload() {
    let lab = Lab::new();
    lab.write("receipts.csv", receipts());
    let ran = ranked(&lab, "one", &["--most", "5"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(ran.output.starts_with("40 members are ranked."), "{}", ran.output);
    let rows = String::from_utf8(lab.read("one/recommendations.ndjson")).unwrap();
    let rows: Vec<serde_json::Value> = rows.lines().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(rows.len(), 40);
    for (number, row) in rows.iter().enumerate() {
        assert_eq!(row["identifier_kind"], "member");
        assert_eq!(row["identifier"], format!("m{number:02}"));
        assert_eq!(row["attribute"], "recommendations");
        let goods = row["value"]["goods"].as_array().unwrap();
        assert_eq!(goods.len(), 5);
        let first: Vec<&str> = goods.iter().take(2).map(|good| good["category"].as_str().unwrap()).collect();
        assert!(first.contains(&format!("good {:02}", number % 20).as_str()), "{row}");
    }
    let found = lab.json("one/evaluation.json");
    assert_eq!(found["members"], 40);
    assert!(found["precision"]["estimate"].as_f64() >= found["precision"]["low"].as_f64(), "{found}");

    let again = ranked(&lab, "two", &["--most", "5", "--threads", "2"]);
    assert_eq!(again.code, 0, "{}", again.errors);
    for file in ["recommendations.ndjson", "evaluation.json"] {
        assert_eq!(lab.read(&format!("one/{file}")), lab.read(&format!("two/{file}")), "{file}");
    }
}

#[test]
fn what_is_wrong_is_refused_and_nothing_written() {
    let lab = Lab::new();
    lab.write("receipts.csv", receipts());
    for (more, words) in [
        (&["--goods", "sku"][..], "column \"sku\" is missing"),
        (&["--at", "tomorrow"], "--at: \"tomorrow\" is not a time"),
        (&["--at", "2030-01-01"], "there are no receipts until the day before"),
        (&["--at", "2026-02-01"], "are needed"),
        (&["--most", "0"], "guesses: 0 is not from 1 to 100"),
    ] {
        let ran = ranked(&lab, "out", more);
        assert_eq!(ran.code, 2, "{more:?}: {}", ran.errors);
        assert!(ran.errors.contains(words), "{more:?}: {}", ran.errors);
        assert!(!lab.path("out").exists());
    }
}
