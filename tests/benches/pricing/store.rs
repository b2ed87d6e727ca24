//! A store, its offers and a receipt of any size, in the types of `domain`.

use std::collections::BTreeMap;

use domain::catalog::{Catalog, Category, CategoryId, Group, GroupId, Product, ProductId};
use domain::mechanics::{Benefit, MechanicId, Mechanics, Phase, Threshold, UnitLimits};
use domain::offer::{
    Filters, GoodsSet, Item, Messages, Offer, OnFault, Stacking, StackingMode, Target, Terms,
};
use domain::plan::{Currency, LargestGrants, Plan, PointsCurrency};
use domain::pricing::{Calculation, PricedReceipt, price};
use domain::quantities::{Money, Percent, Quantity};
use domain::receipt::{PayPoints, Receipt, ReceiptLine};
use domain::rounding::Rounding;
use domain::time::{Moment, Period};
use domain::usage::Usage;
use tests::builtins::Builtins;

const PRODUCTS: u32 = 1000;
const CATEGORIES: u32 = 20;
const GROUPS: u32 = 10;
const MECHANICS: [&str; 5] = ["product", "category", "group", "threshold", "receipt"];

/// A plan and a receipt to price.
pub(crate) struct Store {
    plan: Plan,
    receipt: Receipt,
}

impl Store {
    /// A receipt of `lines` lines, and a plan with `offers` offers spread over five mechanics.
    pub(crate) fn new(lines: usize, offers: usize) -> Self {
        Self { plan: plan(offers), receipt: receipt(lines) }
    }

    /// Prices the receipt.
    pub(crate) fn price(&self, mechanics: &dyn Mechanics) -> PricedReceipt {
        price(Calculation {
            plan: &self.plan,
            mechanics,
            receipt: &self.receipt,
            member: None,
            usage: Usage::nothing(),
            offline: false,
        })
    }
}

fn plan(offers: usize) -> Plan {
    let mechanics = Builtins::get().expect("the built-in mechanics are sound").described.clone();
    let number = |name: &str| {
        mechanics.iter().position(|mechanic| mechanic.name == name).map(MechanicId).expect("a built-in")
    };
    let offers =
        (0..offers).zip(MECHANICS.iter().cycle()).map(|(id, name)| offer(id, number(name), name)).collect();
    Plan {
        hash: String::new(),
        currency: Currency { code: "RUB".to_owned(), exponent: 2, rounding: Rounding::HalfUp },
        points: PointsCurrency {
            exponent: 2,
            rounding: Rounding::HalfUp,
            rate: (1, 1),
            max_burn: Percent::HUNDRED,
        },
        catalog: std::sync::Arc::new(catalog()),
        mechanics,
        offers,
        receipt_max_discount: None,
        largest_grants: LargestGrants::default(),
        locale: "en".to_owned(),
    }
}

fn catalog() -> Catalog {
    let products = (0..PRODUCTS).map(|id| Product {
        code: format!("G{id:04}"),
        name: format!("Product {id}"),
        category: Some(CategoryId(1 + id % CATEGORIES)),
        discountable: true,
        groups: vec![GroupId(1 + id % GROUPS)],
        ..Product::default()
    });
    let categories = (1..=CATEGORIES).map(|id| Category {
        code: format!("C{id:02}"),
        path: if id == 1 { vec![CategoryId(1)] } else { vec![CategoryId(id), CategoryId(1)] },
        ..Category::default()
    });
    let groups = (1..=GROUPS).map(|id| Group { code: format!("S{id:02}"), ..Group::default() });
    Catalog::new(products.collect(), categories.collect(), groups.collect(), Vec::new())
}

/// Every fourth gives points, every second is exclusive; each has something to reward.
fn offer(id: usize, mechanic: MechanicId, name: &str) -> Offer {
    let round = u32::try_from(id / MECHANICS.len()).expect("a number of offers");
    let target = match name {
        "product" => Target::Product(ProductId(1 + round % PRODUCTS)),
        "category" => Target::Category(CategoryId(2 + round % (CATEGORIES - 1)), 2),
        "group" => Target::Group(GroupId(1 + round % GROUPS)),
        _ => Target::Receipt,
    };
    let item = Item {
        reward: if round % 4 == 3 { Phase::Accrual } else { Phase::Discount },
        target,
        target_text: "target".to_owned(),
        benefit: if round % 2 == 0 { Benefit::Percent(Percent(500)) } else { Benefit::Amount(100) },
        threshold: (name == "threshold").then_some(Threshold { sum: 1000, exclusive: false }),
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
    let mode = if round % 2 == 0 { StackingMode::Exclusive } else { StackingMode::Cumulative };
    Offer {
        external_id: format!("offer-{id:04}"),
        version: 1,
        title: format!("Offer {id}"),
        mechanic,
        terms: Terms::Configured(vec![item]),
        extras: Vec::new(),
        params_text: None,
        exclude: GoodsSet::default(),
        skip_discounted_lines: false,
        weighed: false,
        stacking: Stacking { mode, priority: i64::from(round % 3), base: None },
        filters: Filters::default(),
        limits: Vec::new(),
        control_group: None,
        exploration: None,
        messages: Messages::default(),
        on_fault: OnFault::Skip,
        require_accept: false,
        item_id: String::new(),
    }
}

fn receipt(lines: usize) -> Receipt {
    let local = jiff::civil::date(2026, 11, 22).at(10, 15, 0, 0);
    let lines = (1..).take(lines).map(|position: u32| {
        let product = 1 + (position - 1) % PRODUCTS;
        let price = Money(1999 + 37 * i64::from(position % 50));
        ReceiptLine {
            position,
            goods_id: format!("G{:04}", product - 1),
            name: String::new(),
            product: Some(ProductId(product)),
            quantity: Quantity(1000),
            price,
            gross: price,
            amount: price,
            facts: BTreeMap::new(),
        }
    });
    Receipt {
        purchase_id: "p-1".to_owned(),
        at: Moment::new(0, local),
        pos: "store/till".to_owned(),
        pos_known: true,
        limits_pos: "store/till".to_owned(),
        locale: None,
        identifier: None,
        lines: lines.collect(),
        coupons: Vec::new(),
        exact_codes: false,
        names_kind: true,
        pay_points: PayPoints::None,
        facts: BTreeMap::new(),
        explain: false,
    }
}
