//! `offer-host report uplift`: members who get an offer against those who do not, from purchase to page.

use domain::offer::ControlGroup;
use domain::quantities::Percent;
use serde_json::{Value, json};

use super::on_both_databases;
use crate::shop::{Database, Shop, hundredths, path};

on_both_databases!(
    an_offer_is_compared_with_its_control_group,
    members_that_were_merged_count_once,
    what_cannot_be_compared_says_why,
    only_what_was_sold_while_it_ran_counts,
    the_cost_is_what_the_offer_gave,
);

const MEMBERS: usize = 48;
const IN_CLUB: usize = 40;

fn import_members(shop: &Shop, members: usize) {
    let member = |number: usize| {
        let audiences = if number < IN_CLUB { json!(["club"]) } else { json!([]) };
        let identifiers = json!([{"kind": "card", "value": format!("c{number}")}]);
        json!({"id": format!("u-{number}"), "identifiers": identifiers, "audiences": audiences}).to_string()
    };
    let rows: Vec<String> = (0..members).map(member).collect();
    shop.import("/v1/members/imports", &rows.join("\n")).accepted();
}

/// 10 % off cheese for half of the club.
fn offer() -> Value {
    let items = json!([{"target": "G2", "method": "percent", "value": "10"}]);
    json!({"mechanic": "product", "params": {"items": items}, "filters": {"audience": "club"},
           "control_group": {"percent": "50", "salt": "autumn"}})
}

fn run_offer(shop: &Shop) {
    shop.put("/v1/audiences/club", "{}").accepted();
    shop.run_offer("cheese", &offer());
}

fn call(shop: &Shop, address: &str) {
    shop.as_integration("POST", address, "").accepted();
}

fn is_control(number: usize) -> bool {
    let group = ControlGroup { percent: Percent(5_000), salt: "autumn".to_owned() };
    group.contains(&format!("u-{number}"))
}

fn buy(shop: &Shop, member: usize, day: u32) -> Value {
    buy_at(shop, &format!("p-{member}-{day}"), member, &format!("2025-11-{day}T10:15:00+03:00"))
}

fn buy_at(shop: &Shop, id: &str, member: usize, at: &str) -> Value {
    let line =
        json!({"position": 1, "goods_id": "G2", "quantity": "1", "price": "100.00", "amount": "100.00"});
    let receipt = json!({"at": at, "pos": "store-77/till-3",
                         "member": {"kind": "card", "value": format!("c{member}")}, "lines": [line]});
    shop.post(&path(id, "calculate"), &format!("{id}-0"), &receipt.to_string()).accepted();
    shop.post(&path(id, "confirm"), &format!("{id}-1"), "").accepted()
}

fn report(shop: &Shop, arguments: &[&str]) -> Value {
    let text = text(shop, &[&["--json"], arguments].concat());
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn text(shop: &Shop, arguments: &[&str]) -> String {
    text_of(shop, "cheese", arguments)
}

fn text_of(shop: &Shop, offer: &str, arguments: &[&str]) -> String {
    let output = shop.command(&[&["report", "uplift", "--offer", offer], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The message of a report that is refused.
fn refused(shop: &Shop, offer: &str) -> String {
    let output = shop.command(&["report", "uplift", "--offer", offer]);
    assert!(!output.status.success());
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// `above / below` in percent with four places, rounded half away from zero.
fn percent(above: i64, below: i64) -> String {
    let scaled = (above.abs() * 2_000_000 + below) / (2 * below);
    let sign = if above < 0 { "-" } else { "" };
    format!("{sign}{}.{:04}", scaled / 10_000, scaled % 10_000)
}

fn an_offer_is_compared_with_its_control_group(database: Database) {
    let shop = Shop::open(database);
    import_members(&shop, MEMBERS);
    run_offer(&shop);
    // Of the treated two in three buy, twice; of the control group one in three, once.
    let (mut treated, mut control) = ((0, 0), (0, 0));
    for number in 0..MEMBERS {
        let (days, (all, buyers)) = if is_control(number) {
            (if number % 3 == 0 { &[20][..] } else { &[] }, &mut control)
        } else {
            (if number % 3 == 0 { &[][..] } else { &[20, 21] }, &mut treated)
        };
        if number < IN_CLUB {
            *all += 1;
            *buyers += i64::from(!days.is_empty());
        }
        for day in days {
            buy(&shop, number, *day);
        }
    }
    assert!(treated.1 > 5 && control.1 > 2, "{treated:?} {control:?}");

    let found = report(&shop, &[]);
    let standing = |arm: &Value| json!([arm["members"], arm["buyers"], arm["receipts"], arm["revenue"]]);
    let money = |amount: i64| format!("{amount}.00");
    let ((treated, buyers), (others, other_buyers)) = (treated, control);
    let expected = json!([treated, buyers, 2 * buyers, money(180 * buyers)]);
    assert_eq!(standing(&found["treated"]), expected);
    let expected = json!([others, other_buyers, other_buyers, money(100 * other_buyers)]);
    assert_eq!(standing(&found["control"]), expected);
    let fired = |arm: &Value| json!([arm["fired_members"], arm["would_have_fired_members"]]);
    assert_eq!(fired(&found["treated"]), json!([buyers, 0]));
    assert_eq!(fired(&found["control"]), json!([0, other_buyers]));
    assert_eq!(found["treated"]["average_receipt"]["value"], "90.0000");
    assert_eq!(found["treated"]["conversion"]["value"], percent(buyers, treated));
    let difference = buyers * others - other_buyers * treated;
    assert_eq!(found["uplift"]["conversion"]["value"], percent(difference, treated * others));
    // 180 b₁/n₁ against 100 b₂/n₂ for each member.
    let relative =
        percent(180 * buyers * others - 100 * other_buyers * treated, 100 * other_buyers * treated);
    assert_eq!(found["uplift"]["revenue_per_member_percent"]["value"], relative);
    assert_eq!(
        found["uplift"]["average_receipt"],
        json!({"value": "-10.0000", "low": "-10.0000", "high": "-10.0000"})
    );
    let interval = &found["uplift"]["revenue_per_member"];
    let number =
        |name: &str| interval[name].as_str().and_then(|text| text.replace('.', "").parse::<i64>().ok());
    assert!(number("low") < number("value") && number("value") < number("high"), "{interval}");
    assert_eq!(found["notes"], json!([]));

    // What comes back is no revenue; one day is half of the receipts of the treated.
    let bought = (0..IN_CLUB).find(|number| !is_control(*number) && number % 3 != 0).expect("a buyer");
    let purchase = format!("p-{bought}-21");
    let lines = json!({"lines": [{"position": 1, "quantity": "1"}]}).to_string();
    shop.post(&path(&purchase, "returns"), "r", &lines).accepted();
    shop.post(&path(&purchase, &format!("returns/{purchase}-r1/confirm")), "s", "").accepted();
    let whole = report(&shop, &[]);
    assert_eq!(hundredths(&whole["treated"]["revenue"]), (180 * buyers - 90) * 100);
    assert_eq!(whole["treated"]["receipts"], 2 * buyers);
    let day = report(&shop, &["--since", "2025-11-21", "--until", "2025-11-21"]);
    assert_eq!(standing(&day["treated"]), json!([treated, buyers, buyers, money(90 * buyers)]));
    assert_eq!(day["control"]["buyers"], 0);
    let conversion = &day["control"]["conversion"];
    assert_eq!((&conversion["value"], &conversion["low"]), (&json!("0.0000"), &json!("0.0000")));
    assert_ne!(conversion["high"], "0.0000", "nobody so far is not nobody ever");
    assert_eq!(
        day["notes"],
        json!(["members of the control group: none of them bought anything in the period"])
    );

    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("uplift.html");
    let text = text(&shop, &["--html", file.to_str().expect("text")]);
    for line in ["with the offer", "revenue per member", "percentage points", "with 95 % confidence"] {
        assert!(text.contains(line), "{line} is missing:\n{text}");
    }
    let page = std::fs::read_to_string(file).expect("the page");
    assert_eq!(page.matches("<svg").count(), 3, "{page}");
    assert_eq!(page.matches("class=\"whisker\"").count(), 6);
    assert!(!page.contains("<script") && !page.contains("http"), "the page needs nothing else");
}

fn members_that_were_merged_count_once(database: Database) {
    const BUYERS: usize = 16;
    let shop = Shop::open(database);
    import_members(&shop, BUYERS);
    run_offer(&shop);
    for number in 0..BUYERS {
        buy(&shop, number, 20);
    }
    let (control, treated): (Vec<usize>, Vec<usize>) = (0..BUYERS).partition(|number| is_control(*number));
    assert!(control.len() > 2 && treated.len() > 4, "{control:?} {treated:?}");
    let merge = |from: usize, into: usize| {
        let headers = [("Content-Type", "application/json")];
        let address = format!("/v1/members/u-{from}/merge");
        let body = json!({"into": format!("u-{into}")}).to_string();
        shop.call(("POST", &address), "integration", &headers, &body).accepted();
    };
    let counts = |report: &Value| {
        let of = |arm: &str, name: &str| report[arm][name].as_u64().expect("a count");
        let money = |arm: &str| hundredths(&report[arm]["revenue"]);
        ["treated", "control"].map(|arm| (of(arm, "members"), of(arm, "receipts"), money(arm)))
    };
    let [of_treated, of_control] = counts(&report(&shop, &[]));
    merge(treated[0], treated[1]);
    let (members, receipts, revenue) = of_treated;
    let after = report(&shop, &[]);
    assert_eq!(
        counts(&after),
        [(members - 1, receipts, revenue), of_control],
        "one person, who bought twice"
    );
    assert_eq!(after["notes"], json!([]));
    merge(treated[2], control[0]);
    let after = report(&shop, &[]);
    let (others, other_receipts, other_revenue) = of_control;
    let left = [
        (members - 2, receipts - 1, revenue - 9_000),
        (others - 1, other_receipts - 1, other_revenue - 10_000),
    ];
    assert_eq!(counts(&after), left);
    let note = after["notes"][0].as_str().expect("a note");
    assert!(note.starts_with("1 members are left out: they were merged"), "{note}");
}

fn what_cannot_be_compared_says_why(database: Database) {
    let shop = Shop::open(database);
    assert!(refused(&shop, "none").contains("there is no offer `none`"));
    assert!(refused(&shop, "coffee-15").contains("has no control group"));
    run_offer(&shop);
    import_members(&shop, 1);
    let found = report(&shop, &[]);
    assert_eq!(found["uplift"], Value::Null);
    let notes = found["notes"].as_array().expect("notes");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].as_str().expect("text").ends_with("at least 2 are needed to compare"));
    let mut without = offer();
    without["control_group"].take();
    shop.run_offer("cheese", &without);
    let told = refused(&shop, "cheese");
    assert!(told.contains("version 1, which ran before, had one"), "{told}");
    for time in ["--since", "--until"] {
        let output = shop.command(&["report", "uplift", "--offer", "cheese", time, "soon"]);
        assert!(!output.status.success());
    }
}

fn only_what_was_sold_while_it_ran_counts(database: Database) {
    const BUYERS: usize = 16;
    let shop = Shop::open(database);
    import_members(&shop, BUYERS);
    shop.put("/v1/audiences/club", "{}").accepted();
    shop.put("/v1/offers/cheese", &offer().to_string()).accepted();
    let all_buy = |day: u32| (0..BUYERS).for_each(|member| drop(buy(&shop, member, day)));
    all_buy(20);
    let never = refused(&shop, "cheese");
    assert!(never.contains("offer `cheese` has never run") && never.contains("1, is a draft"), "{never}");
    call(&shop, "/v1/offers/cheese/run");
    all_buy(21);
    call(&shop, "/v1/offers/cheese/stop");
    all_buy(22);

    let members = |of_control: bool| (0..BUYERS).filter(|number| is_control(*number) == of_control).count();
    let (treated, control) = (members(false), members(true));
    let found = report(&shop, &[]);
    let receipts = |report: &Value| json!([report["treated"]["receipts"], report["control"]["receipts"]]);
    assert_eq!(receipts(&found), json!([treated, control]));
    assert_eq!(found["treated"]["revenue"], format!("{}.00", 90 * treated));
    assert_eq!(found["control"]["revenue"], format!("{}.00", 100 * control));
    assert_eq!(found["counted"]["receipts_left_out"], 2 * BUYERS);
    let spans = found["counted"]["spans"].as_array().expect("spans");
    assert_eq!((spans.len(), &spans[0]["version"]), (1, &json!(1)));
    assert!(spans[0]["from"].is_string() && spans[0]["until"].is_string(), "{spans:?}");
    let note = found["notes"][0].as_str().expect("a note");
    assert!(note.starts_with(&format!("{} receipts of these members are left out", 2 * BUYERS)), "{note}");
    assert!(text(&shop, &[]).contains("counted while it ran: from 20"));

    // A draft beside it changes nothing. Once it runs, its period counts by the clock of the store, which is ahead of UTC.
    let mut edited = offer();
    edited["filters"]["period"] = json!({"start": "2025-11-25", "end": "2025-11-25"});
    shop.put("/v1/offers/cheese", &edited.to_string()).accepted();
    assert_eq!(report(&shop, &[]), found);
    call(&shop, "/v1/offers/cheese/run");
    let buyer = (0..BUYERS).find(|number| !is_control(*number)).expect("a buyer");
    for (id, at, discount) in [
        ("before", "2025-11-24T20:59:59Z", "0.00"),
        ("first", "2025-11-24T21:00:00Z", "10.00"),
        ("last", "2025-11-25T23:59:59+03:00", "10.00"),
        ("after", "2025-11-26T00:00:00+03:00", "0.00"),
    ] {
        let sold = buy_at(&shop, id, buyer, at);
        assert_eq!(sold["totals"]["discount"], discount, "{at}");
    }
    let after = report(&shop, &[]);
    assert_eq!(receipts(&after), json!([treated + 2, control]));
    assert_eq!(after["counted"]["receipts_left_out"], 2 * BUYERS + 2);
    let spans = after["counted"]["spans"].as_array().expect("spans");
    assert_eq!((spans.len(), &spans[1]["version"], &spans[1]["until"]), (2, &json!(2), &Value::Null));
    assert_eq!(spans[1]["period"], edited["filters"]["period"]);
}

fn the_cost_is_what_the_offer_gave(database: Database) {
    const BUYERS: usize = 16;
    let shop = Shop::open(database);
    import_members(&shop, BUYERS);
    run_offer(&shop);
    let mut bonus = offer();
    bonus["params"]["reward"] = json!("points");
    bonus["params"]["items"][0]["value"] = json!("7");
    shop.run_offer("bonus", &bonus);
    let sold: Vec<Value> = (0..BUYERS).map(|member| buy(&shop, member, 20)).collect();
    let given = |offer: &str, name: &str| -> i64 {
        let rewards = sold.iter().flat_map(|answer| answer["lines"][0]["offers"].as_array().expect("offers"));
        rewards.filter(|reward| reward["offer"] == offer).map(|reward| hundredths(&reward[name])).sum()
    };
    let of = |offer: &str| -> Value {
        serde_json::from_str(&text_of(&shop, offer, &["--json"])).expect("a report")
    };
    let treated = (0..BUYERS).filter(|number| !is_control(*number)).count();
    let treated_money = |each: i64| each * i64::try_from(treated).expect("few");
    let (cheese, bonus) = (of("cheese"), of("bonus"));
    assert_eq!(given("cheese", "discount"), treated_money(1_000));
    assert_eq!(hundredths(&cheese["cost"]["discount"]), treated_money(1_000));
    assert_eq!(cheese["cost"]["total"], cheese["cost"]["discount"]);
    assert_eq!(cheese["cost"]["points"], "0.00");
    assert!(given("bonus", "points") > 0);
    assert_eq!(hundredths(&bonus["cost"]["points"]), given("bonus", "points"));
    assert_eq!(bonus["cost"]["total"], bonus["cost"]["points"], "a point pays one unit of money");
    // All bought the same, so that the discount is not earned back: nothing more, less the cost.
    let exactly = |amount: i64| {
        let text = format!("{amount}.0000");
        json!({"value": text, "low": text, "high": text})
    };
    assert_eq!(cheese["effect"]["extra_revenue"], exactly(0));
    assert_eq!(cheese["effect"]["net"], exactly(-treated_money(10)));
    assert_eq!(cheese["members_needed"]["net"], json!({"members": 0, "missing": 0}));
    let definition = cheese["definitions"]["revenue"].as_str().expect("a definition");
    assert!(definition.starts_with("money paid"), "{definition}");
    let text = text_of(&shop, "cheese", &[]);
    for part in
        ["net effect", "clearly a loss", "members needed", "cost of the offer: ", "revenue: money paid"]
    {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }

    // What comes back was not given.
    let buyer = (0..BUYERS).find(|number| !is_control(*number)).expect("a buyer");
    let purchase = format!("p-{buyer}-20");
    let lines = json!({"lines": [{"position": 1, "quantity": "1"}]}).to_string();
    shop.post(&path(&purchase, "returns"), "r", &lines).accepted();
    shop.post(&path(&purchase, &format!("returns/{purchase}-r1/confirm")), "s", "").accepted();
    let after = of("cheese");
    assert_eq!(hundredths(&after["cost"]["discount"]), treated_money(1_000) - 1_000);
}
