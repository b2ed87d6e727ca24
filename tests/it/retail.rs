//! A year of real receipts through the real binary.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use domain::decimal::parse_scaled;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use tests::retail::{self, CAMPAIGN_OFFER, CLUB_OFFER, Campaign, Coupon, Retail};
use tests::workspace;

/// The fields of an answer that the checks need.
#[derive(Deserialize)]
struct Answer {
    purchase_id: String,
    lines: Vec<AnswerLine>,
    totals: Totals,
    warnings: Vec<Warning>,
    mechanics: Vec<Outcome>,
}

#[derive(Deserialize)]
struct AnswerLine {
    position: u32,
    amount: String,
    discount: String,
    payable: String,
    points_earned: String,
    offers: Vec<Reward>,
}

#[derive(Deserialize)]
struct Reward {
    offer: String,
    discount: String,
    points: String,
}

#[derive(Deserialize)]
struct Totals {
    amount: String,
    discount: String,
    payable: String,
    points_earned: String,
}

#[derive(Deserialize)]
struct Warning {
    code: String,
}

#[derive(Deserialize)]
struct Outcome {
    outcome: String,
}

fn cents(text: &str) -> i64 {
    parse_scaled(text, 2).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Prices all receipts; hands over each line of the output and gives the digest of all of it.
fn calculate(plan: &Path, receipts: &Path, mut each: impl FnMut(&str)) -> Vec<u8> {
    let mut child = Command::new(workspace::offer_host().expect("the binary"))
        .args(["calculate", "--plan"])
        .arg(plan)
        .stdin(File::open(receipts).expect("the receipts"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("offer-host starts");
    let mut hash = Sha256::new();
    let output = BufReader::new(child.stdout.take().expect("its output"));
    for line in output.lines() {
        let line = line.expect("a line of output");
        hash.update(line.as_bytes());
        hash.update(b"\n");
        each(&line);
    }
    let status = child.wait().expect("offer-host ends");
    assert!(status.success(), "offer-host calculate: {status}");
    hash.finalize().to_vec()
}

#[test]
fn a_year_of_receipts() {
    let retail = Retail::read(&retail::folder().expect("the data")).expect("readable data");
    let folder = tempfile::tempdir().expect("a folder");
    let (plan, receipts) = retail::write(&retail, folder.path()).expect("plan and receipts");
    workspace::offer_host().expect("the binary");

    let mut answers: Vec<Answer> = Vec::new();
    let started = Instant::now();
    let first = calculate(&plan, &receipts, |line| {
        let answer = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line:.500}"));
        answers.push(answer);
    });
    let took = started.elapsed();
    let second = calculate(&plan, &receipts, |_| {});
    assert_eq!(first, second, "two runs over the same receipts give the same bytes");

    every_line_is_answered(&retail, &answers);
    sums_reconcile(&retail, &answers);
    lines_add_up(&answers);
    nothing_failed(&answers);
    members_earn_one_percent(&answers);
    redeemed_coupons_pay(&retail, &answers);
    coupons_pay_what_they_say(&retail, &answers);
    campaigns_reach_their_households_only(&retail, &answers);

    let lines: usize = answers.iter().map(|answer| answer.lines.len()).sum();
    let per_second = u128::try_from(answers.len()).expect("a count") * 1000 / took.as_millis().max(1);
    writeln!(
        std::io::stderr(),
        "a year of receipts: {} receipts, {lines} lines, {} offers in {took:.2?}, reading the plan included: {per_second} receipts/s",
        answers.len(),
        retail.coupons.len() + 2,
    )
    .expect("stderr");
}

fn every_line_is_answered(retail: &Retail, answers: &[Answer]) {
    let counts = &retail.stats.counts;
    assert_eq!(retail.receipts.len(), counts.receipts, "receipts in the data");
    assert_eq!(answers.len(), counts.receipts, "one answer for each receipt");
    let numbered: usize = retail
        .receipts
        .iter()
        .map(|receipt| receipt.lines.iter().filter(|line| line.n.is_some()).count())
        .sum();
    assert_eq!(numbered, counts.lines, "lines in the data");
    assert_eq!(retail.products.len(), counts.products);
    assert_eq!(retail.coupons.len(), counts.coupons);
    assert_eq!(retail.redemptions.len(), counts.redemptions);
    for (receipt, answer) in retail.receipts.iter().zip(answers) {
        assert_eq!(
            answer.purchase_id,
            receipt.receipt.to_string(),
            "answers come in the order of the receipts"
        );
        assert_eq!(answer.lines.len(), receipt.lines.len(), "receipt {}", receipt.receipt);
        let positions: BTreeSet<u32> = answer.lines.iter().map(|line| line.position).collect();
        assert_eq!(positions.len(), answer.lines.len(), "receipt {}", receipt.receipt);
    }
}

fn sums_reconcile(retail: &Retail, answers: &[Answer]) {
    let money = &retail.stats.money_minor;
    // The totals of the data leave the zero-quantity lines out; two of them cost a cent.
    let put_back = retail.receipts.iter().flat_map(|receipt| &receipt.lines).filter(|line| line.n.is_none());
    let of_nothing: i64 = put_back.map(|line| line.amount()).sum();
    let amount: i64 = answers.iter().map(|answer| cents(&answer.totals.amount)).sum();
    assert_eq!(amount - of_nothing, money.gross - money.retail_disc, "gross less the till's discounts");
    assert_eq!(amount - of_nothing, money.received + money.coupon_match, "the same from the other side");
}

fn lines_add_up(answers: &[Answer]) {
    for answer in answers {
        let id = &answer.purchase_id;
        let sum = |field: fn(&AnswerLine) -> &String| {
            answer.lines.iter().map(|line| cents(field(line))).sum::<i64>()
        };
        assert_eq!(sum(|line| &line.amount), cents(&answer.totals.amount), "{id}");
        assert_eq!(sum(|line| &line.discount), cents(&answer.totals.discount), "{id}");
        assert_eq!(sum(|line| &line.payable), cents(&answer.totals.payable), "{id}");
        assert_eq!(sum(|line| &line.points_earned), cents(&answer.totals.points_earned), "{id}");
        for line in &answer.lines {
            let (discount, payable) = (cents(&line.discount), cents(&line.payable));
            assert_eq!(cents(&line.amount) - discount, payable, "{id}, line {}", line.position);
            assert!(
                discount >= 0 && payable >= 0,
                "{id}, line {}: a coupon larger than its line",
                line.position
            );
            let given: i64 = line.offers.iter().map(|reward| cents(&reward.discount)).sum();
            assert_eq!(given, discount, "{id}, line {}", line.position);
        }
    }
}

fn nothing_failed(answers: &[Answer]) {
    let expected = ["unknown_goods", "unknown_coupon", "unknown_target", "zero_quantity", "partly_granted"];
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for answer in answers {
        assert!(answer.mechanics.iter().all(|called| called.outcome == "ok"), "{}", answer.purchase_id);
        for warning in &answer.warnings {
            *seen.entry(&warning.code).or_default() += 1;
        }
    }
    assert!(seen.keys().all(|code| expected.contains(code)), "{seen:?}");
    assert!(seen.contains_key("unknown_goods") && seen.contains_key("zero_quantity"), "{seen:?}");
}

/// Every member has 1 % in points on what is paid, whatever else happens.
fn members_earn_one_percent(answers: &[Answer]) {
    for answer in answers {
        for line in &answer.lines {
            let expected = (cents(&line.payable) + 50) / 100;
            assert_eq!(
                points_of(line, CLUB_OFFER),
                expected,
                "{}, line {}",
                answer.purchase_id,
                line.position
            );
        }
    }
}

fn points_of(line: &AnswerLine, offer: &str) -> i64 {
    line.offers.iter().filter(|reward| reward.offer == offer).map(|reward| cents(&reward.points)).sum()
}

fn discount_of(answer: &Answer, offer: &str) -> i64 {
    let rewards = answer.lines.iter().flat_map(|line| &line.offers);
    rewards.filter(|reward| reward.offer == offer).map(|reward| cents(&reward.discount)).sum()
}

/// The redemptions of the data: for each, the coupon's goods on the receipts of that household and
/// local day, and what the coupon gave there.
fn redeemed_coupons_pay(retail: &Retail, answers: &[Answer]) {
    let mut paid = 0;
    for redemption in &retail.redemptions {
        let goods = &coupon_of(retail, redemption.campaign, redemption.coupon).products;
        let offer = retail::coupon_offer(redemption.campaign, redemption.coupon);
        let that_day: Vec<usize> = (0..)
            .zip(&retail.receipts)
            .filter(|(_, receipt)| receipt.household == redemption.household)
            .filter(|(_, receipt)| local_date(receipt.ts) == redemption.date)
            .map(|(index, _)| index)
            .collect();
        assert!(!that_day.is_empty(), "{redemption:?}: no receipt on that day");
        let has_goods = |index: &&usize| {
            let lines = &retail.receipts[**index].lines;
            lines.iter().any(|line| goods.contains(&line.product) && line.qty > 0 && line.amount() > 0)
        };
        if that_day.iter().any(|index| has_goods(&index)) {
            let given: i64 = that_day.iter().map(|index| discount_of(&answers[*index], &offer)).sum();
            assert!(given > 0, "{redemption:?}: the goods were bought, but the coupon gave nothing");
            paid += 1;
        }
    }
    // Counted in the data with other tools; the goods of the other four are on no receipt that day.
    assert_eq!(paid, 66, "of 70 redemptions");
    let offers: BTreeSet<&str> = answers
        .iter()
        .flat_map(|answer| &answer.lines)
        .flat_map(|line| &line.offers)
        .map(|reward| reward.offer.as_str())
        .filter(|offer| offer.starts_with("coupon-"))
        .collect();
    let redeemed: BTreeSet<String> = retail
        .redemptions
        .iter()
        .map(|redemption| retail::coupon_offer(redemption.campaign, redemption.coupon))
        .collect();
    assert!(offers.iter().all(|offer| redeemed.contains(*offer)), "a coupon paid that nobody showed");
}

/// Where one coupon alone pays on a receipt, what it gives is worked out here from the data.
fn coupons_pay_what_they_say(retail: &Retail, answers: &[Answer]) {
    let mut checked = 0;
    for (receipt, answer) in retail.receipts.iter().zip(answers) {
        let coupons: BTreeSet<&str> = answer
            .lines
            .iter()
            .flat_map(|line| &line.offers)
            .filter(|reward| reward.offer.starts_with("coupon-"))
            .map(|reward| reward.offer.as_str())
            .collect();
        let [offer] = coupons.into_iter().collect::<Vec<_>>()[..] else { continue };
        let coupon = retail
            .coupons
            .iter()
            .find(|coupon| retail::coupon_offer(coupon.campaign, coupon.coupon) == offer)
            .expect("a coupon of the data");
        let lines = receipt.lines.iter().filter(|line| coupon.products.contains(&line.product));
        let amounts = || lines.clone().map(|line| line.amount());
        let expected: i64 = match retail::coupon_terms(&campaign_of(retail, coupon.campaign).kind) {
            ("amount", value) => cents(value).min(amounts().sum()),
            ("percent", value) => {
                let percent: i64 = value.parse().expect("a whole percentage");
                amounts().map(|amount| (amount * percent + 50) / 100).sum()
            }
            (_, value) => lines
                .clone()
                .map(|line| ((cents(value) * line.thousandths() + 500) / 1000).min(line.amount()))
                .sum(),
        };
        assert_eq!(discount_of(answer, offer), expected, "receipt {}, {offer}", receipt.receipt);
        checked += 1;
    }
    assert!(checked >= 10, "only {checked} receipts with exactly one coupon");
}

/// Personal offers pay in the campaigns of the household, on their local days, on their goods.
fn campaigns_reach_their_households_only(retail: &Retail, answers: &[Answer]) {
    // A coupon may name goods that the catalogue does not know; those are in no group.
    let known: BTreeSet<u64> = retail.products.iter().map(|product| product.product).collect();
    let mut goods: BTreeMap<u32, BTreeSet<u64>> = BTreeMap::new();
    for coupon in &retail.coupons {
        let products = coupon.products.iter().filter(|product| known.contains(product));
        goods.entry(coupon.campaign).or_default().extend(products);
    }
    let mut paid = 0;
    for (receipt, answer) in retail.receipts.iter().zip(answers) {
        let day = local_date(receipt.ts);
        let running: Vec<&Campaign> = retail
            .campaigns
            .iter()
            .filter(|campaign| campaign.households.contains(&receipt.household))
            .filter(|campaign| campaign.start <= day && day <= campaign.end)
            .collect();
        // Lines of the answer are by position; those of the data with a number come first.
        let mut lines: Vec<_> = receipt.lines.iter().collect();
        lines.sort_by_key(|line| line.n.unwrap_or(u32::MAX));
        for (line, answered) in lines.into_iter().zip(&answer.lines) {
            let covered = running.iter().any(|campaign| {
                goods.get(&campaign.campaign).is_some_and(|goods| goods.contains(&line.product))
            });
            let expected = if covered { (cents(&answered.payable) * 5 + 50) / 100 } else { 0 };
            assert_eq!(
                points_of(answered, CAMPAIGN_OFFER),
                expected,
                "{}, line {}",
                receipt.receipt,
                answered.position
            );
            paid += usize::from(expected > 0);
        }
    }
    assert!(paid > 100, "only {paid} lines earned in a campaign");
}

fn local_date(instant: jiff::Timestamp) -> jiff::civil::Date {
    instant.in_tz(retail::TIME_ZONE).expect("a time zone").date()
}

fn coupon_of(retail: &Retail, campaign: u32, coupon: u64) -> &Coupon {
    let found = retail.coupons.iter().find(|other| (other.campaign, other.coupon) == (campaign, coupon));
    found.expect("a redeemed coupon is one of the campaign's")
}

fn campaign_of(retail: &Retail, campaign: u32) -> &Campaign {
    retail.campaigns.iter().find(|other| other.campaign == campaign).expect("a coupon's campaign")
}

#[test]
fn the_plan_holds_what_the_data_holds() {
    let retail = Retail::read(&retail::folder().expect("the data")).expect("readable data");
    let plan = retail::plan_file(&retail);
    let count = |pointer: &str| plan.pointer(pointer).and_then(Value::as_array).map_or(0, Vec::len);
    assert_eq!(count("/catalog/products"), retail.stats.counts.products);
    assert_eq!(count("/offers"), retail.stats.counts.coupons + 2);
    assert_eq!(count("/members"), 94);
    assert_eq!(count("/catalog/pos"), 135);
    assert_eq!(count("/catalog/groups"), retail.stats.counts.coupons + retail.campaigns.len());
}
