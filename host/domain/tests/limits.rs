//! Limits over time, and receipts that were made offline.

use std::collections::BTreeMap;

use domain::catalog::{Catalog, Product, ProductId};
use domain::mechanics::{
    Benefit, Description, Evaluated, Fact, Fault, ItemCall, MechanicId, Mechanics, OfferCall, Phase,
    Portions, Proposal, Reason, ReceiptCall, Session, TargetKind, UnitLimits, Verdict,
};
use domain::member::Member;
use domain::offer::{
    Base, ControlGroup, Filters, GoodsSet, Item, Limit, LimitKey, LimitPeriod, Messages, Offer, OfferId,
    OnFault, Stacking, StackingMode, Target, Terms,
};
use domain::plan::{Currency, LargestGrants, Mechanic, Plan, PointsCurrency};
use domain::pricing::{Calculation, LimitUse, NotAppliedReason, PricedReceipt, price};
use domain::quantities::{Money, Percent, Points, Quantity};
use domain::receipt::{PayPoints, Receipt, ReceiptLine};
use domain::rounding::Rounding;
use domain::time::{Moment, Period};
use domain::usage::{Usage, Used};

/// Proposes every item as it stands.
struct Echo;

impl Mechanics for Echo {
    fn open(&self) -> Box<dyn Session + '_> {
        Box::new(Self)
    }
}

impl Session for Echo {
    fn begin_phase(&mut self, _: &ReceiptCall) {}

    fn evaluate(&mut self, _: MechanicId, offers: &[OfferCall], _: &[Fact]) -> Result<Evaluated, Fault> {
        let proposal = |(item, call): (u32, &ItemCall)| Proposal {
            item: Some(item),
            portions: Portions::ItemScope,
            benefit: call.benefit,
            limits: call.limits,
            reason: 1,
        };
        let verdicts =
            offers.iter().map(|offer| Verdict::Proposals((0..).zip(&offer.items).map(proposal).collect()));
        Ok(Evaluated { verdicts: verdicts.collect(), fuel: 1 })
    }
}

fn offer(external_id: &str, gives: &[(Phase, i32)], limits: &[Limit]) -> Offer {
    let item = |&(reward, percent): &(Phase, i32)| Item {
        reward,
        target: Target::Receipt,
        target_text: String::new(),
        benefit: Benefit::Percent(Percent(percent * 100)),
        threshold: None,
        min_units: None,
        min_sum: None,
        unit_price: None,
        limits: UnitLimits::default(),
        period: Period::default(),
        order: 0,
        extras: Vec::new(),
        accepted: None,
        decision: None,
    };
    Offer {
        external_id: external_id.to_owned(),
        version: 1,
        title: String::new(),
        mechanic: MechanicId(0),
        terms: Terms::Configured(gives.iter().map(item).collect()),
        extras: Vec::new(),
        params_text: None,
        exclude: GoodsSet::default(),
        skip_discounted_lines: false,
        weighed: false,
        stacking: Stacking { mode: StackingMode::Cumulative, priority: 0, base: None },
        filters: Filters::default(),
        limits: limits.to_vec(),
        control_group: None,
        exploration: None,
        messages: Messages::default(),
        on_fault: OnFault::Skip,
        require_accept: false,
        item_id: String::new(),
    }
}

fn plan(offers: Vec<Offer>) -> Plan {
    let description = Description {
        name: "echo".to_owned(),
        version: "1.0.0".to_owned(),
        phases: vec![Phase::Discount, Phase::Accrual],
        params_schema: "{}".to_owned(),
        targets: vec![TargetKind::Receipt],
        parameters: Vec::new(),
        needs: Vec::new(),
        wants_params_text: false,
        reasons: vec![Reason { id: 1, texts: Vec::new() }],
        decline_reasons: Vec::new(),
    };
    let product = Product { code: "A".to_owned(), discountable: true, ..Product::default() };
    let (exponent, rounding) = (2, Rounding::HalfUp);
    Plan {
        hash: String::new(),
        currency: Currency { code: "RUB".to_owned(), exponent, rounding },
        points: PointsCurrency { exponent, rounding, rate: (1, 1), max_burn: Percent::HUNDRED },
        catalog: std::sync::Arc::new(Catalog::new(vec![product], Vec::new(), Vec::new(), Vec::new())),
        mechanics: vec![Mechanic {
            name: "echo".to_owned(),
            description,
            digest: String::new(),
            previous: None,
        }],
        offers,
        receipt_max_discount: None,
        largest_grants: LargestGrants::default(),
        locale: "en".to_owned(),
    }
}

/// Two lines of 100.00 and 300.00, bought with a card.
fn receipt() -> Receipt {
    let local = jiff::civil::date(2026, 11, 22).at(10, 15, 0, 0);
    let lines = [(1, Money(10_000)), (2, Money(30_000))].map(|(position, price)| ReceiptLine {
        position,
        goods_id: "A".to_owned(),
        name: String::new(),
        product: Some(ProductId(1)),
        quantity: Quantity::ONE,
        price,
        gross: price,
        amount: price,
        facts: BTreeMap::new(),
    });
    Receipt {
        purchase_id: "p-1".to_owned(),
        at: Moment::new(0, local),
        pos: "store/till".to_owned(),
        pos_known: true,
        limits_pos: "store/till".to_owned(),
        locale: None,
        identifier: Some(("card".to_owned(), "7700001".to_owned())),
        lines: lines.to_vec(),
        coupons: Vec::new(),
        exact_codes: false,
        names_kind: true,
        pay_points: PayPoints::None,
        facts: BTreeMap::new(),
        explain: false,
    }
}

fn member() -> Member {
    Member { id: "m-1".to_owned(), points_available: Points(50_000), ..Member::default() }
}

fn price_with(plan: &Plan, usage: &Usage) -> PricedReceipt {
    let (receipt, member) = (receipt(), member());
    price(Calculation {
        plan,
        mechanics: &Echo,
        receipt: &receipt,
        member: Some(&member),
        usage,
        offline: false,
    })
}

/// The use of the limits of offer 0, in the order of its limits.
fn used(limits: &[Used]) -> Usage {
    let mut usage = Usage::default();
    for (index, used) in limits.iter().enumerate() {
        usage.insert(OfferId(0), index, *used);
    }
    usage
}

const NONE: Limit =
    Limit { per: LimitKey::Member, period: LimitPeriod::Day, uses: None, money: None, points: None };

fn discounts(priced: &PricedReceipt) -> Vec<i64> {
    priced.lines.iter().map(|line| line.discount.0).collect()
}

/// The offers that did not apply, with the reason and its explanation.
fn refusals(priced: &PricedReceipt) -> Vec<(usize, NotAppliedReason, &str)> {
    priced.not_applied.iter().map(|entry| (entry.offer.0, entry.reason, entry.detail.as_str())).collect()
}

fn warnings(priced: &PricedReceipt) -> Vec<(&str, &str)> {
    priced.warnings.iter().map(|warning| (warning.code, warning.detail.as_str())).collect()
}

#[test]
fn a_limited_offer_says_what_it_takes() {
    let limits = [Limit { uses: Some(2), ..NONE }];
    let plan = plan(vec![
        offer("a", &[(Phase::Discount, 10), (Phase::Accrual, 5)], &limits),
        offer("b", &[(Phase::Discount, 1)], &[]),
        offer(
            "c",
            &[(Phase::Discount, 1)],
            &[Limit { per: LimitKey::Receipt, money: Some(Money(9)), ..NONE }],
        ),
    ]);
    let priced = price_with(&plan, &used(&[Used { uses: 1, ..Used::default() }]));
    let points: i64 = priced.lines.iter().flat_map(|line| &line.offers).map(|reward| reward.points.0).sum();
    assert_eq!(
        priced.limit_uses,
        [LimitUse { offer: OfferId(0), uses: 1, money: Money(4000), points: Points(points) }]
    );
    assert!(points > 0 && priced.not_applied.is_empty() && priced.warnings.is_empty(), "{priced:?}");
}

#[test]
fn without_uses_left_it_gives_nothing() {
    let limits = [NONE, Limit { uses: Some(2), ..NONE }];
    let plan = plan(vec![offer("a", &[(Phase::Discount, 10)], &limits)]);
    let of_second = |uses| used(&[Used { uses: 9, ..Used::default() }, Used { uses, ..Used::default() }]);
    assert_eq!(discounts(&price_with(&plan, &of_second(1))), [1000, 3000]);
    for uses in [2, 3] {
        let priced = price_with(&plan, &of_second(uses));
        assert_eq!(discounts(&priced), [0, 0]);
        assert_eq!(refusals(&priced), [(0, NotAppliedReason::LimitReached, "no uses are left")]);
        assert_eq!(priced.limit_uses, []);
    }
}

#[test]
fn money_that_is_left_is_granted_in_proportion() {
    let limits = [Limit { money: Some(Money(5000)), ..NONE }];
    for mode in [StackingMode::Exclusive, StackingMode::Cumulative] {
        let mut offer = offer("a", &[(Phase::Discount, 10)], &limits);
        offer.stacking.mode = mode;
        let plan = plan(vec![offer]);
        let priced = price_with(&plan, &used(&[Used { money: Money(3000), ..Used::default() }]));
        assert_eq!(discounts(&priced), [500, 1500]);
        let detail =
            "offer a: 40.00 desired, 20.00 granted: the limit of 50.00 per member and day leaves no more";
        assert_eq!(warnings(&priced), [("limit_partial", detail)]);
        assert_eq!(
            priced.limit_uses,
            [LimitUse { offer: OfferId(0), uses: 1, money: Money(2000), points: Points(0) }]
        );

        let priced = price_with(&plan, &used(&[Used { money: Money(1000), ..Used::default() }]));
        assert_eq!((discounts(&priced), warnings(&priced)), (vec![1000, 3000], vec![]), "just enough");

        let priced = price_with(&plan, &used(&[Used { money: Money(6000), ..Used::default() }]));
        let detail = "nothing is left of the limit of 50.00 per member and day";
        assert_eq!(refusals(&priced), [(0, NotAppliedReason::LimitReached, detail)]);
        assert_eq!((discounts(&priced), warnings(&priced)), (vec![0, 0], vec![]));
        assert_eq!(priced.limit_uses, []);
    }
}

#[test]
fn a_used_up_exclusive_offer_leaves_its_lines_to_others() {
    let limits =
        [Limit { per: LimitKey::Total, period: LimitPeriod::Ever, money: Some(Money(5000)), ..NONE }];
    let mut offers =
        vec![offer("a", &[(Phase::Discount, 50)], &limits), offer("b", &[(Phase::Discount, 10)], &[])];
    for offer in &mut offers {
        offer.stacking.mode = StackingMode::Exclusive;
    }
    let plan = plan(offers);
    let priced = price_with(&plan, &used(&[Used { money: Money(5000), ..Used::default() }]));
    assert_eq!(discounts(&priced), [1000, 3000]);
    let detail = "nothing is left of the limit of 50.00 in all";
    assert_eq!(refusals(&priced), [(0, NotAppliedReason::LimitReached, detail)]);

    let priced = price_with(&plan, &used(&[Used { money: Money(2000), ..Used::default() }]));
    assert_eq!(discounts(&priced), [1000, 3000], "what is left of the first is less than the second gives");
    assert_eq!(refusals(&priced), [(0, NotAppliedReason::LostTo, "b pays line 1")]);
    assert_eq!(warnings(&priced), [], "nothing was granted in part");
}

#[test]
fn points_that_are_left_are_granted_in_proportion() {
    let limits =
        [Limit { per: LimitKey::Card, period: LimitPeriod::Month, points: Some(Points(2500)), ..NONE }];
    let plan = plan(vec![offer("a", &[(Phase::Discount, 10), (Phase::Accrual, 10)], &limits)]);
    let priced =
        price_with(&plan, &used(&[Used { points: Points(1700), money: Money(9999), ..Used::default() }]));
    assert_eq!(discounts(&priced), [1000, 3000], "points taken do not limit money");
    let points: Vec<i64> = priced.lines.iter().map(|line| line.points_earned.0).collect();
    assert_eq!(points, [200, 600]);
    let detail = "offer a: 36.00 points desired, 8.00 points granted: the limit of 25.00 points per card and \
                  month leaves no more";
    assert_eq!(warnings(&priced), [("limit_partial", detail)]);
    assert_eq!(
        priced.limit_uses,
        [LimitUse { offer: OfferId(0), uses: 1, money: Money(4000), points: Points(800) }]
    );
}

/// The receipt's cap shrinks what both offers would give, and then the limit over time cuts the first.
#[test]
fn limits_over_time_cut_after_the_cap_of_the_receipt() {
    let limits = [Limit { money: Some(Money(1000)), ..NONE }];
    let mut plan =
        plan(vec![offer("a", &[(Phase::Discount, 10)], &limits), offer("b", &[(Phase::Discount, 10)], &[])]);
    for offer in &mut plan.offers {
        offer.stacking.base = Some(Base::Line);
    }
    plan.receipt_max_discount = Some(Percent(1000));
    let priced = price_with(&plan, Usage::nothing());
    assert_eq!(discounts(&priced), [750, 2250], "40.00 + 40.00 shrink to 40.00, the first half to 10.00");
    let detail =
        "offer a: 20.00 desired, 10.00 granted: the limit of 10.00 per member and day leaves no more";
    assert_eq!(warnings(&priced), [("limit_partial", detail)]);
    assert_eq!(priced.totals.payable, Money(37_000));
    assert_eq!(
        priced.limit_uses,
        [LimitUse { offer: OfferId(0), uses: 1, money: Money(1000), points: Points(0) }]
    );
}

#[test]
fn each_limit_is_counted_by_itself() {
    let day = Limit { money: Some(Money(3000)), ..NONE };
    let ever = Limit { period: LimitPeriod::Ever, money: Some(Money(10_000)), ..NONE };
    let plan = plan(vec![offer("a", &[(Phase::Discount, 10)], &[day, ever])]);
    let given = |of_day, of_ever| {
        let of = |money| Used { money: Money(money), ..Used::default() };
        price_with(&plan, &used(&[of(of_day), of(of_ever)])).totals.discount.0
    };
    assert_eq!(given(0, 0), 3000);
    assert_eq!(given(1000, 1000), 2000, "the day is tighter");
    assert_eq!(given(0, 9500), 500, "a new day, but little is left for ever");
    assert_eq!(given(0, 10_000), 0);
    assert_eq!(given(3000, 3000), 0);
}

#[test]
fn the_control_group_takes_nothing() {
    let mut measured = offer("a", &[(Phase::Discount, 10)], &[Limit { money: Some(Money(2000)), ..NONE }]);
    measured.control_group = Some(ControlGroup { percent: Percent::HUNDRED, salt: "s".to_owned() });
    let plan = plan(vec![measured]);
    let priced = price_with(&plan, Usage::nothing());
    assert_eq!(priced.limit_uses, []);
    assert_eq!(warnings(&priced), []);
    let detail = "the member is in the control group; would have given 20.00 off";
    assert_eq!(refusals(&priced), [(0, NotAppliedReason::ControlGroup, detail)]);
    let priced = price_with(&plan, &used(&[Used { money: Money(2000), ..Used::default() }]));
    let detail = "nothing is left of the limit of 20.00 per member and day";
    assert_eq!(refusals(&priced), [(0, NotAppliedReason::LimitReached, detail)]);
}

#[test]
fn who_cannot_be_counted_gets_no_limited_offer() {
    let per = |key| {
        offer(&format!("{key:?}"), &[(Phase::Discount, 1)], &[Limit { per: key, uses: Some(1), ..NONE }])
    };
    let keys = [LimitKey::Card, LimitKey::Member, LimitKey::Pos, LimitKey::Total];
    let plan = plan(keys.map(per).to_vec());
    let refused = |identifier: Option<&str>, member: Option<&Member>| -> Vec<usize> {
        let mut receipt = receipt();
        receipt.identifier = identifier.map(|kind| (kind.to_owned(), "7700001".to_owned()));
        let (usage, mechanics) = (Usage::nothing(), &Echo);
        let priced =
            price(Calculation { plan: &plan, mechanics, receipt: &receipt, member, usage, offline: false });
        assert!(priced.not_applied.iter().all(|entry| entry.reason == NotAppliedReason::NoMember));
        priced.not_applied.iter().map(|entry| entry.offer.0).collect()
    };
    assert_eq!(refused(None, None), [0, 1]);
    assert_eq!(refused(Some("card"), None), [0, 1], "any number may be typed");
    assert_eq!(refused(Some("phone"), Some(&member())), [0]);
    assert_eq!(refused(Some("card"), Some(&member())), []);
}

#[test]
fn offline_receipts_earn_points_and_nothing_else() {
    let mut evening = offer("a-evening", &[(Phase::Discount, 10)], &[]);
    evening.filters.hours = Some((0, 1));
    let plan = plan(vec![
        evening,
        offer("b-discount", &[(Phase::Discount, 10)], &[]),
        offer("c-both", &[(Phase::Discount, 10), (Phase::Accrual, 5)], &[Limit { uses: Some(1), ..NONE }]),
        offer("d-points", &[(Phase::Accrual, 1)], &[Limit { uses: Some(0), ..NONE }]),
    ]);
    let member = member();
    let offline = |pay_points| {
        let receipt = Receipt { pay_points, ..receipt() };
        let (plan, member, usage) = (&plan, Some(&member), Usage::nothing());
        price(Calculation { plan, mechanics: &Echo, receipt: &receipt, member, usage, offline: true })
    };
    let priced = offline(PayPoints::Max);
    let lines: Vec<_> = priced.lines.iter().map(|line| (line.payable.0, line.points_earned.0)).collect();
    assert_eq!(lines, [(10_000, 500), (30_000, 1500)], "points on the whole amount");
    assert_eq!((priced.totals.discount, priced.totals.points_spent), (Money(0), Points(0)));
    assert_eq!((priced.points.available, priced.points.can_pay_max), (Points(50_000), Points(0)));
    let detail = "nothing was paid with points: the receipt was made offline";
    assert_eq!(warnings(&priced), [("offline_no_burn", detail)]);
    assert_eq!(refusals(&priced), [(3, NotAppliedReason::LimitReached, "no uses are left")]);
    assert_eq!(
        priced.limit_uses,
        [LimitUse { offer: OfferId(2), uses: 1, money: Money(0), points: Points(2000) }]
    );
    assert_eq!(warnings(&offline(PayPoints::None)), []);
    assert_eq!(warnings(&offline(PayPoints::Points(Points(0)))), []);
}
