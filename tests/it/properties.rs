//! The invariants of pricing, on random stores, offers and receipts.
//!
//! `OFFER_HOST_PROPERTY_RECEIPTS` sets how many receipts are priced; 100,000 by default.

use domain::decimal::parse_scaled;
use domain::mechanics::{Benefit, Blame, Outcome, Portion, Portions, Proposal};
use domain::mechanics::{
    Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, ReceiptCall, Session, Verdict,
};
use domain::quantities::Percent;
use proptest::test_runner::{Config, TestCaseError, TestCaseResult, TestRunner};
use proptest::{prop_assert, prop_assert_eq};
use serde_json::{Value, json};
use tests::native::NativeMechanics;
use tests::pricing::{Store, answer_of};
use tests::scenario::{RECEIPTS_PER_SCENARIO, Scenario, scenarios, single_offer_scenarios};
use wire::plan::BuiltPlan;

/// How many receipts the widest property prices.
pub(crate) fn receipts() -> u32 {
    let wanted = std::env::var("OFFER_HOST_PROPERTY_RECEIPTS").unwrap_or_else(|_| "100000".to_owned());
    wanted.parse().expect("OFFER_HOST_PROPERTY_RECEIPTS is a number")
}

/// Tries a property on so many random cases; a case that fails is made as small as possible.
pub(crate) fn check<S: proptest::strategy::Strategy>(
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value) -> TestCaseResult,
) {
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() };
    if let Err(failure) = TestRunner::new(config).run(strategy, test) {
        panic!("{failure}");
    }
}

fn scenarios_for(share_of_receipts: u32) -> u32 {
    let per_scenario = u32::try_from(RECEIPTS_PER_SCENARIO).expect("small");
    (receipts() / per_scenario / share_of_receipts).max(1)
}

/// A line of an answer, in minor units.
struct PricedLine {
    amount: i64,
    discount: i64,
    paid: i64,
    payable: i64,
    points: i64,
}

fn money(value: &Value) -> i64 {
    parse_scaled(value.as_str().expect("money is a string"), 2).expect("money is a decimal")
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn priced(line: &Value) -> PricedLine {
    PricedLine {
        amount: money(&line["amount"]),
        discount: money(&line["discount"]),
        paid: money(&line["points_paid"]),
        payable: money(&line["payable"]),
        points: money(&line["points_earned"]),
    }
}

/// The floor of a line in minor units, and what its class allows: discount, burn, earn.
fn rules_of(plan: &Value, line: &Value) -> (i64, bool, bool, bool) {
    let product =
        list(&plan["catalog"]["products"]).iter().find(|product| product["goods_code"] == line["goods_id"]);
    let Some(product) = product else { return (0, true, true, true) };
    let floor_price = product.get("floor_price").map_or(0, money);
    let quantity = parse_scaled(line["quantity"].as_str().expect("text"), 3).expect("decimal");
    let floor = (floor_price * quantity + 999) / 1000;
    let class =
        list(&plan["catalog"]["classes"]).iter().find(|class| Some(&class["id"]) == product.get("class"));
    let flag = |name: &str| class.is_none_or(|class| class[name] == json!(true));
    (floor, flag("discount") && product["discountable"] == json!(true), flag("burn"), flag("earn"))
}

#[test]
fn every_line_stays_within_its_bounds_and_sums_add_up() {
    check(scenarios_for(1), &scenarios(), |Scenario { plan, receipts }| {
        let store = Store::native(&plan);
        for receipt in &receipts {
            let text = store.price(receipt);
            prop_assert_eq!(&text, &store.price(receipt), "the same receipt, priced twice");
            let answer = answer_of(&text);
            check_lines(&plan, receipt, &answer)?;
            check_totals(&answer)?;
        }
        Ok(())
    });
}

fn check_lines(plan: &Value, receipt: &Value, answer: &Value) -> TestCaseResult {
    prop_assert_eq!(list(&answer["lines"]).len(), list(&receipt["lines"]).len());
    for line in list(&receipt["lines"]) {
        let found = list(&answer["lines"]).iter().find(|found| found["position"] == line["position"]);
        let found = found.expect("every line is answered");
        let PricedLine { amount, discount, paid, payable, points } = priced(found);
        let (floor, may_discount, may_burn, may_earn) = rules_of(plan, line);
        let room = (amount - floor).max(0);
        prop_assert!((0..=room).contains(&discount), "discount {discount}, room {room}: {found}");
        prop_assert!(paid >= 0 && points >= 0 && payable == amount - discount - paid, "{found}");
        prop_assert!(paid == 0 || amount - discount - paid >= floor, "paid below the floor: {found}");
        prop_assert!(may_discount || discount == 0, "discount on a regulated line: {found}");
        prop_assert!(may_burn || paid == 0, "points paid on a regulated line: {found}");
        prop_assert!(may_earn || points == 0, "points earned on a regulated line: {found}");
        let parts = |key: &str| list(&found["offers"]).iter().map(|offer| money(&offer[key])).sum::<i64>();
        prop_assert_eq!(parts("discount"), discount, "the offers' parts of the discount: {}", found);
        prop_assert_eq!(parts("points"), points, "the offers' parts of the points: {}", found);
    }
    Ok(())
}

fn check_totals(answer: &Value) -> TestCaseResult {
    for key in ["amount", "discount", "points_paid", "payable", "points_earned"] {
        let sum: i64 = list(&answer["lines"]).iter().map(|line| money(&line[key])).sum();
        prop_assert_eq!(sum, money(&answer["totals"][key]), "total {}", key);
    }
    let spent = money(&answer["totals"]["points_spent"]);
    prop_assert!(spent <= money(&answer["points"]["available"]), "more points than there are");
    prop_assert!(spent <= money(&answer["points"]["can_pay_max"]), "more points than allowed");
    Ok(())
}

#[test]
fn the_order_of_offers_and_lines_changes_nothing() {
    check(scenarios_for(10), &scenarios(), |Scenario { mut plan, receipts }| {
        let before = Store::native(&plan);
        for list in
            ["/offers", "/catalog/products", "/catalog/categories", "/catalog/groups", "/catalog/classes"]
        {
            plan.pointer_mut(list).and_then(Value::as_array_mut).expect("a list").reverse();
        }
        let after = Store::native(&plan);
        for receipt in receipts {
            let mut turned = receipt.clone();
            turned["lines"].as_array_mut().expect("a list").reverse();
            prop_assert_eq!(before.price(&receipt), after.price(&turned));
        }
        Ok(())
    });
}

#[test]
fn the_sandbox_answers_what_the_native_twin_answers() {
    check(scenarios_for(50), &scenarios(), |Scenario { plan, receipts }| {
        let (native, sandbox) = (Store::native(&plan), Store::sandbox(&plan));
        for receipt in receipts {
            prop_assert_eq!(
                without_mechanics(&native.price(&receipt)),
                without_mechanics(&sandbox.price(&receipt))
            );
        }
        Ok(())
    });
}

/// An answer without fuel and digests, which differ between the sandbox and its native twin.
fn without_mechanics(text: &str) -> Value {
    let mut answer = answer_of(text);
    let fields = answer.as_object_mut().expect("an object");
    fields.remove("mechanics");
    fields.remove("plan");
    answer
}

#[test]
fn a_broken_mechanic_costs_its_own_offers_only() {
    let breakages = [Breakage::Trap, Breakage::ForeignLine, Breakage::NegativePercent, Breakage::TooMany];
    check(scenarios_for(20), &scenarios(), |Scenario { plan, receipts }| {
        let broken_name =
            plan["offers"].get(0).map_or("product", |offer| offer["mechanic"].as_str().expect("text"));
        let mut without = plan.clone();
        without["offers"].as_array_mut().expect("a list").retain(|offer| offer["mechanic"] != broken_name);
        let without = Store::native(&without);
        for breakage in breakages {
            let broken = Store::native_with(&plan, |mechanics, plan| {
                Box::new(Broken::new(mechanics, plan, broken_name, breakage))
            });
            for receipt in &receipts {
                let (left, right) = (answer_of(&broken.price(receipt)), answer_of(&without.price(receipt)));
                prop_assert_eq!(&left["lines"], &right["lines"], "{:?}", breakage);
                prop_assert_eq!(&left["totals"], &right["totals"]);
                let asked = list(&left["mechanics"]).iter().find(|entry| entry["name"] == broken_name);
                prop_assert!(
                    asked.is_none_or(|entry| entry["outcome"] != "ok"),
                    "the answer names the mechanic"
                );
            }
        }
        Ok(())
    });
}

#[test]
fn one_offer_gives_less_with_a_higher_floor_and_more_with_a_higher_percentage() {
    check(scenarios_for(1), &single_offer_scenarios(), |Scenario { plan, receipts }| {
        let given = |plan: &Value| {
            let totals = answer_of(&Store::native(plan).price(&receipts[0]))["totals"].clone();
            (money(&totals["discount"]), money(&totals["points_earned"]))
        };
        let before = given(&plan);
        let mut raised = plan.clone();
        for product in raised["catalog"]["products"].as_array_mut().expect("a list") {
            let floor = product.get("floor_price").map_or(0, money);
            product["floor_price"] = json!(format!("{}.{:02}", (floor + 150) / 100, (floor + 150) % 100));
        }
        prop_assert!(given(&raised).0 <= before.0, "a higher floor raised the discount");
        let item = &plan["offers"][0]["params"]["items"][0];
        if item["method"] == "percent" {
            let percent = money(&item["value"]);
            let mut generous = plan.clone();
            let more = (percent + 500).min(10_000);
            generous["offers"][0]["params"]["items"][0]["value"] =
                json!(format!("{}.{:02}", more / 100, more % 100));
            let after = given(&generous);
            prop_assert!(
                after.0 >= before.0 && (after.0 > before.0 || after.1 >= before.1),
                "a higher percentage gave less"
            );
        }
        Ok(())
    });
}

/// How a mechanic misbehaves.
#[derive(Debug, Clone, Copy)]
enum Breakage {
    Trap,
    ForeignLine,
    NegativePercent,
    TooMany,
}

/// The native mechanics, one of them broken.
struct Broken {
    mechanics: NativeMechanics,
    broken: Option<MechanicId>,
    breakage: Breakage,
}

impl Broken {
    fn new(mechanics: NativeMechanics, plan: &BuiltPlan, name: &str, breakage: Breakage) -> Self {
        let broken = plan.plan.mechanics.iter().position(|mechanic| mechanic.name == name).map(MechanicId);
        Self { mechanics, broken, breakage }
    }
}

impl Mechanics for Broken {
    fn open(&self) -> Box<dyn Session + '_> {
        Box::new(BrokenSession { inner: self.mechanics.open(), of: self })
    }
}

struct BrokenSession<'a> {
    inner: Box<dyn Session + 'a>,
    of: &'a Broken,
}

impl Session for BrokenSession<'_> {
    fn begin_phase(&mut self, receipt: &ReceiptCall) {
        self.inner.begin_phase(receipt);
    }

    fn evaluate(
        &mut self,
        mechanic: MechanicId,
        offers: &[OfferCall],
        facts: &[Fact],
    ) -> Result<Evaluated, Fault> {
        if Some(mechanic) != self.of.broken {
            return self.inner.evaluate(mechanic, offers, facts);
        }
        let percent = |percent: i32, line: u32| Proposal {
            item: None,
            portions: Portions::Listed(vec![Portion { line, quantity: None }]),
            benefit: Benefit::Percent(Percent(percent)),
            limits: domain::mechanics::UnitLimits::default(),
            reason: 1,
        };
        let proposals = match self.of.breakage {
            Breakage::Trap => {
                let (outcome, blame) = (Outcome::Trap, Blame::Mechanic);
                return Err(Fault { outcome, blame, detail: "unreachable".to_owned(), fuel: 7 });
            }
            Breakage::ForeignLine => vec![percent(1000, 1_000_000)],
            Breakage::NegativePercent => vec![percent(-1, 0)],
            Breakage::TooMany => vec![percent(1, 0); 10_000],
        };
        let verdicts = offers.iter().map(|_| Verdict::Proposals(proposals.clone())).collect();
        Ok(Evaluated { verdicts, fuel: 1 })
    }
}

#[test]
fn a_failing_property_is_noticed() {
    let failure = TestRunner::new(Config { cases: 50, failure_persistence: None, ..Config::default() }).run(
        &scenarios(),
        |scenario| {
            let lines = scenario.receipts.iter().map(|receipt| list(&receipt["lines"]).len()).max();
            if lines > Some(5) { Err(TestCaseError::fail("more than five lines")) } else { Ok(()) }
        },
    );
    assert!(failure.is_err(), "random receipts have more than five lines now and then");
}
