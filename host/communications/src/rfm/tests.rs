use super::*;

fn buyer(number: u32, recency: i64, frequency: i64, monetary: i64) -> Buyer {
    Buyer { number, recency, frequency, monetary }
}

#[test]
fn cut_points_are_nearest_ranks() {
    // The ranks of 1 to 10 are 2, 4, 6 and 8.
    assert_eq!(quintiles((1..=10).rev().collect()), Some([2, 4, 6, 8]));
    // Of seven values they are ⌈7/5⌉ = 2, ⌈14/5⌉ = 3, ⌈21/5⌉ = 5 and ⌈28/5⌉ = 6.
    assert_eq!(quintiles(vec![70, 10, 60, 20, 50, 30, 40]), Some([20, 30, 50, 60]));
    assert_eq!(quintiles(vec![9]), Some([9; 4]));
    assert_eq!(quintiles(Vec::new()), None);
}

#[test]
fn equal_members_have_equal_scores_in_any_order() {
    // Most bought once: a ranking by place would give them five different scores.
    let buyers: Vec<Buyer> = (0..100)
        .map(|number| buyer(number, i64::from(number % 10), if number < 90 { 1 } else { 7 }, 500))
        .collect();
    let cuts = Cuts::of(&buyers).expect("cut points");
    let mut turned = buyers.clone();
    turned.reverse();
    assert_eq!(Cuts::of(&turned), Some(cuts));
    for one in &buyers {
        for other in &buyers {
            if one.frequency == other.frequency {
                assert_eq!(cuts.scores(one).frequency, cuts.scores(other).frequency);
            }
            if one.recency < other.recency {
                assert!(cuts.scores(one).recency >= cuts.scores(other).recency);
            }
        }
        assert_eq!(cuts.scores(one).monetary, 1);
    }
    assert_eq!(cuts.scores(&buyer(0, 0, 1, 500)), Scores { recency: 5, frequency: 1, monetary: 1 });
    assert_eq!(cuts.scores(&buyer(0, 9, 7, 501)), Scores { recency: 1, frequency: 5, monetary: 5 });
}

#[test]
fn every_pair_has_the_name_that_is_usual() {
    let map = [
        ["hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"],
        ["hibernating", "hibernating", "at_risk", "at_risk", "cant_lose"],
        ["about_to_sleep", "about_to_sleep", "need_attention", "loyal", "loyal"],
        ["promising", "potential_loyalists", "potential_loyalists", "loyal", "loyal"],
        ["new", "potential_loyalists", "potential_loyalists", "champions", "champions"],
    ];
    for (recency, row) in (1..).zip(map) {
        for (frequency, name) in (1..).zip(row) {
            assert_eq!(Cell::of(recency, frequency).name(), name, "{recency} {frequency}");
        }
    }
}

#[test]
fn grids_count_everybody_once_and_say_their_ranges() {
    let buyers: Vec<Buyer> = (0..500)
        .map(|number| {
            buyer(number, i64::from(number % 97), i64::from(number % 13), i64::from(number * 7 % 1_000))
        })
        .collect();
    let cuts = Cuts::of(&buyers).expect("cut points");
    let counts: Vec<(Scores, u64)> = buyers.iter().map(|buyer| (cuts.scores(buyer), 1)).collect();
    let grids = grids(&cuts, &counts);
    for grid in [&grids.rf, &grids.rm, &grids.fm] {
        assert_eq!(grid.cells.len(), 25);
        assert_eq!(grid.cells.iter().map(|cell| cell.members).sum::<u64>(), 500);
    }
    for cell in &grids.rf.cells {
        let within = |(from, to): (Option<i64>, Option<i64>), value: i64| {
            from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to)
        };
        let members = buyers.iter().filter(|buyer| {
            within(cell.first_range, buyer.recency) && within(cell.second_range, buyer.frequency)
        });
        assert_eq!(u64::try_from(members.count()), Ok(cell.members), "{cell:?}");
    }
}
