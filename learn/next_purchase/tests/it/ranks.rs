//! What is guessed, and how it is judged.

use next_purchase::{FEATURES, History, NextPurchaseError, Ranker, Settings, evaluate};
use proptest::prelude::{ProptestConfig, any, prop_assert_eq, proptest};
use trees::Options;

use crate::world::{BEGIN, Bought, history, receipts, settings};

const DAYS: i64 = 196;
/// A day with 28 days of receipts behind it.
const DAY: i64 = BEGIN + DAYS - 28;

/// The guesses for all members, as texts.
fn guesses(history: &History, day: i64, settings: &Settings) -> (Vec<u8>, Vec<String>) {
    let ranker = Ranker::new(history, day, settings).unwrap();
    let words = ranker.members().map(|ranked| format!("{ranked:?}")).collect();
    (ranker.forests().iter().flat_map(trees::Forest::to_bytes).collect(), words)
}

#[test]
fn cycles_are_found_and_beat_frequency() {
    let found = evaluate(&history(&receipts(150, DAYS)), DAY, &settings()).unwrap();
    assert_eq!(found.members, 150);
    assert!(found.gained_precision.low > 0.0, "{found:?}");
    assert!(found.gained_recall.low > 0.0, "{found:?}");
    for estimate in [found.precision, found.recall, found.baseline_precision, found.baseline_recall] {
        assert!(estimate.low <= estimate.mean && estimate.mean <= estimate.high, "{found:?}");
        assert!((0.0..=1.0).contains(&estimate.mean), "{found:?}");
    }
}

#[test]
fn guesses_are_the_likeliest_first_and_no_more_than_wanted() {
    let history = history(&receipts(80, DAYS));
    let settings = Settings { guesses: 7, ..settings() };
    let ranker = Ranker::new(&history, BEGIN + DAYS, &settings).unwrap();
    let all: Vec<_> = ranker.members().collect();
    assert_eq!(all.iter().map(|ranked| ranked.member).collect::<Vec<_>>(), history.members());
    for ranked in &all {
        assert_eq!(ranked.goods.len(), 7);
        assert!(ranked.goods.is_sorted_by(|one, next| one.chance >= next.chance), "{ranked:?}");
        let mut goods: Vec<_> = ranked.goods.iter().map(|guess| guess.good).collect();
        goods.sort_unstable();
        goods.dedup();
        assert_eq!(goods.len(), 7, "{ranked:?}");
    }
    assert_eq!(ranker.forests().len(), 2);
    assert!(ranker.forests().iter().all(|forest| forest.features().len() == FEATURES.len()));
}

#[test]
fn nothing_of_the_day_and_later_is_looked_at() {
    let before = receipts(60, DAYS - 28);
    let mut with_later = receipts(60, DAYS);
    with_later.push(Bought { member: "m000".to_owned(), day: DAY, goods: vec!["good 99".to_owned()] });
    let (_, known) = guesses(&history(&before), DAY, &settings());
    let (_, later) = guesses(&history(&with_later), DAY, &settings());
    assert_eq!(known, later);
}

#[test]
fn a_member_of_one_receipt_gets_what_many_buy() {
    let mut all = receipts(60, DAYS);
    all.push(Bought { member: "new".to_owned(), day: BEGIN + DAYS - 1, goods: Vec::new() });
    let history = history(&all);
    let ranker = Ranker::new(&history, BEGIN + DAYS, &settings()).unwrap();
    let new = ranker.members().find(|ranked| ranked.member == "new").unwrap();
    assert!(new.goods.iter().take(4).all(|guess| guess.good.starts_with("usual")), "{new:?}");
}

#[test]
fn a_year_of_receipts_tells_the_season() {
    let history = history(&receipts(20, 420));
    let ranker = Ranker::new(&history, BEGIN + 420, &settings()).unwrap();
    let mut features = ranker.forests().iter().flat_map(|forest| forest.features());
    let season = features.find(|feature| feature.name == "good.season").unwrap();
    assert!(!season.cuts.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn neither_order_nor_threads_change_a_byte(seed in any::<u64>()) {
        let mut all = receipts(30, 112);
        let one = guesses(&history(&all), BEGIN + 112, &settings());
        all.sort_by_key(|bought| causal::folds::split_mix(seed ^ bought.day.cast_unsigned() ^ u64::from(bought.member.as_bytes()[3]) << 32));
        let threads = Settings { trees: Options { threads: 3, ..settings().trees }, ..settings() };
        prop_assert_eq!(one, guesses(&history(&all), BEGIN + 112, &threads));
    }
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let history = history(&receipts(5, 70));
    let refused = |day, settings: &Settings| Ranker::new(&history, day, settings).unwrap_err();
    assert!(matches!(
        refused(BEGIN + 55, &settings()),
        NextPurchaseError::TooShort { found: 55, needed: 56, .. }
    ));
    let many = Settings { least_receipts: 1_000, ..settings() };
    assert!(matches!(refused(BEGIN + 70, &many), NextPurchaseError::NoRows { least: 1_000 }));
    let none = Settings { guesses: 0, ..settings() };
    assert_eq!(refused(BEGIN + 70, &none).to_string(), "guesses: 0 is not from 1 to 100");
    assert!(matches!(evaluate(&history, BEGIN + 90, &settings()), Err(NextPurchaseError::NoRows { .. })));
}
