//! What plans are held against.

use allocate::{Choice, Limits, Measure, Member, Of, Plan, Source as _, Table};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use proptest::prelude::*;

pub(crate) type Members = Vec<(u64, Vec<Choice>)>;

fn float(number: i64) -> f64 {
    f64::from(i32::try_from(number).unwrap())
}

/// What a choice uses of the budget and of each cap, by a reading of the documentation.
fn used(limits: &Limits, choice: &Choice) -> Vec<i64> {
    let caps = limits.caps.iter().map(|cap| {
        let under = match cap.of {
            Of::Category(category) => category == choice.category,
            Of::Brand(brand) => brand == choice.brand,
            Of::All => true,
        };
        let amount = match cap.measure {
            Measure::Members => 1,
            Measure::Spend => choice.cost.max(0),
            Measure::Contacts => i64::from(choice.contacts),
        };
        if under { amount } else { 0 }
    });
    std::iter::once(choice.cost).chain(caps).collect()
}

fn all_limits(limits: &Limits) -> Vec<i64> {
    std::iter::once(limits.budget).chain(limits.caps.iter().map(|cap| cap.limit)).collect()
}

/// The largest gain if members could get parts of choices.
pub(crate) fn linear(members: &Members, limits: &Limits) -> f64 {
    let mut problem = Problem::new(OptimizationDirection::Maximize);
    let mut rows = vec![Vec::new(); limits.caps.len() + 1];
    for (_, choices) in members {
        let mut one = Vec::new();
        for choice in choices {
            let part = problem.add_var(float(choice.gain), (0.0, 1.0));
            one.push((part, 1.0));
            for (row, used) in rows.iter_mut().zip(used(limits, choice)) {
                row.push((part, float(used)));
            }
        }
        problem.add_constraint(&one, ComparisonOp::Le, 1.0);
    }
    for (row, limit) in rows.iter().zip(all_limits(limits)) {
        problem.add_constraint(row, ComparisonOp::Le, float(limit));
    }
    problem.solve().unwrap().into_solution().unwrap().objective()
}

/// The largest gain there is, by trying everything.
pub(crate) fn best(members: &[(u64, Vec<Choice>)], limits: &Limits) -> i64 {
    fn descend(members: &[(u64, Vec<Choice>)], limits: &Limits, left: &[i64]) -> Option<i64> {
        let Some(((_, choices), rest)) = members.split_first() else {
            return left.iter().all(|left| *left >= 0).then_some(0);
        };
        let with = choices.iter().filter_map(|choice| {
            let left: Vec<i64> =
                left.iter().zip(used(limits, choice)).map(|(left, used)| left - used).collect();
            descend(rest, limits, &left).map(|gain| gain + choice.gain)
        });
        with.chain(descend(rest, limits, left)).max()
    }
    descend(members, limits, &all_limits(limits)).unwrap()
}

pub(crate) fn table(members: &Members) -> Table {
    Table::new(members.iter().cloned()).unwrap()
}

/// What a plan gives to each member, after checking that its summary is true and its limits are kept.
pub(crate) fn given(plan: &Plan, members: &Members, limits: &Limits) -> Vec<(u64, Option<Choice>)> {
    let table = table(members);
    let mut chooser = plan.chooser();
    let mut given = Vec::new();
    for part in 0..table.parts() {
        let mut each = |member: Member<'_>| {
            given.push((member.key, chooser.choose(&member).copied()));
            Ok(())
        };
        table.visit(part, &mut each).unwrap();
    }
    let mut sums = vec![0; limits.caps.len() + 1];
    for choice in given.iter().filter_map(|(_, choice)| choice.as_ref()) {
        sums.iter_mut().zip(used(limits, choice)).for_each(|(sum, used)| *sum += used);
    }
    let summary = plan.summary();
    let stated: Vec<i64> = std::iter::once(summary.spend).chain(summary.used.iter().copied()).collect();
    assert_eq!(sums, stated);
    assert_eq!(
        given.iter().filter_map(|(_, choice)| *choice).map(|choice| choice.gain).sum::<i64>(),
        summary.gain
    );
    assert_eq!(
        given.iter().filter(|(_, choice)| choice.is_some()).count().to_string(),
        summary.assigned.to_string()
    );
    for (sum, limit) in sums.iter().zip(all_limits(limits)) {
        assert!(*sum <= limit, "{sums:?} {limits:?}");
    }
    assert!(summary.gain <= summary.bound);
    given
}

/// Gain as a share of the linear bound; 1 if there is nothing to gain.
pub(crate) fn share(gain: i64, linear: f64) -> f64 {
    if linear < 0.5 { 1.0 } else { float(gain) / linear }
}

pub(crate) fn choice(costs: std::ops::Range<i64>) -> impl Strategy<Value = Choice> {
    (costs, -20_i64..1_000, 0_u16..3, 0_u16..3, 0_u16..3).prop_map(
        |(cost, gain, category, brand, contacts)| Choice { cost, gain, level: 0, category, brand, contacts },
    )
}

/// Members with up to `most` choices each; keys are spread, levels count up.
pub(crate) fn members(
    count: std::ops::Range<usize>,
    most: usize,
    costs: std::ops::Range<i64>,
) -> impl Strategy<Value = Members> {
    let one = proptest::collection::vec(choice(costs), 0..=most);
    proptest::collection::vec(one, count).prop_map(|all| {
        let keyed = (1_u64..).map(|key| key.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        keyed.zip(all).map(|(key, choices)| (key, numbered(choices))).collect()
    })
}

fn numbered(choices: Vec<Choice>) -> Vec<Choice> {
    (1_u16..).zip(choices).map(|(level, choice)| Choice { level, ..choice }).collect()
}
