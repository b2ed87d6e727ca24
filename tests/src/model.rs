//! A learner's model at the till: in the sandbox, and by its forests natively, on random receipts.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use domain::mechanics::{
    Benefit, Fact, FactValue, ItemCall, LineCall, LocalTime, OfferCall, Phase, ReceiptCall, Scope,
    TargetKind, UnitKind, UnitLimits, Verdict,
};
use domain::quantities::Percent;
use engine::{Component, Limits, Runtime, RuntimeSettings};
use till::sample::Random;
use till::{Model, choice};

/// What came of a comparison in which all answers were equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Walked {
    /// Calls that proposed a level.
    pub proposed: u32,
    /// Calls that proposed none.
    pub declined: u32,
    /// Fuel of the call that used most.
    pub fuel: u64,
    /// Median time of a call with an instance of its own.
    pub median: Duration,
    /// The time that 99 of 100 calls keep to.
    pub most: Duration,
}

/// The component of a model, admitted as the host admits it.
pub fn admitted(model: &Model) -> anyhow::Result<Component> {
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    Ok(Component::admit(&runtime, &component::component(model)?, &Limits::default())?)
}

/// Prices the same receipts by a built-in mechanic that asks nothing about the member, to compare with.
pub fn without_model(receipts: u32) -> anyhow::Result<Walked> {
    let builtin =
        bundle::builtins().iter().find(|builtin| builtin.name == "ml").context("no such mechanic")?;
    let runtime = Runtime::new(&RuntimeSettings::default())?;
    let component = Component::admit(&runtime, builtin.wasm, &Limits::default())?;
    let plain = ItemCall { extras: Vec::new(), ..item(Scope::WholeReceipt, 0, 0) };
    priced(&component, receipts, &[plain.clone(), plain.clone(), plain])
}

/// Prices random receipts of nobody by an offer of these items.
fn priced(component: &Component, receipts: u32, items: &[ItemCall]) -> anyhow::Result<Walked> {
    let mut random = Random(11);
    let (mut walked, mut times) = (Walked::default(), Vec::new());
    for _ in 0..receipts {
        let receipt = Case::new(&mut random, &[]).receipt();
        let offer = OfferCall { id: 1, items: items.to_vec(), extras: Vec::new(), params: None };
        let (evaluated, cost, time) = component.evaluate_alone(&receipt, &[offer], &[]);
        evaluated.map_err(|fault| anyhow::anyhow!("{fault:?}"))?;
        walked.fuel = walked.fuel.max(cost.fuel);
        times.push(time);
    }
    Ok(walked.timed(times))
}

/// Calls the mechanic of a model so that it does not ask the model: what an instance and a call take at least.
pub fn without_walk(model: &Model, receipts: u32) -> anyhow::Result<Walked> {
    let component = admitted(model)?;
    let level = component.description().parameters.iter().position(|parameter| parameter.name == "level");
    let level = u32::try_from(level.context("a parameter of the mechanic")?)?;
    priced(&component, receipts, &[item(Scope::WholeReceipt, level, 0)])
}

/// Prices random receipts of random members in the sandbox. It is an error if an answer is not that of the
/// forests.
pub fn walk(model: &Model, receipts: u32) -> anyhow::Result<Walked> {
    let component = admitted(model)?;
    let own = &component.description().parameters;
    let place = |name: &str| {
        let place = own.iter().position(|parameter| parameter.name == name);
        Ok::<u32, anyhow::Error>(u32::try_from(place.context("a parameter of the mechanic")?)?)
    };
    let parameters = Parameters { level: place("level")?, goods: place("goods")?, lambda: place("lambda")? };
    let needs: Vec<&str> = component.description().needs.iter().map(|need| need.name.as_str()).collect();
    let mut random = Random(11);
    let (mut walked, mut times) = (Walked::default(), Vec::new());
    for number in 0..receipts {
        let case = Case::new(&mut random, &needs);
        let (evaluated, cost, time) = component.evaluate_alone(
            &case.receipt(),
            &[parameters.offer(model, case.lambda)?],
            &case.facts(),
        );
        let verdicts = evaluated.map_err(|fault| anyhow::anyhow!("{fault:?}"))?.verdicts;
        let found = match verdicts.as_slice() {
            [Verdict::Proposals(proposals)] => proposals.first().and_then(|proposal| proposal.item),
            [Verdict::DeclinedFor(_)] => None,
            other => anyhow::bail!("receipt {number}: {other:?}"),
        };
        ensure!(found == case.expected(model), "receipt {number}: {found:?} in the sandbox, {case:?}");
        walked.fuel = walked.fuel.max(cost.fuel);
        times.push(time);
        *(if found.is_some() { &mut walked.proposed } else { &mut walked.declined }) += 1;
    }
    Ok(walked.timed(times))
}

impl Walked {
    fn timed(self, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
        Self { median: at(50), most: at(99), ..self }
    }
}

/// Indexes of the mechanic's own parameters.
struct Parameters {
    level: u32,
    goods: u32,
    lambda: u32,
}

impl Parameters {
    /// The levels in their order, then the goods that the model counts: tea is the first line, others are the
    /// second.
    fn offer(&self, model: &Model, lambda: i64) -> anyhow::Result<OfferCall> {
        let view = model.view()?;
        let levels = (1..=view.levels()).map(|level| item(Scope::WholeReceipt, self.level, level.into()));
        let lines = |label: &str| if label == "tea" { vec![0] } else { vec![1] };
        let goods = (1..)
            .zip(view.goods())
            .map(|(number, label)| item(Scope::Lines(lines(label)), self.goods, number));
        let items = levels.chain(goods).collect();
        Ok(OfferCall { id: 1, items, extras: vec![(self.lambda, lambda)], params: None })
    }
}

fn item(scope: Scope, parameter: u32, value: i64) -> ItemCall {
    ItemCall {
        target_kind: TargetKind::Receipt,
        target: 0,
        scope,
        reward: Phase::Discount,
        benefit: Benefit::Percent(Percent(500)),
        threshold: None,
        min_units: None,
        min_sum: None,
        limits: UnitLimits::default(),
        extras: vec![(parameter, value)],
    }
}

/// A member and a receipt.
#[derive(Debug)]
struct Case<'a> {
    attributes: Vec<(&'a str, Option<i64>)>,
    hour: u8,
    /// Quantity and amount of tea and of dairy.
    lines: [(i64, i64); 2],
    lambda: i64,
}

impl<'a> Case<'a> {
    fn new(random: &mut Random, needs: &[&'a str]) -> Self {
        let value = |random: &mut Random| i64::from(random.small(1400)) - 700;
        let mut attributes: Vec<(&str, Option<i64>)> =
            needs.iter().map(|name| (*name, Some(value(random)).filter(|_| random.small(8) > 0))).collect();
        // Of nobody is nothing known: that is the constant, which the forests do not say.
        if let Some((_, first)) = attributes.first_mut() {
            first.get_or_insert(0);
        }
        let mut line = || (i64::from(random.small(60)), i64::from(random.small(60)));
        let lines = [line(), line()];
        let hour = u8::try_from(random.small(24)).unwrap_or_default();
        Self { attributes, hour, lines, lambda: i64::from(random.small(30_000)) }
    }

    fn receipt(&self) -> ReceiptCall {
        let line = |(position, (quantity, amount)): (u32, &(i64, i64))| LineCall {
            position,
            product: position,
            category: 0,
            quantity: *quantity,
            price: *amount,
            gross: *amount,
            amount: *amount,
            net: *amount,
            cash: *amount,
            rewardable: true,
            counts: true,
            unit_kind: UnitKind::Piece,
        };
        ReceiptCall {
            phase: Phase::Discount,
            money_exponent: 2,
            points_exponent: 2,
            time: LocalTime {
                year: 2026,
                month: 11,
                day: 30,
                weekday: 1,
                hour: self.hour,
                minute: 0,
                second: 0,
            },
            has_member: true,
            lines: (1..).zip(&self.lines).map(line).collect(),
        }
    }

    fn facts(&self) -> Vec<Fact> {
        let fact = |(need, (_, value)): (u32, &(&str, Option<i64>))| {
            Some(Fact { need, line: None, value: FactValue::Number((*value)?) })
        };
        (0..).zip(&self.attributes).filter_map(fact).collect()
    }

    /// The item of the level that the forests choose.
    fn expected(&self, model: &Model) -> Option<u32> {
        let net = |level: &till::Level| {
            let values: Vec<Option<i64>> =
                level.forest.features().iter().map(|feature| self.value(&feature.name)).collect();
            choice::net(level.forest.score(&values) * till::MILLIONTHS / level.scale, level.cost, self.lambda)
        };
        choice::best((0..).zip(model.parts().levels.iter().map(net)))
    }

    fn value(&self, feature: &str) -> Option<i64> {
        let [(tea_units, tea), (dairy_units, dairy)] = self.lines;
        match feature {
            "till.hour" => Some(self.hour.into()),
            "till.lines" => Some(2),
            "till.sum" => Some(tea + dairy),
            "till.units" => Some(tea_units + dairy_units),
            "till.goods_sum.tea" => Some(tea),
            "till.goods_units.dairy" => Some(dairy_units),
            name => self.attributes.iter().find(|(own, _)| *own == name).and_then(|(_, value)| *value),
        }
    }
}
