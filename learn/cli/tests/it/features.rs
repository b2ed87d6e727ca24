//! Features of members from files of receipts, as users work them out.

use std::fs;
use std::path::Path;

use crate::lab::run;

const RECEIPTS: &str = "receipt,member,at,quantity,spent,category_1
1,m-1,2026-02-20T10:00:00,1,3.00,DAIRY
1,m-1,2026-02-20T10:00:00,2,4.50,BAKERY
2,m-2,2026-02-25T18:00:00,1,1.20,DAIRY
";

const DEFINITIONS: &str = "
    [categories]
    level_1 = [\"DAIRY\"]
    [[set]]
    group = \"profile\"
    metrics = [\"receipts\", \"recency\"]
    days = [28]
    [[set]]
    group = \"products\"
    metrics = [\"spent\"]
    days = [28]
    level = 1
";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn receipts_become_features_with_a_digest_that_no_setting_changes() {
    let folder = tempfile::tempdir().unwrap();
    let [drop, tiles, definitions, out] =
        ["drop", "tiles", "features.toml", "out.parquet"].map(|name| folder.path().join(name));
    fs::create_dir(&drop).unwrap();
    fs::write(drop.join("1.csv"), RECEIPTS).unwrap();
    fs::write(&definitions, DEFINITIONS).unwrap();
    let add = ["features", "add", "--tiles", text(&tiles), text(&drop), "--time-zone", "Europe/Berlin"];
    let added = run(&add);
    assert_eq!(added.code, 0, "{}", added.errors);
    assert!(
        added.output.contains("1.csv: 2 receipts") && added.output.contains("has 3 tiles"),
        "{}",
        added.output
    );
    // Files that were taken are not taken again.
    let again = run(&add);
    assert!(
        again.code == 0 && !again.output.contains("1.csv") && again.output.contains("has 3 tiles"),
        "{}",
        again.output
    );

    let compute = |more: &[&str]| {
        let common = [
            "features",
            "compute",
            "--tiles",
            text(&tiles),
            "--as-of",
            "2026-03-01",
            "--definitions",
            text(&definitions),
        ];
        let done = run(&[&common, more].concat());
        assert_eq!(done.code, 0, "{}", done.errors);
        done.output
    };
    let first = compute(&["--out", text(&out)]);
    assert!(first.starts_with("2 members with 3 features each: "), "{first}");
    assert!(fs::read(&out).unwrap().starts_with(b"PAR1"));
    assert_eq!(compute(&["--partitions", "1", "--buckets", "2048", "--memory", "256"]), first);

    let listed = run(&["features", "list", "--definitions", text(&definitions)]).output;
    assert_eq!(
        listed,
        "name,group,sentence\n\
         receipts_28d,profile,\"Number of receipts, in the last 28 days.\"\n\
         recency_28d,profile,\"Days since the last receipt, 100,000 if there is none, in the last 28 days.\"\n\
         spent_dairy_28d,products,\"Money paid, in minor units, of DAIRY, in the last 28 days.\"\n"
    );
    let sql = run(&["features", "sql", "--as-of", "2026-03-01", "--definitions", text(&definitions)]).output;
    assert!(sql.starts_with("SELECT member") && sql.contains("day < 20513"), "{sql}");
    let verified = run(&["features", "verify", "--tiles", text(&tiles)]);
    assert!(
        verified.code == 0 && verified.output.starts_with("3 tiles"),
        "{}{}",
        verified.output,
        verified.errors
    );
}

#[test]
fn what_cannot_be_used_is_refused_with_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let [receipts, tiles, definitions] = ["r.csv", "tiles", "f.toml"].map(|name| folder.path().join(name));
    fs::write(&receipts, RECEIPTS.replace("4.50", "4.505")).unwrap();
    fs::write(&definitions, "set = []").unwrap();
    for (arguments, reason) in [
        (vec!["add", "--tiles", text(&tiles), text(&receipts)], "r.csv, row 2: spent: \"4.505\""),
        (vec!["add", "--tiles", text(&tiles), "--time-zone", "Nowhere"], "--time-zone: \"Nowhere\""),
        (vec!["compute", "--tiles", text(&receipts), "--as-of", "2026-03-01"], "is not a folder of tiles"),
        (
            vec!["compute", "--tiles", text(&tiles), "--as-of", "1.3.2026"],
            "--as-of: \"1.3.2026\" is not a date",
        ),
        (
            vec!["compute", "--tiles", text(&tiles), "--as-of", "2026-03-01", "--partitions", "0"],
            "0 partitions",
        ),
        (
            vec!["list", "--definitions", text(&definitions)],
            "f.toml: feature definitions: there is no feature",
        ),
    ] {
        let refused = run(&[&["features"], arguments.as_slice()].concat());
        assert!(
            refused.code == 2 && refused.errors.contains(reason),
            "{reason}: {} {}",
            refused.code,
            refused.errors
        );
    }
    assert!(run(&["features", "verify", "--tiles", text(&tiles)]).output.starts_with("0 tiles"));
}
