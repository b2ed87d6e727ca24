//! `champion.json` as the champion of a later run.

use crate::lab::{Lab, QUICK};

#[test]
fn the_champion_so_far_stays_while_nothing_better_is_proved() {
    let lab = Lab::with(6000, (25, -20), QUICK);
    assert_eq!(lab.experiment("first", &[]).code, 0);
    assert_eq!(lab.json("first/leaderboard.json")["choice"]["promoted"], true);
    lab.write(
        "config.toml",
        format!("{}{QUICK}[gate]\nprevious = \"first/champion.json\"\n", crate::lab::CONFIG),
    );
    let data = lab.text("data.csv");
    let ran = lab.experiment("second", &["--score", &data]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    let choice = &lab.json("second/leaderboard.json")["choice"];
    assert!(choice["gate"]["against_previous"].is_object(), "{choice}");
    assert_eq!(choice["promoted"], true, "{choice}");
    if choice["champion"] == "previous" {
        assert_eq!(lab.read("first/champion.json"), lab.read("second/champion.json"));
    }
    let scores = String::from_utf8(lab.read("second/scores.csv")).unwrap();
    assert!(scores.lines().next().unwrap().ends_with(",previous:mail,best:mail,chosen"));
}

#[test]
fn a_champion_with_a_flipped_bit_is_refused() {
    let lab = Lab::with(3000, (25, -20), QUICK);
    assert_eq!(lab.experiment("first", &[]).code, 0);
    lab.write(
        "config.toml",
        format!("{}{QUICK}[gate]\nprevious = \"first/champion.json\"\n", crate::lab::CONFIG),
    );
    let whole = lab.read("first/champion.json");
    for place in [0, 5, 20, 100, whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        lab.write("first/champion.json", flipped);
        let ran = lab.experiment("second", &[]);
        assert_eq!(ran.code, 2, "byte {place}");
        assert!(ran.errors.contains("champion.json: is damaged"), "byte {place}: {}", ran.errors);
        assert!(!lab.path("second").exists());
    }
    lab.write("first/champion.json", &whole[..whole.len() / 2]);
    assert_eq!(lab.experiment("second", &[]).code, 2);
}
