//! Bad input, in words.

use allocate::{
    AllocateError, Cap, Choice, Limits, MOST, Measure, Member, Of, Settings, Source, Table, allocate,
};

const ONE: Choice = Choice { cost: 1, gain: 1, level: 1, category: 0, brand: 0, contacts: 0 };

fn words(members: Vec<(u64, Vec<Choice>)>, limits: &Limits) -> String {
    let plan = Table::new(members).and_then(|table| allocate(&table, limits, &Settings::default()));
    plan.unwrap_err().to_string()
}

fn cap(name: &str, of: Of, limit: i64) -> Cap {
    Cap { name: name.to_owned(), of, measure: Measure::Members, limit }
}

#[test]
fn a_member_twice() {
    let limits = Limits::default();
    let error = words(vec![(7, vec![ONE]), (3, vec![ONE]), (7, vec![])], &limits);
    assert_eq!(error, "member 7 comes twice: put all that the member may get into one list");
    assert_eq!(words(vec![(7, vec![ONE, ONE])], &limits), "member 7 has level 1 twice: keep one of them");
}

#[test]
fn limits_that_cannot_be() {
    let error = words(vec![], &Limits { budget: -1, caps: Vec::new() });
    assert_eq!(error, "the budget is -1: it must not be below 0");
    let with = |caps| words(vec![(1, vec![ONE])], &Limits { budget: 1, caps });
    assert_eq!(with(vec![cap("dairy", Of::All, -3)]), "the cap of dairy is -3: it must not be below 0");
    assert_eq!(
        with(vec![cap("dairy", Of::Category(4), 3)]),
        "there is a cap on dairy, but no choice of any member falls under it: check the name"
    );
    assert_eq!(
        with(vec![cap("dairy", Of::Category(4), 3), cap("milk", Of::Category(4), 5)]),
        "the caps of dairy and milk are on the same thing: keep one of them"
    );
    let many = (1..=17).map(|category| cap("x", Of::Category(category), 3)).collect();
    assert_eq!(with(many), "17 caps are too many: at most 16 are possible");
}

#[test]
fn numbers_out_of_range() {
    let limits = Limits::default();
    let error = words(vec![(1, vec![Choice { cost: MOST + 1, ..ONE }])], &limits);
    assert_eq!(error, "member 1, level 1: the cost 1000000000001 is not between −10¹² and 10¹²");
    let error = words(vec![(1, vec![Choice { gain: i64::MIN, ..ONE }])], &limits);
    assert_eq!(error, "member 1, level 1: the gain -9223372036854775808 is not between −10¹² and 10¹²");
    let levels = (0..201).map(|level| Choice { level, ..ONE }).collect();
    assert_eq!(words(vec![(1, levels)], &limits), "member 1 has 201 choices: at most 200 are possible");
}

/// A source of one choice again and again.
struct Same {
    keys: Vec<Vec<u64>>,
    choice: Choice,
}

impl Source for Same {
    fn parts(&self) -> usize {
        self.keys.len()
    }

    fn visit(
        &self,
        part: usize,
        each: &mut dyn FnMut(Member<'_>) -> Result<(), AllocateError>,
    ) -> Result<(), AllocateError> {
        let choices = [self.choice];
        self.keys[part].iter().try_for_each(|key| each(Member { key: *key, choices: &choices }))
    }
}

#[test]
fn the_largest_numbers_there_are() {
    for (cost, gain) in [(1, MOST), (MOST, 1), (MOST, MOST), (-MOST, -MOST), (-MOST, MOST), (-1, -MOST)] {
        let members =
            vec![(1, vec![Choice { cost, gain, ..ONE }]), (2, vec![Choice { cost: 1, gain: MOST, ..ONE }])];
        for limits in [
            Limits { budget: i64::MAX, caps: Vec::new() },
            Limits { budget: 0, caps: vec![cap("all", Of::All, i64::MAX)] },
            Limits { budget: 1, caps: vec![cap("all", Of::All, 1)] },
        ] {
            let plan =
                allocate(&Table::new(members.clone()).unwrap(), &limits, &Settings::default()).unwrap();
            assert!(plan.summary().spend <= limits.budget && plan.summary().gain <= plan.summary().bound);
        }
    }
}

#[test]
fn a_source_out_of_order() {
    let words = |keys: Vec<Vec<u64>>| {
        let source = Same { keys, choice: ONE };
        allocate(&source, &Limits::default(), &Settings::default()).unwrap_err().to_string()
    };
    let order = "comes after a member with a larger key: a source must hand members over in order";
    assert_eq!(words(vec![vec![1, 2], vec![], vec![4, 3]]), format!("member 3 {order}"));
    assert_eq!(words(vec![vec![1, 5], vec![], vec![4, 6]]), format!("member 4 {order}"));
    assert!(words(vec![vec![1, 5], vec![], vec![5, 6]]).starts_with("member 5 comes twice"));
}
