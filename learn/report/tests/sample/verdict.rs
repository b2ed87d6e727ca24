//! A verdict as a competition on an e-mail experiment gives it.

use choose::{
    About, ArmAuc, ArmSummary, Choice, Competitor, CurvePoint, Decile, FeatureSummary, Figures, Gate,
    Interval, Part, Randomness, Ranking, RanksBest, SHAPE, Segment, Segments, Split, Verdict,
};

pub(crate) fn interval(estimate: f64, half: f64) -> Interval {
    Interval { estimate, low: estimate - half, high: estimate + half }
}

fn figures(value: f64, spend: f64, shares: [f64; 3], more: f64) -> Figures {
    Figures {
        value: interval(value, 0.0091),
        outcome: interval(value + spend, 0.0091),
        spend,
        shares: shares.to_vec(),
        at_equal_spend: interval(more, 0.0052),
        against_best_constant: interval(more - 0.0011, 0.0058),
    }
}

/// A curve that bends by `bend`, and tenths that fall with it.
fn ranking(arm: &str, total: f64, bend: f64) -> Ranking {
    let points = (0..=50).map(|point| {
        let treated = f64::from(point) / 50.0;
        CurvePoint { treated, extra: total * (treated + bend * treated * (1.0 - treated)) }
    });
    let deciles = (0..10).map(|tenth| {
        let predicted = total * (1.0 + bend * (9.0 - 2.0 * f64::from(tenth)) / 10.0);
        Decile {
            rows: 3834,
            predicted,
            realised: interval(predicted + 0.006 * f64::from(tenth % 3 - 1), 0.018),
        }
    });
    Ranking {
        arm: arm.to_owned(),
        share_in_best_30: Some(interval(0.3 + 0.21 * bend, 0.062)),
        qini: interval(total * bend / 6.0, 0.0018),
        autoc: interval(total * bend / 2.0, 0.0066),
        curve: points.collect(),
        deciles: deciles.collect(),
    }
}

fn competitor(name: &str, title: &str, about: &str, figures: Figures, bends: Option<[f64; 2]>) -> Competitor {
    let ranking = bends.map(|[mens, womens]| {
        vec![ranking("Mens E-Mail", 0.0766, mens), ranking("Womens E-Mail", 0.0452, womens)]
    });
    Competitor {
        name: name.to_owned(),
        title: title.to_owned(),
        about: about.to_owned(),
        model: bends.is_some(),
        choose: figures.clone(),
        report: figures,
        ranking: ranking.unwrap_or_default(),
    }
}

fn competitors() -> Vec<Competitor> {
    let all = [1.0, 0.0, 0.0];
    vec![
        competitor(
            "always Mens E-Mail",
            "Mens E-Mail for everybody",
            "Everybody gets the same arm.",
            figures(0.1733, 0.01, [0.0, 1.0, 0.0], 0.0),
            None,
        ),
        competitor(
            "t",
            "T-learner",
            "One outcome model for each arm; the effect is their difference.",
            figures(0.1729, 0.0081, [0.04, 0.76, 0.2], 0.0012),
            Some([0.15, 0.9]),
        ),
        competitor(
            "dr",
            "DR-learner",
            "Learns the effect from doubly robust scores.",
            figures(0.1716, 0.0089, [0.02, 0.81, 0.17], -0.0004),
            Some([0.1, 0.84]),
        ),
        competitor(
            "response",
            "Response scoring",
            "Scores who responds, not whom the treatment moves.",
            figures(0.1709, 0.0085, [0.1, 0.85, 0.05], -0.0006),
            Some([0.27, 0.2]),
        ),
        competitor(
            "always Womens E-Mail",
            "Womens E-Mail for everybody",
            "Everybody gets the same arm.",
            figures(0.1414, 0.01, [0.0, 0.0, 1.0], 0.0),
            None,
        ),
        competitor("nobody", "Nobody", "Nobody gets anything.", figures(0.1062, 0.0, all, 0.0), None),
    ]
}

fn arm(name: &str, rows: u64, mean: f64, effect: Option<f64>) -> ArmSummary {
    ArmSummary {
        name: name.to_owned(),
        rows,
        propensity: 1.0 / 3.0,
        cost: if effect.is_some() { 0.01 } else { 0.0 },
        mean: interval(mean, 0.0054),
        effect: effect.map(|effect| interval(effect, 0.0071)),
    }
}

fn feature(name: &str, categories: Option<u64>, importance: f64) -> FeatureSummary {
    FeatureSummary {
        name: name.to_owned(),
        categories,
        missing: 0.012,
        tells_outcome: 0.55 + importance / 4.0,
        importance,
    }
}

fn segment(value: &str, rows: u64, womens: f64) -> Segment {
    Segment {
        value: value.to_owned(),
        rows,
        effects: vec![interval(0.0766, 0.011), interval(womens, 0.0105)],
        shares: vec![0.0, 0.25, 0.75],
    }
}

pub(crate) fn verdict() -> Verdict {
    Verdict {
        shape: SHAPE,
        sentence: "Send Mens E-Mail to everybody: the best model, T-learner, is worth 0.12 points more at equal spend \
                   (-0.40 to +0.64), which could be chance."
            .to_owned(),
        warnings: Vec::new(),
        experiment: About {
            name: "Autumn mailing".to_owned(),
            data: "hillstrom.csv.gz".to_owned(),
            rows: 38_333,
            left_out: 25_667,
            members: 38_333,
            treatment: "segment".to_owned(),
            control: "No E-Mail".to_owned(),
            outcome: "visit".to_owned(),
            binary: true,
            budget: Some(0.01),
            seed: 1,
            version: "0.1.0".to_owned(),
        },
        arms: vec![
            arm("No E-Mail", 12_777, 0.1062, None),
            arm("Mens E-Mail", 12_780, 0.1828, Some(0.0766)),
            arm("Womens E-Mail", 12_776, 0.1514, Some(0.0452)),
        ],
        features: vec![
            feature("recency", None, 0.31),
            feature("history", None, 0.42),
            feature("channel", Some(3), 0.08),
            feature("zip_code", Some(3), 0.19),
        ],
        split: Split {
            fit: Part { rows: 23_001, members: 23_001 },
            choose: Part { rows: 7_660, members: 7_660 },
            report: Part { rows: 7_672, members: 7_672 },
        },
        randomness: Randomness {
            arms: vec![
                ArmAuc { arm: "Mens E-Mail".to_owned(), auc: interval(0.4987, 0.011) },
                ArmAuc { arm: "Womens E-Mail".to_owned(), auc: interval(0.5021, 0.011) },
            ],
        },
        choice: Choice {
            champion: "always Mens E-Mail".to_owned(),
            promoted: false,
            candidate: "t".to_owned(),
            best_constant: "always Mens E-Mail".to_owned(),
            ranks_best: vec![
                RanksBest { arm: "Mens E-Mail".to_owned(), name: "response".to_owned() },
                RanksBest { arm: "Womens E-Mail".to_owned(), name: "t".to_owned() },
            ],
            gate: Gate {
                at_equal_spend: interval(0.0012, 0.0052),
                against_best_constant: interval(0.0004, 0.0058),
                against_previous: None,
                delta: 0.0,
                passed: false,
                reasons: vec![
                    "Not passed: at equal spend the model is worth 0.12 points more than the best constant, and the \
                     lower end of the interval, -0.40, is not above 0."
                        .to_owned(),
                ],
            },
        },
        competitors: competitors(),
        segments: vec![Segments {
            column: "newbie".to_owned(),
            values: vec![segment("0", 19_100, 0.0512), segment("1", 19_233, 0.0241)],
        }],
    }
}
