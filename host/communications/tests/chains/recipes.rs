use communications::chains::{
    Catalogue, EventOf, Options, RECIPES, Reactions, Simulation, Version, check, simulate,
};
use serde_json::{Value, json};

use super::shop::{Member, Shop, event, member, options, timeline, version};

const ZONE: &str = "Asia/Vladivostok";

fn recipe(name: &str) -> Version {
    let recipe = RECIPES.iter().find(|recipe| recipe.name == name).expect("a recipe");
    let mut document: Value = serde_json::from_str(recipe.document).expect(name);
    // Everybody gets it, so that the test needs no member who is drawn.
    document["control"] = Value::Null;
    version(&document)
}

fn run(name: &str, member: Member, events: Vec<EventOf>, reactions: Reactions) -> Simulation {
    let options = Options { reactions, to: super::shop::at("2026-12-31T00:00:00Z"), ..options() };
    simulate(&recipe(name), &options, &mut Shop(vec![member]), events, &mut |_| {})
}

#[track_caller]
fn shows(name: &str, member: Member, events: Vec<EventOf>, wanted: &[&str]) {
    assert_eq!(timeline(&run(name, member, events, Reactions::None), ZONE), wanted, "{name}");
}

fn someone() -> Member {
    member("m", ZONE)
}

#[test]
fn every_recipe_passes_the_check() {
    assert_eq!(RECIPES.len(), 8);
    for recipe in RECIPES {
        let document: Value = serde_json::from_str(recipe.document).expect(recipe.name);
        assert_eq!(check(&version(&document), &Catalogue::default()), [], "{}", recipe.name);
    }
}

#[test]
fn welcome() {
    let joined = event("2026-03-01T20:30:00+10:00", "joined", json!({}));
    let bought = event("2026-03-05T18:00:00+10:00", "purchase", json!({}));
    shows(
        "welcome",
        someone(),
        vec![joined.clone(), bought],
        &[
            "Mon 2026-03-02 10:00 hello: message welcome",
            "Thu 2026-03-05 18:00 thanks: 100.00 points",
            "Thu 2026-03-05 18:00 bought: goal first-purchase",
            "Thu 2026-03-05 18:00 end: leaves: exit",
        ],
    );
    shows(
        "welcome",
        someone(),
        vec![joined],
        &[
            "Mon 2026-03-02 10:00 hello: message welcome",
            "Mon 2026-03-16 10:00 remind: message welcome-reminder",
            "Mon 2026-03-16 10:00 end: leaves: exit",
        ],
    );
}

#[test]
fn abandoned_cart() {
    let cart = |time, total| event(time, "cart_abandoned", json!({ "total": total }));
    shows(
        "abandoned_cart",
        someone(),
        vec![cart("2026-03-01T19:10:00+10:00", "700.00")],
        &[
            "Sun 2026-03-01 20:10 remind: message cart",
            "Mon 2026-03-02 10:00 offer: message cart-coupon",
            "Thu 2026-03-05 10:00 end: leaves: exit",
        ],
    );
    let bought = event("2026-03-01T21:00:00+10:00", "purchase", json!({}));
    shows(
        "abandoned_cart",
        someone(),
        vec![cart("2026-03-01T19:10:00+10:00", "700.00"), bought],
        &[
            "Sun 2026-03-01 20:10 remind: message cart",
            "Sun 2026-03-01 21:00 morning: goal bought",
            "Sun 2026-03-01 21:00 morning: leaves: leave_when",
        ],
    );
    shows("abandoned_cart", someone(), vec![cart("2026-03-01T19:10:00+10:00", "499.99")], &[]);
}

#[test]
fn cancelled_order() {
    // A Friday: the offer comes on Monday.
    let cancelled = |time| event(time, "cancelled", json!({ "purchase_id": "o-1" }));
    let twice = vec![cancelled("2026-03-06T15:00:00+10:00"), cancelled("2026-03-06T15:05:00+10:00")];
    shows(
        "cancelled_order",
        someone(),
        twice,
        &[
            "Fri 2026-03-06 15:00 sorry: message order-cancelled",
            "Mon 2026-03-09 11:00 offer: personal offer sorry-15",
            "Mon 2026-03-09 11:00 tell: message sorry-offer",
            "Mon 2026-03-23 11:00 end: leaves: exit",
        ],
    );
}

#[test]
fn birthday() {
    let mut born = someone();
    born.dates.insert("birthday".to_owned(), "1990-06-20".to_owned());
    shows(
        "birthday",
        born,
        vec![],
        &[
            "Wed 2026-06-17 10:00 gift: 300.00 points",
            "Wed 2026-06-17 10:00 tell: message birthday-points",
            "Sat 2026-06-20 09:00 greet: message birthday",
            "Sun 2026-06-28 09:00 remind: message birthday-points-expire",
            "Sun 2026-06-28 09:00 end: leaves: exit",
        ],
    );
    shows("birthday", someone(), vec![], &[]);
}

#[test]
fn points_expire() {
    let warned =
        event("2026-03-01T12:00:00+10:00", "points_expiring", json!({ "trigger": 0, "points": "150" }));
    shows(
        "points_expire",
        someone(),
        vec![warned.clone()],
        &[
            "Sun 2026-03-01 12:00 warn: message points-expire",
            "Wed 2026-03-11 18:00 again: message points-expire-last",
            "Wed 2026-03-11 18:00 end: leaves: exit",
        ],
    );
    let spent = event("2026-03-04T12:00:00+10:00", "points_burned", json!({}));
    shows(
        "points_expire",
        someone(),
        vec![warned, spent],
        &[
            "Sun 2026-03-01 12:00 warn: message points-expire",
            "Wed 2026-03-04 12:00 pause: goal spent",
            "Wed 2026-03-04 12:00 pause: leaves: leave_when",
        ],
    );
}

#[test]
fn lost() {
    let entered = |name: &str| event("2026-03-02T00:00:00+10:00", "segment_entered", json!({ "name": name }));
    let draw =
        |id: &str| timeline(&run("lost", member(id, ZONE), vec![entered("lost")], Reactions::None), ZONE);
    let points = [
        "Thu 2026-03-05 17:00 points: 200.00 points",
        "Thu 2026-03-05 17:00 tell-points: message lost-points",
        "Thu 2026-03-26 17:00 mark: tag gone",
        "Thu 2026-03-26 17:00 end: leaves: exit",
    ];
    let offer = [
        "Thu 2026-03-05 17:00 offer: personal offer come-back-20",
        "Thu 2026-03-05 17:00 tell-offer: message lost-offer",
        "Thu 2026-03-26 17:00 mark: tag gone",
        "Thu 2026-03-26 17:00 end: leaves: exit",
    ];
    let drawn: Vec<Vec<String>> = (0..20).map(|number| draw(&format!("m-{number}"))).collect();
    assert!(drawn.iter().all(|lines| *lines == points || *lines == offer), "{drawn:#?}");
    assert!(drawn.iter().any(|lines| *lines == points) && drawn.iter().any(|lines| *lines == offer));
    shows("lost", someone(), vec![entered("another")], &[]);
}

#[test]
fn after_purchase() {
    let bought = |time, category| {
        event(time, "purchase", json!({ "lines": [{ "product": "p", "categories": [category, "drinks"] }] }))
    };
    let events = vec![
        bought("2026-03-01T10:00:00+10:00", "tea"),
        bought("2026-03-02T10:00:00+10:00", "coffee"),
        bought("2026-03-03T10:00:00+10:00", "coffee"),
    ];
    shows(
        "after_purchase",
        someone(),
        events.clone(),
        &[
            "Mon 2026-03-02 12:00 thanks: message coffee-thanks",
            "Sat 2026-04-04 10:00 reorder: message coffee-reorder",
            "Sat 2026-04-04 10:00 end: leaves: exit",
        ],
    );
    let all = run("after_purchase", someone(), events, Reactions::All);
    assert_eq!(timeline(&all, ZONE)[1], "Mon 2026-03-02 12:01 interested: tag coffee-lover");
}

#[test]
fn survey() {
    let bought = event("2026-03-01T19:00:00+10:00", "purchase", json!({ "net": "300000" }));
    let answered = event("2026-03-04T08:00:00+10:00", "survey_answered", json!({ "survey": "how-was-it" }));
    let mut unhappy = someone();
    unhappy.answers.insert("unhappy".to_owned(), true);
    shows(
        "survey",
        unhappy,
        vec![bought.clone(), answered],
        &[
            "Tue 2026-03-03 12:00 ask: survey how-was-it: message survey",
            "Wed 2026-03-04 08:00 thanks: 50.00 points",
            "Wed 2026-03-04 08:00 desk: webhook service-desk",
            "Wed 2026-03-04 08:00 end: leaves: exit",
        ],
    );
    shows(
        "survey",
        someone(),
        vec![bought],
        &[
            "Tue 2026-03-03 12:00 ask: survey how-was-it: message survey",
            "Tue 2026-03-10 12:00 end: leaves: exit",
        ],
    );
}
