//! One till: makes the calls of its schedule, checks each answer and keeps the sums that the books must agree with.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::AddAssign;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use domain::decimal::parse_scaled;
use serde::Deserialize;

use super::host::Client;
use super::schedule::{Purchase, TillAction};

/// Sums in cents and hundredths of a point.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    /// Charged by the till before offers. Zero for a return.
    pub amount: i64,
    /// Discounts of offers. Zero for a return.
    pub discount: i64,
    /// Paid in money.
    pub payable: i64,
    /// Paid with points, in money.
    pub points_paid: i64,
    /// Points spent.
    pub points_spent: i64,
    /// Points earned; of a return, those that were taken back.
    pub points_earned: i64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.amount += other.amount;
        self.discount += other.discount;
        self.payable += other.payable;
        self.points_paid += other.points_paid;
        self.points_spent += other.points_spent;
        self.points_earned += other.points_earned;
    }
}

/// A purchase that was confirmed, with the sums of its answer.
pub(super) struct Sold {
    pub(super) number: usize,
    pub(super) sums: Sums,
    /// Digest of the text of the confirmation.
    pub(super) digest: u64,
    /// Sums of its return, if there was one.
    pub(super) returned: Option<Sums>,
}

/// Times of calls, measured by the till.
#[derive(Default)]
pub(super) struct Times {
    pub(super) calculate: Vec<Duration>,
    pub(super) confirm: Vec<Duration>,
    pub(super) returns: Vec<Duration>,
}

/// The purchases and times of a till.
#[derive(Default)]
pub(super) struct Done {
    pub(super) sold: Vec<Sold>,
    pub(super) times: Times,
}

#[derive(Deserialize)]
struct Answer {
    totals: Totals,
    mechanics: Vec<Called>,
}

#[derive(Deserialize)]
struct Totals {
    amount: String,
    discount: String,
    payable: String,
    points_paid: String,
    points_spent: String,
    points_earned: String,
}

#[derive(Deserialize)]
struct Called {
    outcome: String,
}

#[derive(Deserialize)]
struct ReturnAnswer {
    return_id: String,
    state: String,
    totals: ReturnTotals,
}

#[derive(Deserialize)]
struct ReturnTotals {
    payable: String,
    points_paid: String,
    points_spent: String,
    points_taken: String,
}

/// Carries out all actions, one after the other.
pub(super) fn send(
    client: &Client,
    purchases: &[Purchase],
    actions: &[TillAction],
    sold_one: impl Fn(),
) -> anyhow::Result<Done> {
    let mut done = Done::default();
    for action in actions {
        match *action {
            TillAction::Buy(number) => {
                let sold = buy(client, number, &purchases[number], &mut done.times)?;
                done.sold.push(sold);
                sold_one();
            }
            TillAction::GiveBack(number) => {
                let sold = done.sold.iter_mut().find(|sold| sold.number == number);
                give_back(client, sold.context("sold here")?, &purchases[number], &mut done.times)?;
            }
        }
    }
    Ok(done)
}

fn buy(client: &Client, number: usize, purchase: &Purchase, times: &mut Times) -> anyhow::Result<Sold> {
    let id = &purchase.id;
    let path = format!("/v1/purchases/{id}");
    let calculated =
        timed(&mut times.calculate, || client.post(&format!("{path}/calculate"), None, &purchase.body))?;
    let answer: Answer = serde_json::from_str(&calculated).with_context(|| calculated.clone())?;
    ensure!(answer.mechanics.iter().all(|called| called.outcome == "ok"), "{id}: {calculated}");

    let (path, key) = (format!("{path}/confirm"), format!("confirm-{id}"));
    let confirmed = timed(&mut times.confirm, || client.post(&path, Some(&key), ""))?;
    let expected = calculated.replacen(r#""state":"calculated""#, r#""state":"confirmed""#, 1);
    ensure!(confirmed == expected, "{id} is not confirmed as calculated: {confirmed} for {calculated}");
    if purchase.confirmed_twice {
        ensure!(
            client.post(&path, Some(&key), "")? == confirmed,
            "{id}: the second confirmation gets another answer"
        );
    }
    Ok(Sold { number, sums: answer.totals.sums()?, digest: digest(&confirmed), returned: None })
}

fn give_back(client: &Client, sold: &mut Sold, purchase: &Purchase, times: &mut Times) -> anyhow::Result<()> {
    let (id, back) = (&purchase.id, purchase.given_back.as_ref().context("something comes back")?);
    let path = format!("/v1/purchases/{id}/returns");
    let text = timed(&mut times.returns, || {
        let draft = client.post(&path, Some(&format!("return-{id}")), &back.body)?;
        let draft: ReturnAnswer = serde_json::from_str(&draft).with_context(|| draft.clone())?;
        let key = format!("confirm-{}", draft.return_id);
        client.post(&format!("{path}/{}/confirm", draft.return_id), Some(&key), "")
    })?;
    let answer: ReturnAnswer = serde_json::from_str(&text).with_context(|| text.clone())?;
    ensure!(answer.state == "confirmed", "{text}");
    let returned = answer.totals.sums()?;
    if back.whole {
        let all = Sums { amount: 0, discount: 0, ..sold.sums };
        // Points of a receipt that is long past may have expired, and are then not taken again.
        let expired = Sums { points_earned: 0, ..all };
        ensure!(
            returned == all || returned == expired,
            "{id} came back whole, but {returned:?} is not {all:?}"
        );
    }
    sold.returned = Some(returned);
    Ok(())
}

fn timed<T>(times: &mut Vec<Duration>, call: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let start = Instant::now();
    let answer = call()?;
    times.push(start.elapsed());
    Ok(answer)
}

/// Digest of a text that is too long to keep.
pub(super) fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A decimal with two places in cents, or hundredths of a point.
pub(super) fn cents(text: &str) -> anyhow::Result<i64> {
    parse_scaled(text, 2).with_context(|| format!("`{text}` is not an amount"))
}

impl Totals {
    fn sums(&self) -> anyhow::Result<Sums> {
        Ok(Sums {
            amount: cents(&self.amount)?,
            discount: cents(&self.discount)?,
            payable: cents(&self.payable)?,
            points_paid: cents(&self.points_paid)?,
            points_spent: cents(&self.points_spent)?,
            points_earned: cents(&self.points_earned)?,
        })
    }
}

impl ReturnTotals {
    fn sums(&self) -> anyhow::Result<Sums> {
        Ok(Sums {
            payable: cents(&self.payable)?,
            points_paid: cents(&self.points_paid)?,
            points_spent: cents(&self.points_spent)?,
            points_earned: cents(&self.points_taken)?,
            ..Sums::default()
        })
    }
}
