//! Weeks of a made-up chain: the learner assigns, the host prices, and what came of it is learned from.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use simulate::drive::{self, Pace};
use simulate::{Chain, Settings, date};

use crate::lab::{Lab, ended};
use crate::stand::Stand;

/// Names a number of members, such as the 20,000 of a real trial.
const VARIABLE: &str = "OFFER_HOST_LEARN_MEMBERS";
/// Enough for each arm to be learned from, and for four weeks of receipts to be sold within seconds.
const MEMBERS: u32 = 1_200;
const WEEKS: u32 = 4;

const MORE: &str = r#"[drop]
members = "profiles.csv"
receipts = "receipts"
catalog = "catalog.ndjson"
margins = "margins.csv"
[competition]
least_rows_of_arm = 200
trees = { trees = 20, depth = 2, rate = 0.2, least_rows = 100 }
"#;

/// The stored terms of a member at the host, as percent off; 0 without terms.
fn level(stand: &Stand, key: &str, member: &str) -> (u32, Value) {
    let known = stand.call(key, "GET", &format!("/v1/members/{member}"), &Value::Null);
    let own =
        known["attributes"].as_array().unwrap().iter().find(|attribute| attribute["name"] == "your-level");
    let terms = own.map(|attribute| attribute["value"].clone()).unwrap_or_default();
    let percent = terms.pointer("/items/0/value").and_then(Value::as_str).unwrap_or("0").parse().unwrap();
    (percent, terms)
}

/// The discount, in percent, that a run uploaded for each member.
fn uploaded(lab: &Lab, run: &str) -> BTreeMap<String, u32> {
    let rows = lab.columns(&format!("state/runs/{run}/5-assign/assignments.csv"), &["member", "uploaded"]);
    let percent = |arm: &str| arm.trim_end_matches(" %").parse().unwrap_or_default();
    rows.into_iter().map(|row| (row[0].clone(), percent(&row[1]))).collect()
}

/// The host's own report agrees with that of the learner: counts and sums exactly, estimates to a hundredth. Intervals are
/// as wide to two percent: the host takes them from Student's distribution, the learner from the normal one.
fn agree(host: &Value, learner: &Value) {
    for side in ["treated", "control"] {
        for name in ["members", "buyers", "receipts", "revenue", "fired_members", "would_have_fired_members"]
        {
            assert_eq!(host[side][name], learner[side][name], "{side}.{name}\n{host:#}\n{learner:#}");
        }
    }
    assert_eq!(host["cost"]["total"], learner["cost"]);
    for name in ["extra_revenue", "net"] {
        let of_host = |end: &str| host["effect"][name][end].as_str().unwrap().parse::<f64>().unwrap();
        let of_learner = |end: &str| learner[name][end].as_f64().unwrap();
        let (found, own) = (of_host("value"), of_learner("value"));
        assert!((found - own).abs() < 0.01, "{name}: {found} and {own}");
        let (found, own) = (of_host("high") - of_host("low"), of_learner("high") - of_learner("low"));
        assert!((found / own - 1.0).abs() < 0.02, "{name}: {found} and {own} wide");
    }
}

#[test]
fn the_learners_offers_are_paid_at_the_till_and_learned_from() {
    let members = std::env::var(VARIABLE).map_or(MEMBERS, |number| number.parse().unwrap());
    let stand = Stand::start();
    let (admin, key) = (stand.key("admin"), stand.key("integration"));
    let chain = Chain::new(Settings { members, weeks: WEEKS, ..Settings::default() }).unwrap();
    let at = drive::Host::new(&stand.url, &admin).unwrap();
    drive::load(&chain, &at, &|_, _| {}).unwrap();
    let mut offer = simulate::host::offers().remove(0);
    let fields = offer.as_object_mut().unwrap();
    fields.remove("external_id");
    fields.insert("control_group".to_owned(), json!({"percent": "10", "salt": "nobody"}));
    stand.call(&key, "PUT", "/v1/offers/your-level", &offer);
    stand.call(&key, "POST", "/v1/offers/your-level/run", &Value::Null);
    let lab = Lab::new(&chain, &stand.url, &key, MORE);

    let monday = |week| date(chain.first_day(week));
    let mut reports = Vec::new();
    for week in 1..=WEEKS {
        let said = ended(lab.night("run", &monday(week)), 0);
        assert!(said.output.contains("0 refused"), "{said:?}");
        if let Some(report) = reports.last() {
            agree(report, &lab.json(&format!("state/runs/{}/3-outcomes/uplift.json", monday(week))));
        }
        // Night by night in between, nothing changes.
        ended(lab.night("run", &date(chain.first_day(week) + 1)), 0);
        let sent = drive::week(&chain, &at, week, &Pace { tills: 4, per_second: None }, &|_, _| {}).unwrap();
        assert!(sent.discounted > 0 && sent.receipts > u64::from(members) / 10, "{sent:?}");
        let (since, until) = (monday(week), date(chain.first_day(week) + 6));
        let report = stand.run(&[
            "report",
            "uplift",
            "--offer",
            "your-level",
            "--since",
            &since,
            "--until",
            &until,
            "--json",
        ]);
        let report: Value = serde_json::from_str(&report).unwrap();
        // Every discount is one of the learner's, and its decision says which run it is of.
        assert_eq!(report["cost"]["total"], json!(simulate::host::money(sent.discount)));
        assert!(report["treated"]["fired_members"].as_u64().unwrap() == sent.discounted, "{report:#}");
        reports.push(report);
    }

    // The learner's outcome of each member is the amount that the simulated chain drew for the member's arm.
    let (third, last) = (monday(WEEKS - 1), monday(WEEKS));
    let experiment =
        lab.columns(&format!("state/runs/{last}/3-outcomes/experiment.csv"), &["member", "arm", "outcome"]);
    assert_eq!(experiment.len(), usize::try_from(members * (WEEKS - 1)).unwrap());
    for (place, row) in (0..).zip(&experiment) {
        let (week, member) = (place / members + 1, place % members);
        let arm = chain.arm_of(row[1].trim_end_matches(" %").parse().unwrap_or_default()).unwrap();
        let net = chain.outcome(member, week, arm).net;
        let found: f64 = row[2].parse().unwrap();
        assert!((found - f64::from(i32::try_from(net).unwrap()) / 100.0).abs() < 0.011, "{row:?}: {net}");
    }
    for week in 1..=WEEKS {
        let said = ended(lab.verify(&monday(week)), 0);
        assert!(said.output.starts_with("identical: "), "{said:?}");
    }

    let given = [uploaded(&lab, &third), uploaded(&lab, &last)];
    let others: Vec<&String> =
        given[0].keys().filter(|member| given[0][*member] != given[1][*member]).take(20).collect();
    assert!(!others.is_empty());
    for member in &others {
        assert_eq!(level(&stand, &key, member).0, given[1][*member]);
    }
    let said =
        ended(lab.run(&["rollback", &lab.path(&format!("state/runs/{last}")).display().to_string()]), 0);
    assert!(said.output.contains(&format!("run {third} is in force again")), "{said:?}");
    for member in &others {
        let (percent, terms) = level(&stand, &key, member);
        assert_eq!(percent, given[0][*member]);
        // For the days of the run that was taken back.
        assert!(terms.is_null() || terms["start"] == json!(last), "{terms}");
    }
    // It is said once: that run is not in force any more.
    ended(lab.run(&["rollback", &lab.path(&format!("state/runs/{last}")).display().to_string()]), 1);
}
