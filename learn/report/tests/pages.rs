//! The page and the card of a competition.

#[path = "sample/verdict.rs"]
mod sample;

use choose::{SHAPE, Verdict};
use proptest::prelude::*;
use report::{ReportError, card, page};
use sample::{interval, verdict};

/// What a reader sees of a page.
fn text(page: &str) -> String {
    let body = page.split("<body>").nth(1).unwrap_or_default();
    let mut text = String::new();
    let mut inside = false;
    for character in body.chars() {
        match character {
            '<' => {
                inside = true;
                text.push(' ');
            }
            '>' => inside = false,
            _ if !inside => text.push(character),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_page_begins_with_the_verdict_and_shows_every_figure() {
    let verdict = verdict();
    let page = page(&verdict).unwrap();
    let text = text(&page);
    assert!(text.starts_with(&format!("Autumn mailing {}", verdict.sentence)), "{text}");
    for part in [
        "38,333 rows of 38,333 members",
        "25,667 rows of other arms are left out.",
        "T-learner best model",
        "17.29 % 16.38 to 18.20 %",
        "+0.12 points (-0.40 to +0.64)",
        "48.9 % (42.7 to 55.1 %)",
        "0.00678 (0.00498 to 0.00858)",
        "The budget is 1.00 % per row; what runs spends 1.00 %.",
        "Everybody gets the same, since no model was shown to choose better than that.",
        "4.52 points as Womens E-Mail had here 744",
        "0.50 points half a percentage point 60,750",
        "If only a part of the members can get Womens E-Mail, go by the T-learner: 48.9 % of all that Womens E-Mail \
         brings is found in its best 30 % (42.7 to 55.1 %).",
        "Where newbie is 1, Womens E-Mail brings +2.41 points (+1.36 to +3.46 points), less than with all rows (+4.52 \
         points).",
        "0 19,100 +7.66 points (+6.56 to +8.76) +5.12 points (+4.07 to +6.17)",
        "AUC 0.499 (99.9 % interval 0.488 to 0.510; 0.5 = chance)",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    for reason in &verdict.choice.gate.reasons {
        assert!(text.contains(reason), "{reason}");
    }
}

#[test]
fn the_page_needs_nothing_else() {
    let page = page(&verdict()).unwrap();
    for part in ["<script", "<link", "<img", "http:", "https:", "url(", "@import", "NaN", "inf\""] {
        assert!(!page.contains(part), "{part}");
    }
    assert!(page.contains("prefers-color-scheme: dark"));
    assert!(page.contains("width=device-width"));
    // One drawing for each line with whiskers, arm with a curve, arm with tenths, and feature.
    assert_eq!(page.matches("<svg").count(), (6 + 2 + 2) + 2 + 2 + 4);
    assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
}

#[test]
fn the_same_verdict_gives_the_same_bytes() {
    assert_eq!(page(&verdict()).unwrap(), page(&verdict()).unwrap());
    assert_eq!(card(&verdict()).unwrap(), card(&verdict()).unwrap());
}

#[test]
fn the_card_says_what_runs_on_what_data_and_when_it_fails() {
    let card = card(&verdict()).unwrap();
    for part in [
        "# Model card: Autumn mailing\n\n**Send Mens E-Mail to everybody",
        "It is what runs when no model passes the gate:",
        "| Womens E-Mail | 12,776 | 33.33 % | 1.00 % | 15.14 % (14.60 to 15.68 %) | +4.52 points (+3.81 to +5.23) |\n",
        "| T-learner | 17.29 % (16.38 to 18.20 %) | +0.12 points (-0.40 to +0.64) | 18.10 % | 0.81 % |\n",
        "recency, history, channel, zip\\_code.",
        "Forbidden: the outcome, the arm, and anything measured after the treatment.",
        "## Known failures",
    ] {
        assert!(card.contains(part), "{part} is missing:\n{card}");
    }
}

#[test]
fn a_promoted_model_says_who_gets_nothing_and_why() {
    let mut verdict = verdict();
    verdict.choice.champion = "t".to_owned();
    verdict.choice.promoted = true;
    let text = text(&page(&verdict).unwrap());
    assert!(text.contains("get No E-Mail get Mens E-Mail get Womens E-Mail"));
    assert!(text.contains("+5.12 points (+4.07 to +6.17) 0 % 25 % 75 %"));
    assert!(text.contains(
        "4.0 % of rows get nothing (No E-Mail): for them no arm is predicted to bring more than it costs, or the budget \
         brings more with others."
    ));
    assert!(card(&verdict).unwrap().contains("It ran before, still beats the constants"));
    verdict.choice.gate.passed = true;
    assert!(card(&verdict).unwrap().contains("It passed the gate:"));
}

#[test]
fn amounts_are_written_in_their_own_unit() {
    let mut verdict = verdict();
    verdict.experiment.binary = false;
    verdict.sentence.clear();
    verdict.choice.gate.reasons.clear();
    verdict.experiment.budget = None;
    for arm in &mut verdict.arms {
        arm.mean = interval(1234.5, 10.0);
        arm.effect = arm.effect.map(|_| interval(25.25, 14.0));
    }
    let page = page(&verdict).unwrap();
    let text = text(&page);
    for part in [
        "an amount.",
        "1234.50 (1224.50 to 1244.50)",
        "+25.25 +11.25 to +39.25",
        "the outcome of the control varies by",
    ] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(!text.contains("points"), "{text}");
}

/// Every name and sentence of a verdict is replaced.
fn hostile(name: &str) -> Verdict {
    let mut verdict = verdict();
    let all = |text: &mut String| *text = name.to_owned();
    all(&mut verdict.sentence);
    verdict.warnings = vec![name.to_owned()];
    let about = &mut verdict.experiment;
    let names = [
        &mut about.name,
        &mut about.data,
        &mut about.treatment,
        &mut about.control,
        &mut about.outcome,
        &mut about.version,
    ];
    names.into_iter().for_each(all);
    verdict.arms.iter_mut().for_each(|arm| all(&mut arm.name));
    verdict.features.iter_mut().for_each(|feature| all(&mut feature.name));
    verdict.randomness.arms.iter_mut().for_each(|arm| all(&mut arm.arm));
    verdict.choice.gate.reasons = vec![name.to_owned()];
    for competitor in &mut verdict.competitors {
        [&mut competitor.name, &mut competitor.title, &mut competitor.about].into_iter().for_each(all);
        competitor.ranking.iter_mut().for_each(|ranking| all(&mut ranking.arm));
    }
    let choice = &mut verdict.choice;
    [&mut choice.champion, &mut choice.candidate, &mut choice.best_constant].into_iter().for_each(all);
    for best in &mut choice.ranks_best {
        [&mut best.arm, &mut best.name].into_iter().for_each(all);
    }
    for column in &mut verdict.segments {
        all(&mut column.column);
        column.values.iter_mut().for_each(|segment| all(&mut segment.value));
    }
    verdict
}

#[test]
fn hostile_names_stay_names() {
    let tags = |page: &str| page.matches('<').count();
    let usual = page(&hostile("name")).unwrap();
    for name in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "' onmouseover='alert(1)",
        "</title></svg></style>",
        "{{ name }}",
        "<!--",
    ] {
        let page = page(&hostile(name)).unwrap();
        assert_eq!(tags(&page), tags(&usual), "{name} made or closed a tag");
        assert_eq!(page.matches('"').count(), usual.matches('"').count(), "{name} left its attribute");
        assert!(!page.contains(name) || !name.contains(['<', '"', '\'']), "{name}");
    }
    let usual = card(&hostile("name")).unwrap();
    for name in
        ["<script>alert(1)</script>", "a | b", "x\n\n# Heading\n", "[link](http://e.example)", "**b**`c`"]
    {
        let card = card(&hostile(name)).unwrap();
        assert_eq!(card.lines().count(), usual.lines().count(), "{name:?} made a line");
        assert!(!card.contains(name), "{name:?}");
        let cells = |card: &str| card.matches('|').count() - card.matches("\\|").count();
        assert_eq!(cells(&card), cells(&usual), "{name:?} made a cell");
    }
}

#[test]
fn a_verdict_of_another_shape_is_refused() {
    let mut verdict = verdict();
    verdict.shape = SHAPE + 1;
    assert!(matches!(page(&verdict), Err(ReportError::Shape { found }) if found == SHAPE + 1));
    assert!(card(&verdict).unwrap_err().to_string().contains("run the experiment again"));
}

#[test]
fn what_is_missing_is_left_out() {
    let mut verdict = verdict();
    verdict.competitors.clear();
    verdict.features.clear();
    verdict.arms.clear();
    verdict.randomness.arms.clear();
    verdict.segments.clear();
    let page = page(&verdict).unwrap();
    assert!(!page.contains("Qini curves of"));
    assert!(!page.contains("Predicted and realised"));
    assert!(!page.contains("By segment"));
    assert!(card(&verdict).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Any numbers can be drawn: no place in a drawing is NaN or infinite, and none is far outside.
    #[test]
    fn any_numbers_can_be_drawn(numbers in prop::collection::vec(prop::num::f64::ANY, 12)) {
        let mut verdict = verdict();
        let mut numbers = numbers.into_iter().cycle();
        let mut next = || numbers.next().unwrap();
        for competitor in &mut verdict.competitors {
            competitor.report.value = interval(next(), next());
            for ranking in &mut competitor.ranking {
                ranking.qini = interval(next(), next());
                for point in &mut ranking.curve {
                    point.extra = next();
                }
                for decile in &mut ranking.deciles {
                    decile.predicted = next();
                    decile.realised = interval(next(), next());
                }
            }
        }
        for arm in &mut verdict.arms {
            arm.mean = interval(next(), next());
            arm.effect = arm.effect.map(|_| interval(next(), next()));
        }
        let page = page(&verdict).unwrap();
        prop_assert!(!page.contains("NaN") && !page.contains("inf"));
        for path in page.split(" d=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            for number in path.split(|character: char| character.is_alphabetic() || character == ' ') {
                let inside = number.is_empty() || number.parse::<f64>().is_ok_and(|value| (-1.0..=401.0).contains(&value));
                prop_assert!(inside, "{number} of {path}");
            }
        }
    }
}
