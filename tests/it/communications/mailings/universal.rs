//! The universal control group: nothing that advertises reaches it, of any mailing or chain; what it buys is compared with
//! what all others buy.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::sink::Sink;
use super::{call, channel, done, listed, mailing, members, open, put};
use crate::communications::now_ms;
use crate::shop::{Database, Shop, on_both_databases, path, reference};
use crate::waiting::until;

on_both_databases!(
    the_universal_group_gets_only_what_is_transactional,
    a_merged_member_is_in_the_group_of_the_survivor,
);

const MEMBERS: usize = 30;
const GROUP: [(&str, &str); 2] =
    [("COMMUNICATIONS__CONTROL_PERCENT", "30"), ("COMMUNICATIONS__CHAIN_EVERY_MS", "20")];

/// A host whose members have agreed to everything, after a mailing that advertises; and who is in the group.
fn shop(database: Database) -> (Shop, Sink, BTreeSet<usize>) {
    let shop = open(database, &GROUP);
    let sink = Sink::open();
    channel(&shop, &sink, &json!({}));
    members(&shop, 0..MEMBERS, |_| true);
    put(&shop, &mailing(&json!({}))).accepted();
    call(&shop, "start").accepted();
    let statistics = done(&shop);
    let ghosts = listed(&shop, "ghost");
    assert_eq!(statistics["reasons"]["ghost"], json!({"universal_control_group": ghosts.len()}));
    let number = |member: &String| member.trim_start_matches("p-").parse().expect("a number");
    let group: BTreeSet<usize> = ghosts.iter().map(|(member, ..)| number(member)).collect();
    assert!((3..MEMBERS - 3).contains(&group.len()), "{group:?}");
    (shop, sink, group)
}

/// How many mails a member has got.
fn mails(sink: &Sink, number: usize) -> usize {
    sink.mails().get(&format!("p{number}@example.com")).map_or(0, Vec::len)
}

/// Defines and starts another mailing, and waits until it is done.
fn send(shop: &Shop, name: &str, more: &Value, meanwhile: impl FnOnce()) -> Value {
    let address = format!("/v1/mailings/{name}");
    shop.put(&address, &mailing(more).to_string()).accepted();
    shop.as_integration("POST", &format!("{address}/start"), "").accepted();
    meanwhile();
    until("the mailing is done", || shop.as_integration("GET", &address, "").accepted()["state"] == "done");
    shop.as_integration("GET", &format!("{address}/statistics"), "").accepted()
}

fn buy(shop: &Shop, number: usize) {
    let card = json!({"id": format!("p-{number}"), "identifiers": [{"kind": "card", "value": format!("c-{number}")}]});
    shop.import("/v1/members/imports", &card.to_string()).accepted();
    let (mut receipt, id) = (reference(), format!("b-{number}"));
    receipt["member"] = json!({"kind": "card", "value": format!("c-{number}")});
    let at = jiff::Timestamp::now().as_second() + 10;
    receipt["at"] = json!(jiff::Timestamp::from_second(at).expect("a time").to_string());
    shop.post(&path(&id, "calculate"), &id, &receipt.to_string()).accepted();
    shop.post(&path(&id, "confirm"), &format!("{id}-c"), "").accepted();
}

fn the_universal_group_gets_only_what_is_transactional(database: Database) {
    let (shop, sink, group) = shop(database);
    let others: BTreeSet<usize> = (0..MEMBERS).filter(|number| !group.contains(number)).collect();
    for number in 0..MEMBERS {
        assert_eq!(mails(&sink, number), usize::from(others.contains(&number)), "p-{number}");
    }
    let preview = |number: &usize| {
        let path = format!("/v1/mailings/spring/preview?member_id=p-{number}");
        shop.as_integration("GET", &path, "").accepted()["control_group"].clone()
    };
    let (ghost, other) = (group.first().expect("a ghost"), others.first().expect("another"));
    assert_eq!((preview(ghost), preview(other)), (json!(true), json!(false)));

    // Before anything else is sent, which would be credited instead.
    buy(&shop, *ghost);
    buy(&shop, *other);
    let groups = || {
        let told = shop.as_integration("GET", "/v1/mailings/spring/attribution", "").accepted();
        told["control_group"].clone()
    };
    until("the purchases are known", || {
        (&groups()["sent"]["orders"], &groups()["universal"]["orders"]) == (&json!(1), &json!(1))
    });
    let told = groups();
    let members = |of: &str| told[of]["members"].clone();
    assert_eq!(
        (members("sent"), members("ghosts"), members("universal")),
        (json!(others.len()), json!(0), json!(group.len())),
        "{told}"
    );

    let statistics = send(&shop, "order", &json!({"category": "transactional"}), || {});
    assert_eq!(statistics["messages"]["sent"], json!(MEMBERS), "{statistics}");

    let message = |more: Value| {
        let mut node = json!({"type": "message", "template": "spring", "channel": "mail", "topic": "news"});
        for (name, value) in more.as_object().expect("an object") {
            node[name] = value.clone();
        }
        node
    };
    let document = json!({
        "triggers": [{"event": "joined"}],
        "start": "offer",
        "nodes": {
            "offer": message(json!({"next": "tag"})),
            "tag": {"type": "points", "points": "5", "reason": "Welcome", "next": "notice"},
            "notice": message(json!({"category": "transactional", "next": "end"})),
            "end": {"type": "exit"},
        },
    });
    shop.put("/v1/chains/join", &document.to_string()).accepted();
    shop.as_integration("POST", "/v1/chains/join/publish", "{}").accepted();
    let joined = |number: usize| {
        json!({"id": format!("j-{number}"), "source": "shop", "member": {"id": format!("p-{number}")},
               "kind": "joined", "at": now_ms()})
        .to_string()
    };
    shop.import("/v1/events", &(0..MEMBERS).map(joined).collect::<Vec<_>>().join("\n")).accepted();
    let statistics = || shop.as_integration("GET", "/v1/chains/join/statistics", "").accepted();
    let sent = json!({"state": "sent", "reason": "", "messages": MEMBERS + others.len()});
    until("all messages of the chain are sent", || {
        statistics()["messages"].as_array().expect("states").contains(&sent)
    });
    let told = statistics();
    let ghosts = json!({"state": "ghost", "reason": "universal_control_group", "messages": group.len()});
    assert!(told["messages"].as_array().expect("states").contains(&ghosts), "{told}");
    assert_eq!(told["ghosts"], json!(group.len()), "{told}");
    for number in 0..MEMBERS {
        let expected = if others.contains(&number) { 4 } else { 2 };
        assert_eq!(mails(&sink, number), expected, "p-{number}");
    }

    let output = shop.command(&["report", "control-group", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let side = |side: &str| [&report[side]["members"], &report[side]["buyers"]].map(Clone::clone);
    assert_eq!(side("treated"), [json!(others.len()), json!(1)], "{report}");
    assert_eq!(side("control"), [json!(group.len()), json!(1)], "{report}");
    assert_eq!(report["control_group"], json!({"percent": "30", "salt": "communications"}));
    let text = String::from_utf8_lossy(&shop.command(&["report", "control-group"]).stdout).into_owned();
    assert!(text.contains("written to") && text.contains("revenue per member"), "{text}");
    assert!(!text.contains("cost of the offer") && !text.contains("net effect"), "{text}");
}

fn a_merged_member_is_in_the_group_of_the_survivor(database: Database) {
    let (shop, sink, group) = shop(database);
    let mut inside = group.iter().copied();
    let mut outside = (0..MEMBERS).filter(|number| !group.contains(number));
    let pair = |from: Option<usize>, into: Option<usize>| (from.expect("one"), into.expect("another"));
    let (was_ghost, survivor) = pair(inside.next(), outside.next());
    let (was_other, ghost) = pair(outside.next(), inside.next());
    let soon = jiff::Timestamp::from_millisecond(now_ms() + 3_600_000).expect("a time").to_string();
    // Members are merged between planning and sending.
    let statistics = send(&shop, "second", &json!({"schedule": {"at": soon}}), || {
        let planned = || {
            let told = shop.as_integration("GET", "/v1/mailings/second/statistics", "").accepted();
            told["not_planned_yet"] == json!(0)
        };
        until("all are planned", planned);
        for (from, into) in [(was_ghost, survivor), (was_other, ghost)] {
            let body = json!({"into": format!("p-{into}")}).to_string();
            shop.as_integration("POST", &format!("/v1/members/p-{from}/merge"), &body).accepted();
        }
        until("communications know of the mergers", || {
            crate::communications::profile(&shop, &format!("p-{ghost}"))["events"]
                .as_array()
                .expect("events")
                .iter()
                .any(|event| event["kind"] == "member_merged")
        });
        // An hour later.
        shop.communications_sql(
            "UPDATE messages SET not_before = planned_at, next_at = planned_at WHERE state = 'planned'",
        );
    });
    let got = [was_ghost, survivor, was_other, ghost].map(|number| mails(&sink, number));
    assert_eq!(got, [0, 2, 1, 0], "{statistics}");
    let statistics = send(&shop, "third", &json!({}), || {});
    let got = [was_ghost, survivor, was_other, ghost].map(|number| mails(&sink, number));
    assert_eq!(got, [0, 3, 1, 0], "{statistics}");
    assert_eq!(statistics["reasons"]["ghost"]["universal_control_group"], json!(group.len() - 1));
}
