//! A week's receipts at the tills.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::error::DriveError;
use super::host::{Host, JSON};
use crate::chain::{Basket, Chain};
use crate::host::{self, Receipt, member_id, money};

/// Most tills that send at the same time.
pub const MOST_TILLS: usize = 64;

/// How a week is sent.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Tills that send at the same time, each over a connection of its own, from 1 to [`MOST_TILLS`].
    pub tills: usize,
    /// Most receipts in a second, at least 1; without it as many as the host takes.
    pub per_second: Option<u32>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { tills: 4, per_second: None }
    }
}

/// What was sold in a week. Money is in minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Receipts that were calculated and confirmed.
    pub receipts: u64,
    /// Receipts that the host had already; they are in no other sum.
    pub repeated: u64,
    /// Members whose level was asked for, since what they buy depends on it.
    pub asked: u64,
    /// Receipts with a discount.
    pub discounted: u64,
    /// Before discounts.
    pub amount: i64,
    /// All discounts that the host gave.
    pub discount: i64,
}

/// Sends what members buy in a week, about in the order of time. It needs a key of role `pos` or `admin`. A week
/// that broke off can be sent again: receipts that the host has are passed over. `progress` is told how many
/// members who may buy have been looked at, of how many.
///
/// # Errors
///
/// The chain has no such week, the host cannot be reached or does not take a receipt, or gives a discount on
/// favourite goods that is none of the chain's levels. What was sent stays.
pub fn week(
    chain: &Chain,
    at: &Host,
    week: u32,
    pace: &Pace,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Sent, DriveError> {
    let weeks = chain.settings().weeks;
    if week == 0 || week > weeks {
        return Err(DriveError::Week { found: week, weeks });
    }
    if pace.tills == 0 || pace.tills > MOST_TILLS {
        return Err(DriveError::Tills { found: pace.tills });
    }
    if pace.per_second == Some(0) {
        return Err(DriveError::PerSecond);
    }
    let buyers = may_buy(chain, week);
    let work = Work {
        chain,
        week,
        buyers: &buyers,
        next: AtomicUsize::new(0),
        stopped: AtomicBool::new(false),
        done: Mutex::new(0),
        begin: Instant::now(),
        per_second: pace.per_second,
        progress,
    };
    let sent: Vec<Result<Sent, DriveError>> = thread::scope(|scope| {
        let tills: Vec<_> = (0..pace.tills)
            .map(|_| {
                let (work, at) = (&work, at.another());
                scope.spawn(move || work.till(&at))
            })
            .collect();
        // A till that panics is a mistake of this program; its receipts would be missing without a word.
        tills
            .into_iter()
            .map(|till| till.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    sent.into_iter().try_fold(Sent::default(), |all, one| Ok(all.and(one?)))
}

/// Members who buy under some arm, by the time at which they do.
fn may_buy(chain: &Chain, week: u32) -> Vec<u32> {
    let of_member = |member| {
        let mut baskets = (0..).take(chain.arms().len()).filter_map(|arm| chain.basket(member, week, arm));
        baskets.next().map(|basket| (basket.minute, member))
    };
    let mut buyers: Vec<(u32, u32)> = (0..chain.settings().members).filter_map(of_member).collect();
    buyers.sort_unstable();
    buyers.into_iter().map(|(_, member)| member).collect()
}

/// What the tills of a week share.
struct Work<'a> {
    chain: &'a Chain,
    week: u32,
    buyers: &'a [u32],
    /// Place of the next member in `buyers`.
    next: AtomicUsize,
    /// Whether a till has failed.
    stopped: AtomicBool,
    /// Members who have been looked at.
    done: Mutex<u64>,
    begin: Instant,
    per_second: Option<u32>,
    progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Work<'_> {
    /// Looks at one member after the other until there are none left, or a till fails.
    fn till(&self, at: &Host) -> Result<Sent, DriveError> {
        let mut sent = Sent::default();
        while !self.stopped.load(Ordering::Relaxed) {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(member) = self.buyers.get(place) else { break };
            self.wait(place);
            if let Err(error) = self.visit(at, *member, &mut sent) {
                self.stopped.store(true, Ordering::Relaxed);
                return Err(error);
            }
            if let Ok(mut done) = self.done.lock() {
                *done += 1;
                (self.progress)(*done, u64::try_from(self.buyers.len()).unwrap_or_default());
            }
        }
        Ok(sent)
    }

    /// Waits until it is the turn of the member at a place.
    fn wait(&self, place: usize) {
        let Some(per_second) = self.per_second else { return };
        let place = u64::try_from(place).unwrap_or(u64::MAX);
        let due = Duration::from_millis(place.saturating_mul(1_000) / u64::from(per_second));
        if let Some(rest) = due.checked_sub(self.begin.elapsed()) {
            thread::sleep(rest);
        }
    }

    /// Sends the receipt of a member, if there is one.
    fn visit(&self, at: &Host, member: u32, sent: &mut Sent) -> Result<(), DriveError> {
        let basket = |arm| self.chain.basket(member, self.week, arm);
        let first = basket(0);
        let others = (1..).take(self.chain.arms().len().saturating_sub(1));
        let arm = if others.clone().all(|arm| goods(basket(arm).as_ref()) == goods(first.as_ref())) {
            0
        } else {
            sent.asked += 1;
            self.level(at, member)?
        };
        match basket(arm) {
            Some(basket) => self.buy(at, &Receipt { member, week: self.week, arm, basket }, sent),
            None => Ok(()),
        }
    }

    /// The arm that a member has at the host.
    fn level(&self, at: &Host, member: u32) -> Result<u8, DriveError> {
        const CALL: &str = "POST /v1/prices";
        let (question, product) = host::question(self.chain, member, self.week);
        let answer = at.send(("POST", "/v1/prices"), JSON, None, &question.to_string())?;
        let discount = minor(CALL, &answer, "/products/0/discount")?;
        let price = i64::from(product.price);
        let percent =
            (discount * 100 % price == 0).then(|| u32::try_from(discount * 100 / price).ok()).flatten();
        percent.and_then(|percent| self.chain.arm_of(percent)).ok_or_else(|| DriveError::Level {
            member: member_id(member),
            discount: money(discount),
            price: money(price),
            levels: self
                .chain
                .arms()
                .iter()
                .map(|arm| format!("{} %", arm.percent))
                .collect::<Vec<_>>()
                .join(", "),
        })
    }

    fn buy(&self, at: &Host, receipt: &Receipt, sent: &mut Sent) -> Result<(), DriveError> {
        let id = receipt.purchase_id();
        let mut body = receipt.body(self.chain);
        if let Some(body) = body.as_object_mut() {
            // It is in the address.
            body.remove("purchase_id");
        }
        let calculate = format!("/v1/purchases/{id}/calculate");
        let answer = match at.send(("POST", &calculate), JSON, None, &body.to_string()) {
            Err(DriveError::Refused { code, .. }) if code == "purchase_confirmed" => {
                sent.repeated += 1;
                return Ok(());
            }
            other => other?,
        };
        let call = format!("POST {calculate}");
        let amount = minor(&call, &answer, "/totals/amount")?;
        let discount = minor(&call, &answer, "/totals/discount")?;
        at.send(("POST", &format!("/v1/purchases/{id}/confirm")), JSON, Some(&id), "")?;
        sent.receipts += 1;
        sent.discounted += u64::from(discount > 0);
        sent.amount += amount;
        sent.discount += discount;
        Ok(())
    }
}

impl Sent {
    fn and(self, other: Self) -> Self {
        Self {
            receipts: self.receipts + other.receipts,
            repeated: self.repeated + other.repeated,
            asked: self.asked + other.asked,
            discounted: self.discounted + other.discounted,
            amount: self.amount + other.amount,
            discount: self.discount + other.discount,
        }
    }
}

/// What is bought, whatever it costs.
fn goods(basket: Option<&Basket>) -> Vec<(&'static str, u32)> {
    basket
        .into_iter()
        .flat_map(|basket| &basket.lines)
        .map(|line| (line.product.code, line.quantity))
        .collect()
}

/// A sum of money in an answer, in minor units.
fn minor(call: &str, answer: &Value, pointer: &str) -> Result<i64, DriveError> {
    let text = answer.pointer(pointer).and_then(Value::as_str);
    let sum = text.and_then(|text| {
        let (whole, part) = text.split_once('.')?;
        let part: u32 = (part.len() == 2).then(|| part.parse().ok())??;
        whole.parse::<i64>().ok().filter(|whole| *whole >= 0)?.checked_mul(100)?.checked_add(part.into())
    });
    sum.ok_or_else(|| DriveError::Answer {
        call: call.to_owned(),
        detail: format!("{pointer} is {text:?}, and should be a sum with two digits after the point"),
    })
}
