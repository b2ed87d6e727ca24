//! The rehearsal of a mechanic on made-up receipts before it prices real ones.

use app::mechanics::trials;
use domain::mechanics::{Blame, FactSource, FactValue, LocalTime, Outcome, Phase};
use engine::{Component, Hint, HintFact, Refusal, Rehearsal};
use tests::guests::guest;
use tests::guests::raw::{PROPOSE, Raw};

use super::admit;

/// Loads the number of lines from the arguments of `evaluate`.
const LINES: &str = "(i32.load offset=32 (local.get 0))";

fn declining(first: &str, phases: u32) -> Component {
    admit(&Raw::declining(first, "", phases).build().unwrap()).unwrap()
}

fn rehearse(first: &str, phases: u32) -> Result<Rehearsal, Refusal> {
    declining(first, phases).rehearse(&[])
}

#[track_caller]
fn assert_fails(rehearsed: Result<Rehearsal, Refusal>, outcome: Outcome, says: &str) {
    let refusal = rehearsed.unwrap_err();
    assert_eq!((refusal.code(), refusal.blame()), ("rehearsal_failed", Blame::Mechanic));
    assert!(refusal.to_string().contains(says), "`{refusal}` does not say `{says}`");
    assert_eq!(refusal.advice(), engine::advice(outcome, false));
    let Refusal::Rehearsal { fault, .. } = refusal else { panic!("{refusal}") };
    assert_eq!(fault.outcome, outcome, "{}", fault.detail);
}

#[test]
fn declining_is_an_answer_on_every_receipt() {
    let calls = rehearse("", 2).unwrap().calls;
    let of =
        |phase| calls.iter().filter(move |call| call.phase == phase).map(|call| (call.lines, call.offers));
    let receipts = [
        (0, 0),
        (0, 2),
        (1, 1),
        (1, 2),
        (10, 1),
        (1, 0),
        (1, 2),
        (1, 2),
        (1, 2),
        (50, 2),
        (50, 2),
        (1000, 2),
    ];
    assert_eq!(of(Phase::Discount).collect::<Vec<_>>(), receipts);
    assert_eq!(of(Phase::Accrual).collect::<Vec<_>>(), receipts);
    assert!(calls.iter().all(|call| call.fuel > 0));
    assert_eq!(rehearse("", 2).unwrap().calls, calls, "the same fuel at every rehearsal");
}

#[test]
fn built_in_mechanics_pass_and_need_more_for_more_lines() {
    for builtin in bundle::builtins() {
        let rehearsal = admit(builtin.wasm).unwrap().rehearse(&[]).unwrap_or_else(|refusal| {
            panic!("{}: {refusal}", builtin.name);
        });
        let largest = rehearsal.calls.iter().max_by_key(|call| call.lines).unwrap();
        assert!(largest.fuel > rehearsal.calls[0].fuel, "{}: {rehearsal:?}", builtin.name);
    }
    admit(guest("hostile").unwrap()).unwrap().rehearse(&[]).expect("it misbehaves on request only");
}

#[test]
fn a_crash_names_its_receipt() {
    let on_empty = format!("(if (i32.eqz {LINES}) (then unreachable))");
    assert_fails(rehearse(&on_empty, 1), Outcome::Trap, "on an empty receipt without offers, phase discount");
    let on_one = format!("(if (i32.eq {LINES} (i32.const 1)) (then unreachable))");
    assert_fails(rehearse(&on_one, 1), Outcome::Trap, "on a receipt with an offer without items");
    let on_every_tenth = format!("(drop (i32.div_u (i32.const 1) (i32.rem_u {LINES} (i32.const 10))))");
    assert_fails(rehearse(&on_every_tenth, 1), Outcome::Trap, "divide by zero");
}

#[test]
fn endless_work_and_growing_memory_name_their_receipt() {
    let endless = format!("(if (i32.gt_u {LINES} (i32.const 10)) (then (loop $on (br $on))))");
    assert_fails(rehearse(&endless, 1), Outcome::OutOfFuel, "on a receipt of 50 lines, phase discount");
    let greedy = format!(
        "(if (i32.gt_u {LINES} (i32.const 100)) (then (drop (memory.grow (i32.const 1000))) unreachable))"
    );
    assert_fails(rehearse(&greedy, 1), Outcome::OutOfMemory, "on a receipt of 1,000 lines");
}

#[test]
fn phases_are_rehearsed_in_one_instance_and_receipts_in_fresh_ones() {
    let counting = "(i32.store (i32.const 12000) (i32.add (i32.load (i32.const 12000)) (i32.const 1)))";
    let once =
        format!("{counting} (if (i32.gt_u (i32.load (i32.const 12000)) (i32.const 1)) (then unreachable))");
    assert!(rehearse(&once, 1).is_ok(), "what it remembers ends with the receipt");
    assert_fails(rehearse(&once, 2), Outcome::Trap, "phase accrual");
}

#[test]
fn answers_must_be_whole_and_make_sense() {
    let silent = admit(&Raw::default().build().unwrap()).unwrap();
    assert_fails(silent.rehearse(&[]), Outcome::BadOutput, "on an empty receipt, phase discount");
    // A proposal of an item that the bare offer does not have: the first verdict becomes one.
    let proposing = declining(
        "(i32.store8 (i32.const 9216) (i32.const 0)) (i32.store (i32.const 9220) (i32.const 16384)) \
         (i32.store (i32.const 9224) (i32.const 1)) (i32.store8 (i32.const 16384) (i32.const 1))",
        1,
    );
    assert_fails(proposing.rehearse(&[]), Outcome::BadOutput, "item 0 of an offer that has 0");
}

/// A mechanic that does something for members with the `tier` gold, and declines all others.
fn for_gold(schema: &'static str, then: &str) -> Component {
    admit(&Raw { schema, ..Raw::for_members("tier", *b"gold", then) }.build().unwrap()).unwrap()
}

const NAMES_GOLD: &str = r#"{"properties": {"tier": {"enum": ["iron", "gold"]}}}"#;
const NEVER: &str = "no receipt drew a proposal from it";

#[test]
fn a_rule_is_reached_by_what_its_schema_names() {
    let component = for_gold(NAMES_GOLD, PROPOSE);
    let trials_of = |component: &Component| trials::of(component, &[]);
    let rehearsal = component.rehearse(&trials_of(&component)).unwrap();
    assert_eq!(rehearsal.warnings, Vec::<String>::new());
    let reached =
        |lines| rehearsal.calls.iter().any(|call| call.lines == lines && call.verdicts.proposing == 1);
    assert!(reached(10) && reached(50) && reached(1000), "{:?}", rehearsal.calls);
    assert_eq!(
        trials_of(&for_gold(NAMES_GOLD, PROPOSE)),
        trials_of(&component),
        "the same for the same bytes"
    );

    let trapping = for_gold(NAMES_GOLD, "unreachable");
    assert!(trapping.rehearse(&[]).is_ok(), "the usual receipts do not reach it");
    assert_fails(trapping.rehearse(&trials_of(&trapping)), Outcome::Trap, "`tier` is `gold`");
}

#[test]
fn a_rule_that_is_never_reached_is_told_and_a_hint_reaches_it() {
    let component = for_gold("{}", PROPOSE);
    let warnings = |hints: &[Hint]| component.rehearse(&trials::of(&component, hints)).unwrap().warnings;
    assert!(warnings(&[])[0].starts_with(NEVER));
    let tier = |value: &str| {
        let time = LocalTime { year: 2026, month: 11, day: 23, weekday: 1, hour: 16, minute: 30, second: 0 };
        let value = FactValue::Text(value.to_owned());
        let facts = vec![HintFact { source: FactSource::Member, name: "tier".to_owned(), value }];
        Hint { time, has_member: true, facts, params: None }
    };
    assert_eq!(warnings(&[tier("gold")]), Vec::<String>::new());
    assert!(warnings(&[tier("iron")])[0].starts_with(NEVER));
}

#[test]
fn a_failure_with_parameters_that_nobody_must_give_is_only_told() {
    let hostile = admit(guest("hostile").unwrap()).unwrap();
    let rehearsal = hostile.rehearse(&trials::of(&hostile, &[])).unwrap();
    let [warning] = &rehearsal.warnings[..] else { panic!("{:?}", rehearsal.warnings) };
    assert!(warning.contains(r#""misbehave":1"#) && warning.contains("it failed (trap)"), "{warning}");
}
