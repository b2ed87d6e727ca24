use jiff::Timestamp;
use jiff::civil::time;
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().expect(text).as_millisecond()
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect(name)
}

fn message(id: &str) -> Message<'_> {
    let (category, not_before, too_late_after) = (Category::Marketing, 0, None);
    Message { id, channel: "mail", category, topic: "news", priority: 0, not_before, too_late_after }
}

fn yes() -> Vec<Consent> {
    let (channel, topic) = ("mail".to_owned(), "news".to_owned());
    vec![Consent { channel, topic, state: ConsentState::Granted, at: 0 }]
}

fn rules() -> Rules {
    let night = QuietHours::new(time(21, 0, 0, 0), time(9, 0, 0, 0)).expect("hours");
    Rules {
        quiet_hours: BTreeMap::from([("mail".to_owned(), night)]),
        caps: vec![Cap { channel: None, topic: None, messages: 2, days: 1 }],
        receipts: BTreeSet::new(),
        priority_window_ms: 120_000,
    }
}

struct Member {
    zone: TimeZone,
    has_address: bool,
    suppressions: Vec<SuppressionScope>,
    consents: Vec<Consent>,
    sent: Vec<SentBefore>,
    rivals: Vec<Rival>,
}

impl Member {
    fn new() -> Self {
        Self {
            zone: zone("Asia/Vladivostok"),
            has_address: true,
            suppressions: Vec::new(),
            consents: yes(),
            sent: Vec::new(),
            rivals: Vec::new(),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let Self { zone, has_address, suppressions, consents, sent, rivals } = self;
        Facts { zone, has_address: *has_address, suppressions, consents, sent, rivals }
    }

    fn sent(mut self, channel: &str, times: &[&str]) -> Self {
        let sent = |time: &&str| SentBefore { channel: channel.into(), topic: "news".into(), at: at(time) };
        self.sent.extend(times.iter().map(sent));
        self
    }

    fn rival(mut self, id: &str, priority: i64, due: i64) -> Self {
        let (channel, topic) = ("push".to_owned(), "sale".to_owned());
        let consent = (channel.clone(), topic.clone());
        self.consents.push(Consent {
            channel: consent.0,
            topic: consent.1,
            state: ConsentState::Granted,
            at: 0,
        });
        self.rivals.push(Rival { id: id.to_owned(), channel, topic, priority, due });
        self
    }
}

/// Noon in Vladivostok.
fn noon() -> i64 {
    at("2026-11-30T02:00:00Z")
}

#[test]
fn a_message_goes_to_who_wants_it_and_each_refusal_has_its_reason() {
    let decide = |member: &Member| decide(&message("m"), &member.facts(), &rules(), noon());
    assert_eq!(decide(&Member::new()), Decision::Send);
    let states =
        [(ConsentState::Pending, Skip::ConsentPending), (ConsentState::Withdrawn, Skip::ConsentWithdrawn)];
    for (state, skip) in states {
        let mut member = Member::new();
        member.consents[0].state = state;
        assert_eq!(decide(&member), Decision::Skip(skip));
    }
    let skips = [
        (Member { consents: Vec::new(), ..Member::new() }, Skip::NoConsent),
        (Member { has_address: false, ..Member::new() }, Skip::NoAddress),
        (Member { suppressions: vec![SuppressionScope::Marketing], ..Member::new() }, Skip::Suppressed),
        (Member { suppressions: vec![SuppressionScope::All], ..Member::new() }, Skip::Suppressed),
    ];
    for (member, skip) in skips {
        assert_eq!(decide(&member), Decision::Skip(skip));
    }
}

#[test]
fn what_the_member_asked_for_goes_at_once_but_not_where_nothing_arrives() {
    let mut code = message("m");
    code.category = Category::Transactional;
    let midnight = at("2026-11-30T14:00:00Z");
    let mut member = Member::new().sent("mail", &["2026-11-30T14:00:00Z"; 5]).rival("a", 9, midnight);
    member.consents.clear();
    member.suppressions = vec![SuppressionScope::Marketing];
    assert_eq!(decide(&code, &member.facts(), &rules(), midnight), Decision::Send);
    member.suppressions.push(SuppressionScope::All);
    assert_eq!(decide(&code, &member.facts(), &rules(), midnight), Decision::Skip(Skip::Suppressed));
}

/// Consent is asked for when the message goes out: what changes between plan and send counts (mautic #4356, Notifuse #344).
#[test]
fn consent_that_changes_after_the_plan_counts() {
    let mut planned = message("m");
    planned.not_before = noon();
    let mut member = Member::new();
    let at_plan = decide(&planned, &member.facts(), &rules(), noon() - HOUR);
    assert_eq!(at_plan, Decision::Hold { until: noon(), reason: Wait::NotBefore });
    let no = Consent { state: ConsentState::Withdrawn, at: noon() - 1, ..member.consents[0].clone() };
    member.consents.push(no);
    assert_eq!(decide(&planned, &member.facts(), &rules(), noon()), Decision::Skip(Skip::ConsentWithdrawn));
}

#[test]
fn quiet_hours_hold_or_drop() {
    let member = Member::new();
    let night = at("2026-11-30T11:30:00Z");
    let morning = at("2026-11-30T23:00:00Z");
    let hold = Decision::Hold { until: morning, reason: Wait::QuietHours };
    for (too_late_after, wanted) in [
        (None, hold),
        (Some(morning), hold),
        (Some(morning - 1), Decision::Skip(Skip::QuietHours)),
        (Some(night - 1), Decision::Skip(Skip::TooLate)),
    ] {
        let message = Message { too_late_after, ..message("m") };
        assert_eq!(decide(&message, &member.facts(), &rules(), night), wanted, "{too_late_after:?}");
    }
    // Another channel has no quiet hours.
    let push = Message { channel: "push", ..message("m") };
    let consents = vec![Consent { channel: ANY.to_owned(), ..yes().remove(0) }];
    let member = Member { consents, ..member };
    assert_eq!(decide(&push, &member.facts(), &rules(), night), Decision::Send);
}

#[test]
fn caps_count_days_of_the_members_calendar() {
    // The evening before, and the small hours of the same day, in Vladivostok.
    let before = "2026-11-29T13:59:59Z";
    let today = "2026-11-29T14:00:00Z";
    for (sent, wanted) in [
        (&[before, before, today][..], Decision::Send),
        (&[before, today, today], Decision::Skip(Skip::FrequencyCap)),
    ] {
        let member = Member::new().sent("push", sent);
        assert_eq!(decide(&message("m"), &member.facts(), &rules(), noon()), wanted, "{sent:?}");
    }
    // For a member in Moscow both were on the evening before.
    let member = Member { zone: zone("Europe/Moscow"), ..Member::new().sent("push", &[before, today]) };
    let morning = at("2026-11-30T07:00:00Z");
    assert_eq!(decide(&message("m"), &member.facts(), &rules(), morning), Decision::Send);

    let week = Cap { channel: Some("mail".into()), topic: Some("news".into()), messages: 1, days: 7 };
    let rules = Rules { caps: vec![week], ..Rules::default() };
    for (channel, sent, wanted) in [
        ("mail", "2026-11-23T14:00:00Z", Decision::Skip(Skip::FrequencyCap)),
        ("mail", "2026-11-23T13:59:59Z", Decision::Send),
        ("push", "2026-11-29T14:00:00Z", Decision::Send),
    ] {
        let member = Member::new().sent(channel, &[sent]);
        assert_eq!(decide(&message("m"), &member.facts(), &rules, noon()), wanted, "{channel} {sent}");
    }
}

/// A receipt disturbs nobody: only a no, a suppression or the time stops what is said there, and caps do not count it.
#[test]
fn a_receipt_needs_no_consent_and_no_cap_but_heeds_a_no() {
    let on_receipt = Rules { receipts: BTreeSet::from(["mail".to_owned()]), ..rules() };
    let night = at("2026-11-30T14:00:00Z");
    let said = |state| {
        let (channel, topic) = ("*".to_owned(), "news".to_owned());
        vec![Consent { channel, topic, state, at: 1 }]
    };
    let two = ["2026-11-30T01:00:00Z", "2026-11-30T02:00:00Z"];
    for (consents, wanted) in [
        (Vec::new(), Decision::Send),
        (said(ConsentState::Pending), Decision::Send),
        (said(ConsentState::Withdrawn), Decision::Skip(Skip::ConsentWithdrawn)),
    ] {
        let member = Member { consents, ..Member::new().sent("push", &two) };
        assert_eq!(decide(&message("m"), &member.facts(), &on_receipt, night), wanted);
    }
    let suppressed = Member { suppressions: vec![SuppressionScope::Marketing], ..Member::new() };
    let stopped = Decision::Skip(Skip::Suppressed);
    assert_eq!(decide(&message("m"), &suppressed.facts(), &on_receipt, night), stopped);
    // A printed message takes no place of the others.
    let printed = Rules { receipts: BTreeSet::from(["receipt".to_owned()]), ..rules() };
    let member = Member::new().sent("receipt", &two);
    assert_eq!(decide(&message("m"), &member.facts(), &printed, noon()), Decision::Send);
}

#[test]
fn the_more_important_takes_the_last_place() {
    let one_left = || Member::new().sent("mail", &["2026-11-29T23:00:00Z"]);
    let decide = |member: &Member, id: &str| decide(&message(id), &member.facts(), &rules(), noon());
    assert_eq!(decide(&one_left().rival("a", 1, noon()), "m"), Decision::Skip(Skip::Outranked));
    assert_eq!(decide(&one_left().rival("a", 1, noon() + 120_000), "m"), Decision::Skip(Skip::Outranked));
    // Not in the window, or less important, or itself.
    assert_eq!(decide(&one_left().rival("a", 1, noon() + 120_001), "m"), Decision::Send);
    assert_eq!(decide(&one_left().rival("a", -1, noon()), "m"), Decision::Send);
    assert_eq!(decide(&one_left().rival("m", 1, noon()), "m"), Decision::Send);
    // Of equals the smaller id, whoever is asked first.
    assert_eq!(decide(&one_left().rival("a", 0, noon()), "m"), Decision::Skip(Skip::Outranked));
    assert_eq!(decide(&one_left().rival("m", 0, noon()), "a"), Decision::Send);
    // A message without consent will not go out, and takes no place.
    let mut unwanted = one_left().rival("a", 1, noon());
    unwanted.consents = yes();
    assert_eq!(decide(&unwanted, "m"), Decision::Send);
    // Two places left: both go.
    assert_eq!(decide(&Member::new().rival("a", 1, noon()), "m"), Decision::Send);
}

#[test]
fn codes_are_told_apart() {
    let all = [
        Skip::TooLate,
        Skip::QuietHours,
        Skip::NoAddress,
        Skip::Suppressed,
        Skip::NoConsent,
        Skip::ConsentPending,
        Skip::ConsentWithdrawn,
        Skip::FrequencyCap,
        Skip::Outranked,
    ];
    let codes: BTreeSet<_> = all.iter().map(|skip| skip.code()).collect();
    assert_eq!(codes.len(), all.len());
    assert_eq!((Wait::NotBefore.code(), Wait::QuietHours.code()), ("not_before", "quiet_hours"));
}

proptest! {
    /// Every answer advances: what is held is held until later, and a message that is asked about at its time again and
    /// again comes to an end in a few steps (mautic #7057).
    #[test]
    fn every_message_comes_to_an_end(
        start in 1_767_225_600_000_i64..1_830_297_600_000,
        wait in 0_i64..(40 * HOUR),
        late in proptest::option::of(0_i64..(60 * HOUR)),
        sent in proptest::collection::vec(-(50 * HOUR)..0, 0..5),
        rivals in proptest::collection::vec((-2_i64..3, 0_i64..200_000), 0..4),
        is_marketing in any::<bool>(),
        zone_index in 0_usize..60,
    ) {
        let mut member = Member { zone: zone(crate::local_time::tests::ZONES[zone_index]), ..Member::new() };
        let before = |ago: i64| SentBefore { channel: "mail".into(), topic: "news".into(), at: start + ago };
        member.sent = sent.into_iter().map(before).collect();
        for (index, (priority, due)) in rivals.into_iter().enumerate() {
            member = member.rival(&format!("r-{index}"), priority, start + due);
        }
        let category = if is_marketing { Category::Marketing } else { Category::Transactional };
        let too_late_after = late.map(|late| start + late);
        let message = Message { category, not_before: start + wait, too_late_after, ..message("m") };
        let mut now = start;
        let mut steps = 0;
        let end = loop {
            match decide(&message, &member.facts(), &rules(), now) {
                Decision::Hold { until, .. } => {
                    prop_assert!(until > now);
                    now = until;
                }
                end => break end,
            }
            steps += 1;
            prop_assert!(steps <= 2, "its time, and then the end of the night");
        };
        if end == Decision::Send {
            prop_assert!(now >= message.not_before && too_late_after.is_none_or(|last| now <= last));
            let quiet = rules().quiet_hours["mail"].end_at(now, &member.zone);
            prop_assert!(!is_marketing || quiet.is_none());
        }
    }
}
