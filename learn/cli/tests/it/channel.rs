//! `channel`: the best channel for each member, from what was sent.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test that fails should fail at once")]

use serde_json::Value;

use crate::lab::{Lab, Ran, run};

const HEADING: &str = "member,channel,time,campaign,cost,delivered,opened,clicked,unsubscribed,value";

/// A number without a pattern.
fn noise(row: u64, salt: u64) -> u64 {
    let mut value = row.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xd6e8_feb8_6659_fd93);
    for _ in 0..3 {
        value = (value ^ (value >> 31)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    }
    value >> 20
}

/// Sends of 600 members, ten of push (free) and ten of sms (0.50) each. Of the young 30 of 100 answer a push and 32 an sms;
/// of the old 5 and 40. An answer is worth 10.00.
fn sends() -> String {
    let mut text = HEADING.to_owned();
    for member in 0..600_u64 {
        for number in 0..20 {
            let sms = number % 2 == 1;
            let chance = match (member < 300, sms) {
                (true, false) => 30,
                (true, true) => 32,
                (false, false) => 5,
                (false, true) => 40,
            };
            let answers = noise(member * 20 + number, 1) % 100 < chance;
            text += &format!(
                "\nm{member:03},{},2026-03-{:02},c{number},{},1,{},0,0,{}",
                if sms { "sms" } else { "push" },
                number + 1,
                if sms { "0.50" } else { "0" },
                u8::from(answers),
                if answers { "10.00" } else { "0" },
            );
        }
    }
    text + "\n"
}

/// The young may be sent both, of the old every third only pushes.
fn members() -> String {
    let row = |member: u64| {
        let segment = if member < 300 { "young" } else { "old" };
        let channels = if member >= 300 && member.is_multiple_of(3) { "push" } else { "push|sms" };
        format!("\nm{member:03},{segment},{channels}")
    };
    "member,segment,channels".to_owned() + &(0..600).map(row).collect::<String>() + "\n"
}

fn channel(lab: &Lab, more: &[&str]) -> Ran {
    let (sends, out) = (lab.text("sends.csv"), lab.text("out"));
    let mut arguments = vec!["channel", &sends, "--out", &out];
    arguments.extend(more);
    run(&arguments)
}

/// The rows of a file as written, by the names of its columns.
fn rows(lab: &Lab, name: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let bytes = lab.read(name);
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    reader.deserialize().map(|row| row.unwrap()).collect()
}

#[test]
fn each_member_gets_the_channel_of_the_best_net_value() {
    let lab = Lab::new();
    lab.write("sends.csv", sends());
    lab.write("members.csv", members());
    let ran = channel(&lab, &["--members", &lab.text("members.csv"), "--margin", "0.5"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(ran.output.starts_with("600 members: "), "{}", ran.output);
    assert!(ran.output.contains("By what members answered; no message was sent on a random channel."));
    let advice = rows(&lab, "out/advice.csv");
    assert_eq!(advice.len(), 600);
    let (mut drawn, mut by_segment) = (0, [0; 4]);
    for row in &advice {
        let member: u64 = row["member"].get(1..).unwrap().parse().unwrap();
        let only_push = member >= 300 && member.is_multiple_of(3);
        assert!(!only_push || row["channel"] == "push", "{row:?}");
        if row["drawn_from"].is_empty() {
            let (old, sms) = (usize::from(member >= 300), usize::from(row["channel"] == "sms"));
            by_segment[old * 2 + sms] += usize::from(!only_push);
            let expected = if only_push { "1.000000" } else { "0.975000" };
            assert_eq!(row["propensity"], expected, "{row:?}");
        } else {
            drawn += 1;
            assert_eq!((&*row["drawn_from"], &*row["why"]), ("push|sms", "By chance."));
        }
    }
    assert!((8..60).contains(&drawn), "{drawn}");
    // The young answer either, so that the free one is taken; the old answer by sms.
    assert!(by_segment[0] > 4 * by_segment[1] && by_segment[3] > 10 * by_segment[2], "{by_segment:?}");
    let best: Vec<(String, String)> = rows(&lab, "out/segments.csv")
        .iter()
        .filter(|row| row["best"] == "1")
        .map(|row| (row["segment"].clone(), row["channel"].clone()))
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(best, [pair("old", "sms"), pair("young", "push")]);
    let attribute = String::from_utf8(lab.read("out/attribute.ndjson")).unwrap();
    for (line, row) in attribute.lines().zip(&advice) {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&line["identifier"], &line["attribute"]),
            (&Value::from(&*row["member"]), &Value::from("best-channel"))
        );
        assert_eq!(line["value"], *row["channel"]);
    }
    assert_eq!(lab.json("out/summary.json")["campaigns"], 20);
    // Leaving costs nothing here, and another salt draws others.
    let again = Lab::new();
    again.write("sends.csv", sends());
    again.write("members.csv", members());
    assert_eq!(channel(&again, &["--members", &again.text("members.csv"), "--margin", "0.5"]).code, 0);
    assert_eq!(again.read("out/advice.csv"), lab.read("out/advice.csv"));
    assert_eq!(
        channel(&again, &["--members", &again.text("members.csv"), "--margin", "0.5", "--salt", "2"]).code,
        0
    );
    assert_ne!(again.read("out/advice.csv"), lab.read("out/advice.csv"));
}

/// Messages on random channels: of members with an even age 30 of 100 answer a push and 10 an sms, of others 10 and 30.
fn drawn(count: u64) -> (String, String) {
    let (mut sends, mut members) =
        (format!("{HEADING},drawn_from"), "member,segment,channels,parity".to_owned());
    for member in 0..count {
        let sms = noise(member, 2).is_multiple_of(2);
        let even = noise(member, 3).is_multiple_of(2);
        let chance = if even == sms { 10 } else { 30 };
        let value = if noise(member, 4) % 100 < chance { "5.00" } else { "0" };
        let channel = if sms { "sms" } else { "push" };
        sends += &format!("\nm{member},{channel},2026-03-01,c1,0.10,1,0,0,0,{value},sms|push");
        members += &format!("\nm{member},all,push|sms,{}", u8::from(even));
    }
    (sends + "\n", members + "\n")
}

#[test]
fn with_enough_random_messages_channels_are_judged_as_an_experiment() {
    let lab = Lab::new();
    let (sends, members) = drawn(5_000);
    lab.write("sends.csv", sends);
    lab.write("members.csv", members);
    let file = lab.text("members.csv");
    let more = ["--random", "--members", &file, "--features", "parity", "--explore", "10", "--least", "2000"];
    let ran = channel(&lab, &more);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(ran.output.contains("By an experiment: "), "{}", ran.output);
    let summary = lab.json("out/summary.json");
    assert_eq!(summary["method"], "experiment");
    let right = rows(&lab, "out/advice.csv")
        .iter()
        .zip(rows(&lab, "members.csv"))
        .filter(|(advice, _)| advice["drawn_from"].is_empty())
        .all(|(advice, member)| (advice["channel"] == "push") == (member["parity"] == "1"));
    assert!(right, "{summary}");
    for file in ["report.html", "champion.json", "experiment.csv"] {
        assert!(lab.path("out").join(file).exists(), "{file}");
    }
    let verified = run(&["verify", &lab.text("out")]);
    assert_eq!(verified.code, 0, "{}", verified.errors);
}

#[test]
fn with_too_few_random_messages_it_is_said_how_many_there_are() {
    let lab = Lab::new();
    let (sends, _) = drawn(1_500);
    lab.write("sends.csv", sends);
    let ran = channel(&lab, &["--random"]);
    assert_eq!(ran.code, 0, "{}", ran.errors);
    assert!(
        ran.output.contains("of the 5000 messages on random channels that an experiment needs on each"),
        "{}",
        ran.output
    );
    assert!(!lab.path("out/report.html").exists());
}

#[test]
fn what_is_wrong_is_said_with_its_line_and_nothing_is_written() {
    let good = "a,push,2026-03-01,c,0.10,1,1,0,0,5.00";
    let with = |row: &str| format!("{HEADING}\n{good}\n{row}\n");
    let drawn = |from: &str| format!("{HEADING},drawn_from\n{good},{from}\n");
    let members = |rows: &str| format!("member,segment,channels\n{rows}\n");
    let random: &[&str] = &["--random"];
    for (sends, members, more, words) in [
        (
            with(",push,2026-03-01,c,0,1,0,0,0,0"),
            None,
            &[][..],
            "line 3, column \"member\": the member is missing",
        ),
        (
            with("a,,2026-03-01,c,0,1,0,0,0,0"),
            None,
            &[],
            "line 3, column \"channel\": the channel is missing",
        ),
        (with("a,x|y,2026-03-01,c,0,1,0,0,0,0"), None, &[], "which separates channels"),
        (
            with("a,push,1.3.2026,c,0,1,0,0,0,0"),
            None,
            &[],
            "line 3, column \"time\": \"1.3.2026\" is no time such as",
        ),
        (with("a,push,2026-03-01,c,-1,1,0,0,0,0"), None, &[], "column \"cost\": -1 is not from 0"),
        (with("a,push,2026-03-01,c,0.001,1,0,0,0,0"), None, &[], "0.001 has more than two decimals"),
        (
            with("a,push,2026-03-01,c,0,yes,0,0,0,0"),
            None,
            &[],
            "column \"delivered\": \"yes\" is neither 0 nor 1",
        ),
        (
            with("a,push,2026-03-01,c,0,0,1,0,0,0"),
            None,
            &[],
            "column \"opened\": 1, though the message was not delivered",
        ),
        (with("a,push,2026-03-01,c,0,1,0,0,0,much"), None, &[], "column \"value\": \"much\" is not a number"),
        (with("a,push"), None, &[], "line 3: 2 fields where the heading has 10"),
        ("member,channel\na,push\n".to_owned(), None, &[], "there is no column \"time\""),
        (with(good), None, random, "there is no column \"drawn_from\""),
        (drawn("sms"), None, random, "\"sms\" of \"sms\" is the channel of no message"),
        (drawn("push|push"), None, random, "has a channel twice"),
        (with(good), None, &["--margin", "1.5"], "the margin must be a share from 0 to 1, but is 1.5"),
        (with(good), None, &["--lifetime=-1"], "the lifetime value must be a number that is not below 0"),
        (
            with(good),
            Some(members("a,x,push\na,x,push")),
            &[],
            "line 3, column \"member\": \"a\" was on line 2 already",
        ),
        (with(good), Some(members(",x,push")), &[], "the member is missing"),
        (with(good), Some(members("a,,push")), &[], "the segment is missing"),
        (with(good), Some(members("a,x,pusch")), &[], "so nothing is known of it; did you mean \"push\"?"),
        (with(good), Some(members("b,x,push")), &[], "no message of sends.csv was sent to a member"),
        (
            with(good),
            Some(members("a,x,push")),
            &["--features", "segment"],
            "--features segment: is not a feature",
        ),
        (with(good), Some(members("a,x,push")), &["--features", "age"], "there is no column \"age\""),
    ] {
        let lab = Lab::new();
        lab.write("sends.csv", sends);
        let file = lab.text("members.csv");
        let mut arguments = more.to_vec();
        if let Some(members) = members {
            lab.write("members.csv", members);
            arguments.extend(["--members", &file]);
        }
        let ran = channel(&lab, &arguments);
        assert_eq!(ran.code, 2, "{words}: {}{}", ran.output, ran.errors);
        assert!(ran.errors.contains(words), "{words:?} is not in: {}", ran.errors);
        assert!(!lab.path("out").exists(), "{words}");
    }
}
