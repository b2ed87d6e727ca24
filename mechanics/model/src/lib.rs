//! A learner's model at the till: the offer's items are a ladder of levels, and each member gets the level that
//! brings most beyond its cost, or none.
//!
//! An item says by `level` which level of the model it is. An item with `goods` is no reward: its lines are the
//! goods that the model knows under that number. The model itself lies in the component's memory; see `table`.

mod facts;
mod reasons;
mod table;

use mechanic_sdk::{
    Checks, Declined, Description, DescriptionBuilder, Fact, Item, Mechanic, Offer, Problem, Receipt, TargetKind,
    Unit, Verdict, fail, rewards,
};
use till::View;
use till::choice::{self, LAMBDA_ONE};

mechanic_sdk::parameters! {
    /// From 1.
    const LEVEL: ItemParameter = ("level", Unit::Count, "Level of the model that the item is, from 1");
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
            None => fail("no_model", "the mechanic has no model; put one in with `offer-host-learn build-mechanic`"),
        }
    }

    fn validate(_params: &str, offer: &Offer) -> Vec<Problem> {
        validate(table::model().as_ref(), offer)
    }
}

/// Describes the mechanic with a model, or without.
pub fn describe(model: Option<&View<'static>>) -> Description {
    let (name, version) = model.map_or(("model", "0.0.0"), |model| (model.name(), model.version()));
    let builder = DescriptionBuilder::new(name, version)
        .targets([TargetKind::Product, TargetKind::Category, TargetKind::Group, TargetKind::Receipt])
        .parameters(PARAMETERS);
    let mut description = reasons::describe(rewards::describe(builder)).build();
    description.needs = model.map(facts::needs).unwrap_or_default();
    description
}

/// Proposes the item of the level with the largest gain − λ · cost of those whose conditions hold.
pub fn evaluate(model: &View<'_>, receipt: &Receipt, offer: &Offer, facts: &[Fact]) -> Verdict {
    let most = MAX_LEVEL.of(offer).unwrap_or(i64::MAX);
    let mut ladder: Vec<(u8, u32, &Item)> = Vec::new();
    let mut declined = Declined::NoMatchingLine;
    for (index, item) in offer.indexed_items() {
        let Some(level) = level(item).filter(|level| i64::from(*level) <= most) else { continue };
        match item.check(receipt) {
            Ok(_) => ladder.push((level, index, item)),
            Err(Declined::NoMatchingLine) => {}
            Err(other) => declined = other,
        }
    }
    if ladder.is_empty() {
        return Verdict::Declined(declined);
    }
    ladder.sort_by_key(|(level, ..)| *level);
    let chosen = match facts::Values::new(model, receipt, offer, facts) {
        Some(values) => {
            let bins = model.bins(|source| values.of(source));
            let lambda = LAMBDA.of(offer).unwrap_or(LAMBDA_ONE);
            let net = |level| choice::net(model.gain(level, &bins), model.cost(level), lambda);
            choice::best(ladder.into_iter().map(|rung| (rung, net(rung.0)))).ok_or(reasons::NO_GAIN)
        }
        None => {
            let constant = ladder.into_iter().find(|(level, ..)| model.constant() == Some(*level));
            constant.ok_or(reasons::UNKNOWN_MEMBER)
        }
    };
    match chosen {
        Ok((_, index, item)) => Verdict::Proposals(vec![item.propose(index, rewards::reason(receipt.phase, item))]),
        Err(reason) => reason.verdict(&[]),
    }
}

fn level(item: &Item) -> Option<u8> {
    LEVEL.of(item).and_then(|level| u8::try_from(level).ok()).filter(|level| *level > 0)
}

fn validate(model: Option<&View<'_>>, offer: &Offer) -> Vec<Problem> {
    let mut checks = Checks::new(offer);
    let (levels, goods) = model.map_or((0, 0), |model| (i64::from(model.levels()), count(model.goods())));
    checks.each_item(|item| match (LEVEL.of(item), GOODS.of(item)) {
        (None, None) => Some(("", "missing_level", "the item says neither which `level` of the model it is, nor which `goods`")),
        (Some(_), Some(_)) => Some(("goods", "level_and_goods", "an item is a level or counts goods; use two items")),
        (Some(level), None) if level < 1 || level > levels => {
            Some(("level", "no_such_level", "the model has no such level; they count from 1"))
        }
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
        let detail = format!("the model counts `{label}`: add an item with `\"goods\": {number}` that is aimed at them");
        checks.problem("/items", "missing_goods", &detail);
    }
    let mut levels = offer.items.iter().filter(|item| LEVEL.of(item).is_some());
    let reward = levels.next().map(|item| item.reward);
    if levels.any(|item| Some(item.reward) != reward) {
        checks.problem("/items", "mixed_rewards", "a ladder gives discounts or points; make two offers of it");
    }
    if !offer.items.iter().any(|item| LEVEL.of(item).is_some()) {
        checks.problem("/items", "no_levels", "no item is a level of the model, so nobody ever gets anything");
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
