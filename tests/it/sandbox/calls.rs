//! Single calls: every way to end has one name, one to blame, and the numbers.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use domain::mechanics::{
    Benefit, Blame, Evaluated, Fault, ItemCall, LineCall, LocalTime, MechanicId, Mechanics, OfferCall,
    Outcome, Phase, ReceiptCall, Scope, Session, TargetKind, UnitKind, UnitLimits, Verdict,
};
use domain::quantities::Percent;
use engine::{CallLimits, Component, Limits, MechanicSet, Runtime, RuntimeSettings};
use tests::guests::raw::Raw;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Runtime::new(&RuntimeSettings { instances: 16, ..RuntimeSettings::default() }).unwrap());

/// `evaluate` that answers a list of this many verdicts, the first of which starts with `bytes`.
fn answering(count: u32, bytes: &str) -> Raw {
    let count: String = count.to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
    Raw {
        evaluate: "i32.const 8192".to_owned(),
        more: format!(r#"(data (i32.const 8192) "\00\24\00\00{count}") (data (i32.const 9216) "{bytes}")"#),
        ..Raw::default()
    }
}

fn evaluating(evaluate: &str) -> Raw {
    Raw { evaluate: evaluate.to_owned(), ..Raw::default() }
}

fn set(raw: &Raw, limits: &Limits) -> MechanicSet {
    let component = Component::admit(&RUNTIME, &raw.build().unwrap(), limits).unwrap();
    MechanicSet::new(vec![Some(Arc::new(component))])
}

fn receipt() -> ReceiptCall {
    let line = LineCall {
        position: 1,
        product: 1,
        category: 0,
        quantity: 1000,
        price: 500,
        gross: 500,
        amount: 500,
        net: 500,
        cash: 500,
        rewardable: true,
        counts: true,
        unit_kind: UnitKind::Piece,
    };
    let time = LocalTime { year: 1970, month: 1, day: 1, weekday: 4, hour: 0, minute: 0, second: 0 };
    ReceiptCall {
        phase: Phase::Discount,
        money_exponent: 2,
        points_exponent: 2,
        time,
        has_member: false,
        lines: [line].into_iter().collect(),
    }
}

fn offer() -> OfferCall {
    let item = ItemCall {
        target_kind: TargetKind::Product,
        target: 1,
        scope: Scope::Lines(vec![0]),
        reward: Phase::Discount,
        benefit: Benefit::Percent(Percent(1000)),
        threshold: None,
        min_units: None,
        min_sum: None,
        limits: UnitLimits::default(),
        extras: Vec::new(),
    };
    OfferCall { id: 1, items: vec![item], extras: Vec::new(), params: None }
}

fn call(session: &mut dyn Session) -> Result<Evaluated, Fault> {
    session.begin_phase(&receipt());
    session.evaluate(MechanicId(0), &[offer()], &[])
}

fn outcome_within(raw: &Raw, limits: &Limits) -> Result<Vec<Verdict>, Fault> {
    let set = set(raw, limits);
    let mut session = set.open();
    call(session.as_mut()).map(|evaluated| evaluated.verdicts)
}

#[track_caller]
fn assert_fault(raw: &Raw, outcome: Outcome, says: &str) {
    let fault = outcome_within(raw, &Limits::default()).unwrap_err();
    assert_eq!(fault.outcome, outcome, "{}", fault.detail);
    assert_eq!(fault.blame, Blame::Mechanic);
    assert!(fault.detail.contains(says), "`{}` does not say `{says}`", fault.detail);
}

#[test]
fn crashes_are_traps() {
    assert_fault(&evaluating("unreachable"), Outcome::Trap, "unreachable");
    assert_fault(&evaluating("(i32.div_u (i32.const 1) (i32.const 0))"), Outcome::Trap, "divide by zero");
    assert_fault(&evaluating("(i32.load (i32.const -4))"), Outcome::Trap, "out of bounds memory access");
    let recursive = Raw {
        more: "(func $deeper (result i32) (i32.add (call $deeper) (i32.const 1)))".to_owned(),
        ..evaluating("call $deeper")
    };
    assert_fault(&recursive, Outcome::Trap, "call stack exhausted");
}

#[test]
fn endless_work_runs_out_of_fuel() {
    let endless = evaluating("(loop $on (br $on)) unreachable");
    assert_fault(&endless, Outcome::OutOfFuel, "units of fuel");
    let set = set(&endless, &Limits::default());
    let spent = || call(set.open().as_mut()).unwrap_err();
    assert_eq!(spent(), spent(), "fuel is the same every time");
}

#[test]
fn the_deadline_backs_fuel_up() {
    let mut limits = Limits::default();
    limits.call.fuel_base = u64::MAX;
    limits.call.deadline = Duration::from_millis(20);
    // As long as it takes a busy machine to give it 20 ms.
    limits.call.wall_deadline = Duration::from_secs(60);
    let endless = evaluating("(loop $on (br $on)) unreachable");
    let fault = outcome_within(&endless, &limits).unwrap_err();
    assert_eq!((fault.outcome, fault.blame), (Outcome::Deadline, Blame::Mechanic));
    assert!(fault.detail.contains("20 ms"), "{}", fault.detail);
    // As on a machine that does not give it that much.
    limits.call.deadline = Duration::from_secs(60);
    limits.call.wall_deadline = Duration::from_millis(20);
    let fault = outcome_within(&endless, &limits).unwrap_err();
    assert_eq!((fault.outcome, fault.blame), (Outcome::Deadline, Blame::Host));
    assert!(fault.detail.contains("busy: in 20 ms"), "{}", fault.detail);
}

#[test]
fn refused_memory_is_the_cause_of_the_crash_that_follows() {
    let limit = CallLimits::of(engine::Class::Fast).memory_bytes.to_string();
    assert_fault(
        &evaluating("(drop (memory.grow (i32.const 1000))) unreachable"),
        Outcome::OutOfMemory,
        &format!("asked for {} bytes of memory; the limit is {limit} bytes", 1016 << 16),
    );
    let copes = evaluating("(drop (memory.grow (i32.const 1000))) (i32.const 2048)");
    assert_eq!(outcome_within(&copes, &Limits::default()), Ok(Vec::new()));
}

#[test]
fn answers_that_cannot_be_read_are_bad_output() {
    for (raw, says) in [
        (evaluating("i32.const -4"), "out of bounds"),
        (evaluating("i32.const 2049"), "not aligned"),
        (answering(0xffff_fff0, ""), "out of bounds"),
        (answering(1, r"\09"), "discriminant"),
        (answering(1, r"\01\00\00\00\07"), "discriminant"),
        (answering(1, r"\02\00\00\00\00\28\00\00\01\00\00\00\00\00\00\00\00\00\00\00"), "utf-8"),
        (answering(1, r"\02\00\00\00\00\28\00\00\00\00\00\7f\00\00\00\00\00\00\00\00"), "out of bounds"),
        (answering(50_000, ""), "too much data"),
    ] {
        let raw = Raw { more: format!(r#"{} (data (i32.const 10240) "\ff")"#, raw.more), ..raw };
        assert_fault(&raw, Outcome::BadOutput, says);
    }
    let lost = Raw { realloc: "i32.const -16".to_owned(), ..Raw::default() };
    assert_fault(&lost, Outcome::BadOutput, "realloc");
}

#[test]
fn an_instance_serves_one_receipt_and_dies_with_a_fault() {
    // Crashes if it was called before.
    let once = evaluating(
        "(if (i32.load (i32.const 12000)) (then unreachable)) (i32.store (i32.const 12000) (i32.const 1)) i32.const 2048",
    );
    let set = set(&once, &Limits::default());
    for _ in 0..3 {
        let mut session = set.open();
        assert!(call(session.as_mut()).is_ok(), "a fresh instance for a receipt");
        assert!(call(session.as_mut()).is_err(), "kept for the next phase");
        assert!(call(session.as_mut()).is_ok(), "fresh again after a fault");
    }
    let (mut one, mut other) = (set.open(), set.open());
    assert!(
        call(one.as_mut()).is_ok() && call(other.as_mut()).is_ok(),
        "receipts at the same time do not meet"
    );
}

#[test]
fn what_is_the_hosts_fault_is_said_to_be() {
    let missing = MechanicSet::new(vec![None]);
    let fault = call(missing.open().as_mut()).unwrap_err();
    assert_eq!((fault.outcome, fault.blame), (Outcome::Disabled, Blame::Host));

    let narrow = Runtime::new(&RuntimeSettings { instances: 1, ..RuntimeSettings::default() }).unwrap();
    let raw = Raw::default().build().unwrap();
    let component = Component::admit(&narrow, &raw, &Limits::default()).unwrap();
    let set = MechanicSet::new(vec![Some(Arc::new(component))]);
    let (mut one, mut other) = (set.open(), set.open());
    assert!(call(one.as_mut()).is_ok());
    let fault = call(other.as_mut()).unwrap_err();
    assert_eq!((fault.outcome, fault.blame), (Outcome::Disabled, Blame::Host));
    drop(one);
    assert!(call(other.as_mut()).is_ok(), "there is room again");
}

#[test]
fn params_are_checked_by_the_mechanic_itself() {
    let builtin = bundle::builtins().iter().find(|builtin| builtin.name == "product").unwrap();
    let component = Component::admit(&RUNTIME, builtin.wasm, &Limits::default()).unwrap();
    let sound = r#"{"items":[{"target":"G1","value":"15"}]}"#;
    assert_eq!(component.validate(sound, &offer()), Ok(Vec::new()));
    let [problem] = &component.validate("{}", &offer()).unwrap()[..] else { panic!("one problem") };
    assert_eq!((problem.pointer.as_str(), problem.code.as_str()), ("/items", "schema"));
}
