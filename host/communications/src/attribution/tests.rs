use jiff::Timestamp;
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_millisecond()
}

fn vladivostok() -> TimeZone {
    TimeZone::get("Asia/Vladivostok").expect("a zone")
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn touch(message: &str, kind: TouchKind, time: &str) -> Touch {
    Touch {
        message: message.to_owned(),
        cause: format!("mailing of {message}"),
        kind,
        at: at(time),
        tells_opens: true,
        codes: names(&["C-1"]),
        offers: names(&["coffee-10"]),
    }
}

fn purchase(id: &str, time: &str, net: i64) -> Purchase {
    Purchase { id: id.to_owned(), at: at(time), net, codes: names(&[]), offers: names(&[]) }
}

fn back(id: &str, purchase: &str, net: i64) -> Return {
    Return { id: id.to_owned(), purchase: purchase.to_owned(), net }
}

/// Pairs of purchase and message.
fn pairs(mode: Mode, days: u16, touches: &[Touch], purchases: &[Purchase]) -> Vec<(String, String)> {
    let credits = credits(mode, days, &vladivostok(), touches, purchases, &[]);
    credits.into_iter().map(|credit| (credit.purchase, credit.message)).collect()
}

fn pair(purchase: &str, message: &str) -> (String, String) {
    (purchase.to_owned(), message.to_owned())
}

#[test]
fn each_mode_asks_for_its_own_event() {
    use TouchKind::{Clicked, Delivered, Ghost, Opened, Sent};

    let buys = [purchase("p", "2026-11-30T12:00:00Z", 100)];
    let time = "2026-11-30T02:00:00Z";
    for (kind, modes) in [
        (Sent, &[Mode::ControlGroup][..]),
        (Ghost, &[Mode::ControlGroup]),
        (Delivered, &[]),
        (Opened, &[Mode::Reached]),
        (Clicked, &[Mode::Click]),
    ] {
        for mode in [Mode::Click, Mode::Reached, Mode::Used, Mode::ControlGroup] {
            let wanted = if modes.contains(&mode) { vec![pair("p", "m")] } else { Vec::new() };
            assert_eq!(pairs(mode, 3, &[touch("m", kind, time)], &buys), wanted, "{mode:?} {kind:?}");
        }
    }
    let sms = Touch { tells_opens: false, ..touch("m", Delivered, time) };
    assert_eq!(pairs(Mode::Reached, 3, &[sms], &buys), [pair("p", "m")]);
}

#[test]
fn a_code_or_an_offer_of_the_message_counts_when_it_is_used() {
    let time = "2026-11-30T02:00:00Z";
    let sent = [touch("m", TouchKind::Sent, time)];
    let buys = |codes: &[&str], offers: &[&str]| {
        let plain = purchase("p", "2026-12-02T02:00:00Z", 100);
        [Purchase { codes: names(codes), offers: names(offers), ..plain }]
    };
    assert_eq!(pairs(Mode::Used, 3, &sent, &buys(&["C-1"], &[])), [pair("p", "m")]);
    assert_eq!(pairs(Mode::Used, 3, &sent, &buys(&[], &["tea-5", "coffee-10"])), [pair("p", "m")]);
    assert_eq!(pairs(Mode::Used, 3, &sent, &buys(&["C-2"], &["tea-5"])), []);
    let ghost = [touch("m", TouchKind::Ghost, time)];
    assert_eq!(pairs(Mode::Used, 3, &ghost, &buys(&["C-1"], &[])), []);
}

#[test]
fn the_window_is_of_days_of_the_members_calendar() {
    // 23:30 on 30 November in Vladivostok.
    let clicks = [touch("m", TouchKind::Clicked, "2026-11-30T13:30:00Z")];
    for (time, days, is_credited) in [
        ("2026-11-30T13:29:59Z", 3, false),
        ("2026-11-30T13:30:00Z", 0, true),
        ("2026-11-30T13:59:59Z", 0, true),
        ("2026-11-30T14:00:00Z", 0, false),
        ("2026-12-01T13:59:59Z", 1, true),
        ("2026-12-01T14:00:00Z", 1, false),
        ("2026-12-07T13:59:59Z", 7, true),
        ("2026-12-07T14:00:00Z", 7, false),
        ("2099-12-07T14:00:00Z", u16::MAX, true),
    ] {
        let buys = [purchase("p", time, 100)];
        let is_found = !pairs(Mode::Click, days, &clicks, &buys).is_empty();
        assert_eq!(is_found, is_credited, "{time} within {days} days");
    }
}

#[test]
fn a_purchase_is_credited_once_to_the_latest_message() {
    let clicks = [
        touch("b", TouchKind::Clicked, "2026-11-28T02:00:00Z"),
        touch("a", TouchKind::Clicked, "2026-11-29T02:00:00Z"),
        touch("a", TouchKind::Clicked, "2026-11-29T03:00:00Z"),
        touch("c", TouchKind::Clicked, "2026-12-01T02:00:00Z"),
    ];
    let buys = [
        purchase("p-1", "2026-11-28T12:00:00Z", 100),
        purchase("p-2", "2026-11-30T12:00:00Z", 200),
        // The same again, from an inlet that repeats.
        purchase("p-2", "2026-11-30T12:00:00Z", 200),
    ];
    assert_eq!(pairs(Mode::Click, 7, &clicks, &buys), [pair("p-1", "b"), pair("p-2", "a")]);
}

#[test]
fn returns_take_back_what_they_return() {
    let clicks = [touch("m", TouchKind::Clicked, "2026-11-30T02:00:00Z")];
    let buys = [purchase("p", "2026-11-30T12:00:00Z", 100), purchase("q", "2026-11-30T13:00:00Z", 50)];
    for (returns, p, is_returned) in [
        (vec![], 100, false),
        (vec![back("r", "p", 30)], 70, false),
        (vec![back("r", "p", 30), back("r", "p", 30)], 70, false),
        (vec![back("r", "p", 30), back("s", "p", 70)], 0, true),
        (vec![back("r", "p", 130)], 0, true),
        (vec![back("r", "other", 100)], 100, false),
    ] {
        let found = credits(Mode::Click, 1, &vladivostok(), &clicks, &buys, &returns);
        let found: Vec<_> = found.iter().map(|credit| (credit.net, credit.is_returned)).collect();
        assert_eq!(found, [(p, is_returned), (50, false)], "{returns:?}");
    }
}

#[test]
fn both_groups_are_credited_alike() {
    let touches = [
        touch("m", TouchKind::Sent, "2026-11-30T02:00:00Z"),
        touch("g", TouchKind::Ghost, "2026-11-30T03:00:00Z"),
    ];
    let buys = [purchase("p", "2026-11-30T02:30:00Z", 100), purchase("q", "2026-11-30T12:00:00Z", 50)];
    let found = credits(Mode::ControlGroup, 1, &vladivostok(), &touches, &buys, &[]);
    let found: Vec<_> = found.iter().map(|credit| (credit.message.as_str(), credit.is_ghost)).collect();
    assert_eq!(found, [("m", false), ("g", true)]);
}

fn kind() -> impl Strategy<Value = TouchKind> {
    use TouchKind::{Clicked, Delivered, Ghost, Opened, Sent};
    proptest::sample::select(vec![Sent, Ghost, Delivered, Opened, Clicked])
}

proptest! {
    /// Whatever the order in which things are told, each purchase is credited at most once, to something that was before
    /// it, and the sum is at most what was paid.
    #[test]
    fn credits_never_come_to_more_than_was_paid(
        touches in proptest::collection::vec((kind(), 0_i64..40), 0..12),
        buys in proptest::collection::vec((0_i64..40, 0_i64..1000), 0..8),
        returns in proptest::collection::vec((0_usize..8, 0_i64..1000), 0..6),
        days in 0_u16..6,
    ) {
        let hour = |hours: i64| at("2026-11-30T02:00:00Z") + hours * 9 * 3_600_000;
        let touches: Vec<_> = touches.into_iter().enumerate().map(|(index, (kind, hours))| {
            Touch { at: hour(hours), ..touch(&format!("m-{index}"), kind, "2026-11-30T02:00:00Z") }
        }).collect();
        let buys: Vec<_> = buys.into_iter().enumerate().map(|(index, (hours, net))| {
            Purchase { at: hour(hours), ..purchase(&format!("p-{index}"), "2026-11-30T02:00:00Z", net) }
        }).collect();
        let returns: Vec<_> = returns.into_iter().enumerate().map(|(index, (purchase, net))| {
            back(&format!("r-{index}"), &format!("p-{purchase}"), net)
        }).collect();
        for mode in [Mode::Click, Mode::Reached, Mode::Used, Mode::ControlGroup] {
            let found = credits(mode, days, &vladivostok(), &touches, &buys, &returns);
            let ids: BTreeSet<_> = found.iter().map(|credit| &credit.purchase).collect();
            prop_assert_eq!(ids.len(), found.len());
            let paid: i64 = buys.iter().map(|purchase| purchase.net).sum();
            prop_assert!(found.iter().map(|credit| credit.net).sum::<i64>() <= paid);
            let mut turned = touches.clone();
            turned.reverse();
            prop_assert_eq!(credits(mode, days, &vladivostok(), &turned, &buys, &returns), found);
        }
    }
}
