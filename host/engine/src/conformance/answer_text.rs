//! Answers as text, for the digest of all answers: the same text in every release, whatever types are called.

use domain::mechanics::{Benefit, Decline, Declined, Evaluated, Pick, Portions, Proposal, Verdict};
use serde_json::{Value, json};

/// The answers to the calls about one receipt, in their order, as JSON.
pub(super) fn written(answers: &[Evaluated]) -> String {
    let answer = |answer: &Evaluated| {
        let verdicts: Vec<Value> = answer.verdicts.iter().map(verdict).collect();
        json!({"fuel": answer.fuel, "verdicts": verdicts})
    };
    Value::Array(answers.iter().map(answer).collect()).to_string()
}

fn verdict(verdict: &Verdict) -> Value {
    match verdict {
        Verdict::Proposals(proposals) => {
            json!({"proposals": proposals.iter().map(proposal).collect::<Vec<_>>()})
        }
        Verdict::Declined(declined) => json!({"declined": match declined {
            Declined::NoMatchingLine => "no-matching-line",
            Declined::BelowThreshold => "below-threshold",
            Declined::NotApplicable => "not-applicable",
        }}),
        Verdict::DeclinedFor(Decline { reason, item, values }) => {
            json!({"declined-for": [reason, item, values]})
        }
        Verdict::Failed { code, detail, message: None } => json!({"failed": [code, detail]}),
        Verdict::Failed { code, detail, message: Some(message) } => {
            json!({"failed": [code, detail, message]})
        }
    }
}

fn proposal(proposal: &Proposal) -> Value {
    let Proposal { item, portions, benefit, limits, reason } = proposal;
    let portions = match portions {
        Portions::ItemScope => json!("item-scope"),
        Portions::Listed(portions) => {
            portions.iter().map(|portion| json!([portion.line, portion.quantity])).collect()
        }
    };
    let benefit = match benefit {
        Benefit::Percent(percent) => json!(["percent", percent.0]),
        Benefit::Amount(sum) => json!(["amount", sum]),
        Benefit::AmountPerUnit(sum) => json!(["amount-per-unit", sum]),
        Benefit::AmountPerLine(sum) => json!(["amount-per-line", sum]),
        Benefit::UnitPrice(price) => json!(["unit-price", price]),
    };
    let pick = limits.pick.map(|pick| match pick {
        Pick::Listed => "listed",
        Pick::Cheapest => "cheapest",
        Pick::Dearest => "dearest",
    });
    json!({
        "item": item,
        "portions": portions,
        "benefit": benefit,
        "limits": [limits.max_units, limits.unit_multiple, pick, limits.cap],
        "reason": reason,
    })
}

#[cfg(test)]
mod tests {
    use domain::mechanics::{Portion, UnitLimits};

    use super::*;

    /// Digests of answers are compared between releases: this text must stay.
    #[test]
    fn answers_are_written_as_ever() {
        let listed = Proposal {
            item: Some(0),
            portions: Portions::Listed(vec![Portion { line: 2, quantity: Some(1_500) }]),
            benefit: Benefit::Amount(7),
            limits: UnitLimits { pick: Some(Pick::Cheapest), ..UnitLimits::default() },
            reason: 3,
        };
        let verdicts = vec![
            Verdict::Proposals(vec![listed]),
            Verdict::Declined(Declined::BelowThreshold),
            Verdict::Failed { code: "c".to_owned(), detail: "d".to_owned(), message: None },
            Verdict::DeclinedFor(Decline { reason: 2, item: None, values: vec![5] }),
            Verdict::Failed { code: "c".to_owned(), detail: "d".to_owned(), message: Some("m".to_owned()) },
        ];
        let text = written(&[Evaluated { verdicts, fuel: 9 }]);
        let expected = concat!(
            r#"[{"fuel":9,"verdicts":[{"proposals":[{"benefit":["amount",7],"item":0,"limits":[null,null,"cheapest",null],"#,
            r#""portions":[[2,1500]],"reason":3}]},{"declined":"below-threshold"},{"failed":["c","d"]},"#,
            r#"{"declined-for":[2,null,[5]]},{"failed":["c","d","m"]}]}]"#,
        );
        assert_eq!(text, expected);
    }
}
