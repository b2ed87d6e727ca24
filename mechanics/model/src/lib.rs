//! A learner's model at the till: the offer's items are a ladder of levels, and each member gets the level that
//! brings most beyond its cost, or none.
//!
//! An item says by `level` which level of the model it is; 0 is nothing. An item with `goods` is no reward: its
//! lines are the goods that the model knows under that number. The model itself lies in the component's memory;
//! see `table`.
//!
//! An offer has two items or more. If one alone is handed over, the host drew it to learn what comes of it: it is
//! given whatever the model says, or else no chance of it would be known.

mod facts;
mod reasons;
mod table;

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, Item, Mechanic, Offer, OwnReason, Problem,
    Receipt, TargetKind, Unit, Verdict, fail, rewards,
};
use till::View;
use till::choice::{self, LAMBDA_ONE};

mechanic_sdk::parameters! {
    /// From 0.
    const LEVEL: ItemParameter =
        ("level", Unit::Count, "Level of the model that the item is, from 1; 0 gives nothing, and is there to be drawn");
    /// From 1.
    const GOODS: ItemParameter =
        ("goods", Unit::Count, "Goods that the model counts, from 1; the item itself gives nothing");
    /// Hundredths of a percent.
    const LAMBDA: OfferParameter =
        ("lambda", Unit::Percent, "What costs count in percent; 100, as the model was judged, if absent");
    const MAX_LEVEL: OfferParameter = ("max_level", Unit::Count, "Highest level that anybody gets");
}

/// The mechanic.
#[derive(Debug)]
pub struct Model;

impl Mechanic for Model {
    fn describe() -> Description {
        describe(table::model().as_ref())
    }

    fn evaluate_offer(receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
        match table::model() {
            Some(model) => evaluate(&model, receipt, offer, facts),
            None => fail(
                "no_model",
                "the mechanic has no model; put one in with `offer-host-learn build-mechanic`",
            ),
        }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        validate(table::model().as_ref(), offer)
    }
}

/// Describes the mechanic with a model, or without.
pub fn describe(model: Option<&View<'static>>) -> Description {
    let (name, version) = match model {
        Some(model) if model.is_intact() => (model.name(), model.version()),
        // No version at all, so that no host admits it: a description has no other way to refuse.
        Some(_) => ("model", "damaged: its model was changed after it was built; build it anew"),
        None => ("model", "0.0.0"),
    };
    let builder = DescriptionBuilder::new(name, version)
        .targets([TargetKind::Product, TargetKind::Category, TargetKind::Group, TargetKind::Receipt])
        .parameters(PARAMETERS);
    let mut description = reasons::describe(rewards::describe(builder)).build();
    description.needs = model.map(facts::needs).unwrap_or_default();
    description
}

/// A level of the ladder, with the index of its item.
type Rung<'a> = (u8, u32, &'a Item);

/// Proposes the item of the level with the largest gain − λ · cost of those whose conditions hold; one item
/// alone without asking the model.
pub fn evaluate(model: &View<'_>, receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
    let is_drawn = offer.items.len() == 1;
    if is_drawn && offer.items.iter().all(|item| level(item).is_none()) {
        return reasons::DRAWN.verdict(&[]);
    }
    let ladder = match ladder(receipt, offer) {
        Ok(ladder) => ladder,
        Err(declined) => return Verdict::Declined(declined),
    };
    let chosen = if is_drawn {
        ladder.into_iter().next().ok_or(reasons::NO_GAIN)
    } else {
        choose(model, receipt, offer, facts, ladder)
    };
    match chosen {
        Ok((_, index, item)) => {
            Verdict::Proposals(vec![item.propose(index, rewards::reason(receipt.phase, item))])
        }
        Err(reason) => reason.verdict(&[]),
    }
}

/// The levels whose conditions hold and that are not above the highest one, in order.
fn ladder<'a>(receipt: &Receipt, offer: &'a Offer) -> Result<Vec<Rung<'a>>, Declined> {
    let most = MAX_LEVEL.of(offer).unwrap_or(i64::MAX);
    let mut ladder = Vec::new();
    let mut declined = Declined::NoMatchingLine;
    for (index, item) in offer.indexed_items() {
        let Some(level) = level(item).filter(|level| i64::from(*level) <= most) else { continue };
        match item.check(receipt) {
            Ok(_) => ladder.push((level, index, item)),
            Err(Declined::NoMatchingLine) => {}
            Err(other) => declined = other,
        }
    }
    ladder.sort_by_key(|(level, ..)| *level);
    if ladder.is_empty() { Err(declined) } else { Ok(ladder) }
}

/// What the model gives; to a member of whom nothing is known, the constant.
fn choose<'a>(
    model: &View<'_>,
    receipt: &Receipt,
    offer: &Offer,
    facts: &[Fact],
    ladder: Vec<Rung<'a>>,
) -> Result<Rung<'a>, OwnReason> {
    let Some(row) = facts::row(model, receipt, offer, facts) else {
        let constant = model.constant().filter(|_| receipt.has_member);
        let rung = ladder.into_iter().find(|(level, ..)| constant == Some(*level));
        return rung.ok_or(reasons::UNKNOWN_MEMBER);
    };
    let lambda = LAMBDA.of(offer).unwrap_or(LAMBDA_ONE);
    let net = |level| choice::net(model.gain(level, &row.bins), model.cost(level), lambda);
    choice::best(ladder.into_iter().map(|rung| (rung, net(rung.0)))).ok_or(reasons::NO_GAIN)
}

/// The level that an item is; nothing if it gives nothing.
fn level(item: &Item) -> Option<u8> {
    LEVEL.of(item).and_then(|level| u8::try_from(level).ok()).filter(|level| *level > 0)
}

fn validate(model: Option<&View<'_>>, offer: &Offer) -> Vec<Problem> {
    let mut checks = Checks::new(offer);
    let (levels, goods) = model.map_or((0, 0), |model| (i64::from(model.levels()), count(model.goods())));
    checks.each_item(|item| match (LEVEL.of(item), GOODS.of(item)) {
        (None, None) => Some((
            "",
            "missing_level",
            "the item says neither which `level` of the model it is, nor which `goods`",
        )),
        (Some(_), Some(_)) => {
            Some(("goods", "level_and_goods", "an item is a level or counts goods; use two items"))
        }
        (Some(level), None) if level < 0 || level > levels => Some((
            "level",
            "no_such_level",
            "the model has no such level; they count from 1, and 0 is nothing",
        )),
        (None, Some(number)) if number < 1 || number > goods => {
            Some(("goods", "no_such_goods", "the model counts no such goods; they count from 1"))
        }
        _ => None,
    });
    for (handle, key, code) in [(LEVEL, "level", "level_twice"), (GOODS, "goods", "goods_twice")] {
        for (index, item) in offer.indexed_items() {
            let own = handle.of(item);
            let before = offer.items.iter().take(usize::try_from(index).unwrap_or(usize::MAX));
            if own.is_some() && before.into_iter().any(|earlier| handle.of(earlier) == own) {
                checks.item_problem(index, key, code, "an earlier item has the same; each stands once");
            }
        }
    }
    let named: Vec<i64> = offer.items.iter().filter_map(|item| GOODS.of(item)).collect();
    let labels = model.into_iter().flat_map(View::goods);
    for (number, label) in (1..).zip(labels).filter(|(number, _)| !named.contains(number)) {
        let detail = format!(
            "the model counts `{label}`: add an item with `\"goods\": {number}` that is aimed at them"
        );
        checks.problem("/items", "missing_goods", &detail);
    }
    let reward = offer.items.first().map(|item| item.reward);
    if offer.items.iter().any(|item| Some(item.reward) != reward) {
        let detail =
            "a ladder gives discounts or points, and its goods are counted with it: make two offers of it";
        checks.problem("/items", "mixed_rewards", detail);
    }
    if !offer.items.iter().any(|item| level(item).is_some()) {
        checks.problem(
            "/items",
            "no_levels",
            "no item is a level of the model, so nobody ever gets anything",
        );
    } else if offer.items.len() == 1 {
        let detail = "one item alone is given to everybody, whatever the model says: add one with `\"level\": 0`, nothing";
        checks.problem("/items", "one_item", detail);
    }
    if MAX_LEVEL.of(offer).is_some_and(|most| most < 1) {
        checks.problem("/max_level", "not_positive", "with this nobody gets anything; end the offer instead");
    }
    checks.finish()
}

fn count(items: impl Iterator) -> i64 {
    i64::try_from(items.count()).unwrap_or(i64::MAX)
}

mechanic_sdk::export!(Model);

#[cfg(test)]
mod tests;
