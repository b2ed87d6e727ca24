use super::*;

/// Milliseconds after sending.
fn hit(target: Target, after: i64) -> Hit {
    Hit { target, is_head: false, at: SENT + after, network: None }
}

const SENT: i64 = 1_764_460_800_000;
const MINUTE: i64 = 60_000;

fn judged(links: usize, hits: &[Hit]) -> Vec<Verdict> {
    judge(SENT, links, hits)
}

#[test]
fn a_person_opens_and_clicks_a_link_after_a_while() {
    let hits =
        [hit(Target::Picture, MINUTE), hit(Target::Link(1), 2 * MINUTE), hit(Target::Link(0), 3 * MINUTE)];
    assert_eq!(judged(3, &hits), [Verdict::Human; 3]);
    // The same link twice is a person with an unsteady hand.
    let hits = [hit(Target::Link(0), MINUTE), hit(Target::Link(0), MINUTE + 300)];
    assert_eq!(judged(1, &hits), [Verdict::Human; 2]);
    assert_eq!(judged(5, &hits), [Verdict::Human; 2]);
    // Two of five links within a second are two tabs.
    let hits = [hit(Target::Link(0), MINUTE), hit(Target::Link(1), MINUTE + 900)];
    assert_eq!(judged(5, &hits), [Verdict::Human; 2]);
}

#[test]
fn who_takes_the_hidden_link_is_a_scanner_with_all_it_clicked_about_then() {
    let hits = [
        hit(Target::Link(0), MINUTE),
        hit(Target::HiddenLink, MINUTE + 500),
        hit(Target::Picture, 5 * MINUTE),
        hit(Target::Link(0), 6 * MINUTE),
    ];
    // The person who comes later is believed.
    assert_eq!(judged(3, &hits), [Verdict::Scanner, Verdict::Scanner, Verdict::Human, Verdict::Human]);
}

#[test]
fn who_only_asks_for_the_head_is_a_scanner() {
    let head = Hit { is_head: true, ..hit(Target::Link(0), 9 * MINUTE) };
    assert_eq!(judged(1, &[head]), [Verdict::Scanner]);
    let head = Hit { is_head: true, ..hit(Target::Picture, 9 * MINUTE) };
    assert_eq!(judged(1, &[head]), [Verdict::Scanner]);
}

#[test]
fn who_clicks_all_links_within_ten_seconds_is_a_scanner() {
    let all = |step: i64| [0_u32, 1, 2].map(|link| hit(Target::Link(link), MINUTE + i64::from(link) * step));
    assert_eq!(judged(3, &all(0)), [Verdict::Scanner; 3]);
    assert_eq!(judged(3, &all(5_000)), [Verdict::Scanner; 3]);
    assert_eq!(judged(3, &all(5_001)), [Verdict::Human; 3]);
    // Four links of many will do.
    let four: Vec<_> = (0..4).map(|link| hit(Target::Link(link), MINUTE)).collect();
    assert_eq!(judged(20, &four), [Verdict::Scanner; 4]);
    // In any order of arrival, and without a hand on the picture.
    let mut hits = all(1_000).to_vec();
    hits.push(hit(Target::Picture, MINUTE));
    hits.reverse();
    assert_eq!(judged(3, &hits)[0], Verdict::Human);
    assert_eq!(judged(3, &hits)[1..], [Verdict::Scanner; 3]);
}

#[test]
fn what_comes_within_ten_seconds_of_sending_is_not_sure() {
    for (after, wanted) in
        [(0, Verdict::Unsure), (9_999, Verdict::Unsure), (10_000, Verdict::Human), (-5, Verdict::Unsure)]
    {
        assert_eq!(judged(3, &[hit(Target::Link(0), after)]), [wanted], "{after}");
        assert_eq!(judged(3, &[hit(Target::Picture, after)]), [wanted], "{after}");
    }
}

#[test]
fn known_networks_are_what_they_are_known_for() {
    let known = |target: Target, kind: NetworkKind| Hit { network: Some(kind), ..hit(target, MINUTE) };
    assert_eq!(judged(3, &[known(Target::Picture, NetworkKind::Proxy)]), [Verdict::Proxy]);
    assert_eq!(judged(3, &[known(Target::Link(0), NetworkKind::Scanner)]), [Verdict::Scanner]);
    assert_eq!(judged(3, &[known(Target::Picture, NetworkKind::Scanner)]), [Verdict::Scanner]);
}

#[test]
fn networks_are_found_by_address_and_by_program() {
    let row = |addresses: Option<&str>, program: Option<&str>, kind: NetworkKind| Network {
        addresses: addresses.map(str::to_owned),
        program: program.map(str::to_owned),
        kind,
    };
    let networks = Networks::well_known()
        .with(vec![
            row(Some("192.0.2.0/24"), None, NetworkKind::Scanner),
            row(Some("2001:db8:1::/48"), None, NetworkKind::Proxy),
            row(Some("198.51.100.7/32"), None, NetworkKind::Proxy),
            row(None, Some("LinkCheck"), NetworkKind::Scanner),
        ])
        .expect("a table");
    let find =
        |address: &str, program: &str| network(&networks, Some(address.parse().expect(address)), program);
    let chrome = "Mozilla/5.0 Chrome/141";
    assert_eq!(find("192.0.2.0", chrome), Some(NetworkKind::Scanner));
    assert_eq!(find("192.0.2.255", chrome), Some(NetworkKind::Scanner));
    assert_eq!(find("192.0.3.0", chrome), None);
    assert_eq!(find("::ffff:192.0.2.9", chrome), Some(NetworkKind::Scanner));
    assert_eq!(find("198.51.100.7", chrome), Some(NetworkKind::Proxy));
    assert_eq!(find("198.51.100.8", chrome), None);
    assert_eq!(find("2001:db8:1:ffff::1", chrome), Some(NetworkKind::Proxy));
    assert_eq!(find("2001:db8:2::1", chrome), None);
    assert_eq!(find("203.0.113.1", "Mozilla/5.0 (via ggpht.com googleimageproxy)"), Some(NetworkKind::Proxy));
    assert_eq!(network(&networks, None, "linkcheck/2"), Some(NetworkKind::Scanner));
    assert_eq!(network(&networks, None, ""), None);

    let refused = |row: Network| Networks::default().with(vec![row]).map(|_| ());
    for addresses in ["192.0.2.0", "192.0.2.0/33", "2001:db8::/129", "x/8", "192.0.2.0/-1"] {
        let wanted = NetworksProblem::Addresses(0, addresses.to_owned());
        assert_eq!(refused(row(Some(addresses), None, NetworkKind::Proxy)), Err(wanted));
    }
    assert_eq!(refused(row(None, None, NetworkKind::Proxy)), Err(NetworksProblem::Row(0)));
    assert_eq!(refused(row(None, Some(" "), NetworkKind::Proxy)), Err(NetworksProblem::Row(0)));
    assert_eq!(refused(row(Some("::/0"), Some("x"), NetworkKind::Proxy)), Err(NetworksProblem::Row(0)));
}
