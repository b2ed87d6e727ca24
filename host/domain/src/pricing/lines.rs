//! The lines of a receipt while it is being priced.

use crate::catalog::{Catalog, CategoryId, GroupId, ProductId};
use crate::mechanics::{LineCall, Phase, UnitKind};
use crate::offer::{Base, GoodsSet};
use crate::plan::Plan;
use crate::quantities::{Money, Percent, Quantity};
use crate::receipt::{Receipt, ReceiptLine};
use crate::rounding::{Rounding, divide_up};

/// A line with the rewards granted so far. Sums are minor units of money, points their smallest steps,
/// quantities thousandths.
#[derive(Debug, Clone)]
pub(super) struct WorkingLine {
    pub position: u32,
    pub product: Option<ProductId>,
    pub category: Option<CategoryId>,
    pub quantity: i64,
    /// Sold by weight or measure, not by the piece.
    pub weighed: bool,
    pub price: i64,
    pub gross: i64,
    pub amount: i64,
    pub discount: i64,
    pub points_paid: i64,
    pub points_earned: i64,
    /// Floor: the least that the line may cost.
    pub floor: i64,
    /// Maximum discount of the line.
    pub max_discount: i64,
    pub discountable: bool,
    pub burnable: bool,
    pub earns: bool,
    pub counts: bool,
}

impl WorkingLine {
    pub(super) fn net(&self) -> i64 {
        self.amount.saturating_sub(self.discount)
    }

    pub(super) fn cash(&self) -> i64 {
        self.net().saturating_sub(self.points_paid)
    }

    pub(super) fn base(&self, base: Base) -> i64 {
        match base {
            Base::Gross => self.gross,
            Base::Line => self.amount,
            Base::Net => self.net(),
            Base::Cash => self.cash(),
        }
    }

    /// Discount that the line can still get.
    pub(super) fn discount_room(&self) -> i64 {
        if !self.discountable {
            return 0;
        }
        let above_floor = self.amount.saturating_sub(self.floor);
        above_floor.min(self.max_discount).saturating_sub(self.discount).max(0)
    }

    /// Sum that can be paid with points.
    pub(super) fn burn_room(&self) -> i64 {
        if self.burnable { self.net().saturating_sub(self.floor).max(0) } else { 0 }
    }

    pub(super) fn rewardable(&self, phase: Phase) -> bool {
        match phase {
            Phase::Discount => self.discountable,
            Phase::Accrual => self.earns,
        }
    }

    /// True if the till or an offer has discounted the line. A difference of one smallest unit between
    /// price × quantity and the amount is the till's rounding.
    pub(super) fn is_discounted(&self) -> bool {
        self.gross.saturating_sub(self.amount) > 1 || self.discount > 0
    }

    pub(super) fn call(&self, phase: Phase) -> LineCall {
        LineCall {
            position: self.position,
            product: self.product.map_or(0, |id| id.0),
            category: self.category.map_or(0, |id| id.0),
            quantity: self.quantity,
            price: self.price,
            gross: self.gross,
            amount: self.amount,
            net: self.net(),
            cash: self.cash(),
            rewardable: self.rewardable(phase),
            counts: self.counts,
            unit_kind: match (self.product, self.weighed) {
                (None, _) => UnitKind::Unknown,
                (Some(_), false) => UnitKind::Piece,
                (Some(_), true) => UnitKind::Measure,
            },
        }
    }
}

/// Classifies the lines: the rewards that each allows, and its floor.
pub(super) fn classify(plan: &Plan, receipt: &Receipt) -> Vec<WorkingLine> {
    receipt.lines.iter().map(|line| classify_line(&plan.catalog, line)).collect()
}

fn classify_line(catalog: &Catalog, line: &ReceiptLine) -> WorkingLine {
    let product = line.product.and_then(|id| catalog.product(id));
    let class = product.and_then(|product| catalog.class_of(product));
    let floor_price =
        product.and_then(|product| product.floor_price).max(class.and_then(|class| class.floor_price));
    let max_discount = product.and_then(|product| product.max_discount).unwrap_or(Percent::HUNDRED);
    WorkingLine {
        position: line.position,
        product: line.product,
        category: product.and_then(|product| product.category),
        quantity: line.quantity.0,
        weighed: product.is_some_and(|product| product.weighed),
        price: line.price.0,
        gross: line.gross.0,
        amount: line.amount.0,
        discount: 0,
        points_paid: 0,
        points_earned: 0,
        floor: floor_price.map_or(0, |price| floor_of(price, line.quantity)),
        max_discount: match max_discount {
            Percent::HUNDRED => line.amount.0,
            part => Rounding::Down.divide(i128::from(line.amount.0) * i128::from(part.0), 10_000),
        },
        discountable: product.is_none_or(|product| product.discountable)
            && class.is_none_or(|class| class.discount),
        burnable: class.is_none_or(|class| class.burn),
        earns: class.is_none_or(|class| class.earn),
        counts: class.is_none_or(|class| class.counts_to_threshold),
    }
}

/// The floor of a line: rounded up, so that a weighed unit never sells below its floor price.
fn floor_of(price: Money, quantity: Quantity) -> i64 {
    divide_up(i128::from(price.0) * i128::from(quantity.0), 1000)
}

/// Index from products, categories and groups to the lines that hold them.
#[derive(Debug, Default)]
pub(super) struct LineIndex {
    products: Vec<(ProductId, u32)>,
    categories: Vec<(CategoryId, u32)>,
    groups: Vec<(GroupId, u32)>,
}

impl LineIndex {
    pub(super) fn new(catalog: &Catalog, lines: &[WorkingLine]) -> Self {
        let mut index = Self::default();
        for (number, line) in (0_u32..).zip(lines) {
            let Some((id, product)) = line.product.and_then(|id| Some((id, catalog.product(id)?))) else {
                continue;
            };
            index.products.push((id, number));
            index.groups.extend(product.groups.iter().map(|&group| (group, number)));
            if let Some(category) = line.category.and_then(|id| catalog.category(id)) {
                index.categories.extend(category.path.iter().map(|&node| (node, number)));
            }
        }
        index.products.sort_unstable();
        index.categories.sort_unstable();
        index.groups.sort_unstable();
        index
    }

    pub(super) fn product(&self, id: ProductId) -> impl Iterator<Item = u32> {
        lines_of(&self.products, id)
    }

    /// The lines under a category, its descendants included.
    pub(super) fn category(&self, id: CategoryId) -> impl Iterator<Item = u32> {
        lines_of(&self.categories, id)
    }

    pub(super) fn group(&self, id: GroupId) -> impl Iterator<Item = u32> {
        lines_of(&self.groups, id)
    }

    /// The lines of a set, ascending, each once.
    pub(super) fn set(&self, set: &GoodsSet) -> Vec<u32> {
        let mut lines: Vec<u32> = Vec::new();
        lines.extend(set.products.iter().flat_map(|&id| self.product(id)));
        lines.extend(set.categories.iter().flat_map(|&id| self.category(id)));
        lines.extend(set.groups.iter().flat_map(|&id| self.group(id)));
        lines.sort_unstable();
        lines.dedup();
        lines
    }
}

fn lines_of<K: Copy + Ord>(entries: &[(K, u32)], id: K) -> impl Iterator<Item = u32> {
    let start = entries.partition_point(|&(entry, _)| entry < id);
    entries.iter().skip(start).take_while(move |&&(entry, _)| entry == id).map(|&(_, line)| line)
}

/// Converts the index of a line from the contract's type to that of lists.
pub(super) fn at(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX)
}
