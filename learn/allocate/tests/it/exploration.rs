//! Exploration: probabilities, draws, and limits with what is drawn.

use allocate::{
    AllocateError, Cap, Choice, Exploration, Limits, Measure, Member, Of, Settings, explore, probabilities,
};
use proptest::prelude::*;

use crate::oracle::{Members, table};

fn all(count: u64) -> Members {
    (0..count)
        .map(|key| {
            let cost = i64::try_from(key % 90).unwrap() + 5;
            let choice = Choice { cost, gain: cost * 3, level: 1, category: 1, brand: 0, contacts: 1 };
            (key, vec![choice, Choice { cost: cost * 2, gain: cost * 4, level: 2, ..choice }])
        })
        .collect()
}

proptest! {
    #[test]
    fn probabilities_are_a_million_together_and_never_below_the_floor(
        gaps in proptest::collection::vec(0_u128..1 << 60, 1..30),
        gamma in 0_u64..1 << 40,
        floor in 0_u32..20_000,
        place in any::<prop::sample::Index>(),
    ) {
        let best = place.index(gaps.len());
        let all = probabilities(&gaps, best, gamma, floor).unwrap();
        prop_assert_eq!(all.iter().sum::<u32>(), 1_000_000);
        prop_assert!(all.iter().all(|one| *one >= floor));
        // The best is never less probable than another, and of two others the nearer one never less than the other.
        for (one, gap) in all.iter().zip(&gaps) {
            prop_assert!(*one <= all[best]);
            let others = all.iter().zip(&gaps).enumerate().filter(|(arm, _)| *arm != best);
            prop_assert!(others.map(|(_, both)| both).all(|(other, far)| far < gap || other <= one));
        }
    }
}

#[test]
fn probabilities_by_hand() {
    // Three arms: the best, one that is 7 less, one that is very much less.
    let gaps = [7_000_000, 0, 1 << 100];
    assert_eq!(probabilities(&gaps, 1, 1_000_000, 5_000).unwrap(), [100_000, 895_000, 5_000]);
    assert_eq!(probabilities(&gaps, 1, 0, 0).unwrap(), [333_333, 333_334, 333_333]);
    assert_eq!(probabilities(&[0], 0, 1, 5_000).unwrap(), [1_000_000]);
    assert_eq!(probabilities(&[0; 201], 0, 1, 5_000), None);
}

#[test]
fn what_is_drawn_stays_within_the_limits_and_can_be_replayed() {
    let members = all(20_000);
    let cap = Cap { name: "messages".to_owned(), of: Of::All, measure: Measure::Contacts, limit: 12_000 };
    for caps in [Vec::new(), vec![cap]] {
        let limits = Limits { budget: 500_000, caps };
        let exploration = Exploration { period: 3, ..Exploration::default() };
        let explored = explore(&table(&members), &limits, &Settings::default(), &exploration).unwrap();
        let (mut drawer, mut again) = (explored.drawer(), explored.drawer());
        let (mut spend, mut others, mut arms) = (0, 0, 0);
        for (key, choices) in &members {
            let draw = drawer.draw(&Member { key: *key, choices }).unwrap();
            assert_eq!(draw, again.draw(&Member { key: *key, choices }).unwrap());
            assert!(draw.propensity_millionths >= 5_000);
            spend += draw.choice.map_or(0, |choice| choice.cost);
            others += u64::from(draw.explored);
            arms += 1_000_000_000_000 / u64::from(draw.propensity_millionths);
        }
        assert_eq!((spend, others), (explored.summary().spend, explored.explored()));
        assert!(spend <= limits.budget && spend > limits.budget * 9 / 10, "{spend}");
        // One over the propensity of what was drawn is on average the number of arms, three a member; the bound is
        // some five standard deviations.
        assert!(others > 200 && arms.abs_diff(60_000_000_000) < 15_000_000_000, "{others} {arms}");
        assert!(explored.summary().used.iter().all(|used| *used <= 12_000));
    }
}

#[test]
fn periods_and_salts_draw_anew() {
    let members = all(5_000);
    let limits = Limits { budget: 500_000, caps: Vec::new() };
    let draws = |period, salt| {
        let exploration = Exploration { period, salt, ..Exploration::default() };
        let explored = explore(&table(&members), &limits, &Settings::default(), &exploration).unwrap();
        let mut drawer = explored.drawer();
        let drawn = members
            .iter()
            .map(|(key, choices)| drawer.draw(&Member { key: *key, choices }).unwrap().explored);
        drawn.collect::<Vec<_>>()
    };
    assert_ne!(draws(1, 0), draws(2, 0));
    assert_ne!(draws(1, 0), draws(1, 1));
}

#[test]
fn exploration_that_cannot_be_paid() {
    let members = all(2_000);
    let error = |budget, exploration: Exploration| {
        let limits = Limits { budget, caps: Vec::new() };
        explore(&table(&members), &limits, &Settings::default(), &exploration)
            .map(|explored| explored.explored())
    };
    let dear = error(10, Exploration::default()).unwrap_err();
    assert!(matches!(&dear, AllocateError::ExplorationTooDear { limit: 10, .. }));
    assert!(dear.to_string().starts_with("exploration alone would use "), "{dear}");
    assert_eq!(error(10, Exploration { share_millionths: 0, ..Exploration::default() }).unwrap(), 0);
    let high = error(10, Exploration { floor_millionths: 400_000, ..Exploration::default() }).unwrap_err();
    assert!(matches!(high, AllocateError::FloorTooHigh { arms: 3, .. }));
    let share = error(10, Exploration { share_millionths: 1_000_001, ..Exploration::default() }).unwrap_err();
    assert!(matches!(share, AllocateError::Millionths { what: "share", .. }));
}
