use std::sync::Arc;

use domain::mechanics::{
    Evaluated, Fact, Fault, MechanicId, Mechanics, OfferCall, Portions, Proposal, ReceiptCall, Session,
    Verdict,
};
use domain::time::Moment;
use serde_json::json;
use wire::plan::load;
use wire::price_receipt;
use wire::receipt::Request;

use crate::store::{mechanics, plan_with_offer, put};

#[test]
fn the_answer_has_the_names_and_the_order_of_the_contract() {
    let mut document = plan_with_offer(|offer| put(offer, "/version", json!(3)));
    put(
        &mut document,
        "/members",
        json!([{"id": "m", "points": "7", "identifiers": [{"kind": "card", "value": "77"}]}]),
    );
    let (plan, members) = load(&document, mechanics()).unwrap_or_else(|problems| panic!("{problems}"));
    let receipt = json!({
        "at": "2026-11-22T10:15:00+03:00", "pos": "store-77/till-3", "member": {"kind": "card", "value": "77"},
        "lines": [{"position": 1, "goods_id": "G1", "quantity": "2", "price": "349.90", "amount": "699.80"}],
    });
    let member = |kind: &str, value: &str, at: &Moment| {
        let record = &members[0];
        record
            .identifiers
            .contains(&(kind.to_owned(), value.to_owned()))
            .then(|| Arc::new(record.resolve(&plan, at)))
    };
    let answer = price_receipt(&plan, &Generous, member, Request::new("p-1"), &receipt)
        .unwrap_or_else(|problems| panic!("{problems}"));
    let expected = format!(
        concat!(
            r#"{{"purchase_id":"p-1","state":"calculated","plan":"{}","#,
            r#""lines":[{{"position":1,"amount":"699.80","discount":"104.97","points_paid":"0.00","#,
            r#""payable":"594.83","points_earned":"0","offers":[{{"offer":"o","version":3,"#,
            r#""mechanic":"product","mechanic_version":"1.0.0","discount":"104.97","points":"0","reason":"because"}}]}}],"#,
            r#""totals":{{"amount":"699.80","discount":"104.97","points_paid":"0.00","payable":"594.83","#,
            r#""points_earned":"0","points_spent":"0"}},"points":{{"available":"7","can_pay_max":"7"}},"#,
            r#""messages":{{"cashier":[],"receipt":[]}},"not_applied":[],"#,
            r#""mechanics":[{{"name":"product","version":"1.0.0","digest":"sha256:product","#,
            r#""outcome":"ok","blame":null,"fuel":12}}],"warnings":[]}}"#,
        ),
        plan.plan.hash,
    );
    assert_eq!(answer, expected);
}

/// Proposes every item of every offer as it stands.
struct Generous;

impl Mechanics for Generous {
    fn open(&self) -> Box<dyn Session + '_> {
        Box::new(Self)
    }
}

impl Session for Generous {
    fn begin_phase(&mut self, _: &ReceiptCall) {}

    fn evaluate(&mut self, _: MechanicId, offers: &[OfferCall], _: &[Fact]) -> Result<Evaluated, Fault> {
        let proposals = |offer: &OfferCall| {
            let items = (0..).zip(&offer.items).map(|(index, item)| Proposal {
                item: Some(index),
                portions: Portions::ItemScope,
                benefit: item.benefit,
                limits: item.limits,
                reason: 0,
            });
            Verdict::Proposals(items.collect())
        };
        Ok(Evaluated { verdicts: offers.iter().map(proposals).collect(), fuel: 12 })
    }
}
