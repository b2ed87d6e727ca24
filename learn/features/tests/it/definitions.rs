//! Definitions as data, and the text that follows from them.

use std::collections::BTreeSet;

use features::datafusion::sql::parser::DFParser;
use features::{Definitions, Group};

#[test]
fn the_default_set_has_a_thousand_features_with_names_sentences_and_groups() {
    let definitions = Definitions::embedded().unwrap();
    let features = definitions.features();
    assert!(features.len() >= 1_000, "{}", features.len());
    let names: BTreeSet<_> = features.iter().map(|feature| &feature.name).collect();
    assert_eq!(names.len(), features.len(), "names are unique");
    let sentences: BTreeSet<_> = features.iter().map(|feature| &feature.sentence).collect();
    assert_eq!(sentences.len(), features.len(), "sentences are unique");
    for feature in features {
        assert!(
            feature.name.bytes().all(|letter| matches!(letter, b'a'..=b'z' | b'0'..=b'9' | b'_')),
            "{}",
            feature.name
        );
        assert!(feature.sentence.ends_with('.') && feature.sentence.len() > 20, "{}", feature.sentence);
    }
    for group in Group::ALL {
        assert!(features.iter().filter(|feature| feature.group == group).count() >= 10, "{}", group.name());
    }
    for (name, sentence) in [
        ("spent_91d", "Money paid, in minor units, in the last 91 days."),
        ("receipts_29_to_56d", "Number of receipts, 29 to 56 days ago."),
        (
            "spent_dairy_weekend_364d",
            "Money paid, in minor units, of DAIRY, on Saturdays and Sundays, in the last 364 days.",
        ),
        ("tenure_ever", "Days since the first receipt, 0 if there is none, ever."),
    ] {
        let found = features.iter().find(|feature| feature.name == name);
        assert_eq!(found.map(|feature| feature.sentence.as_str()), Some(sentence), "{name}");
    }
}

#[test]
fn the_text_has_nothing_on_which_engines_differ() {
    let text = Definitions::embedded().unwrap().sql(20_513);
    let words: BTreeSet<_> = text
        .split(|letter: char| !letter.is_ascii_alphabetic())
        .filter(|word| word.len() > 1 && word.chars().all(char::is_uppercase))
        .collect();
    let known = [
        "SELECT", "FROM", "WHERE", "GROUP", "BY", "AS", "AND", "OR", "CASE", "WHEN", "THEN", "ELSE", "END",
        "CAST", "BIGINT", "SUM", "MIN", "MAX", "COUNT",
    ];
    assert!(words.iter().all(|word| known.contains(word)), "{words:?}");
    for letter in ['/', '*', '%', '\'', '"', '`', '.'] {
        assert!(!text.contains(letter), "{letter}");
    }
    let statements = DFParser::parse_sql(&text).unwrap();
    assert_eq!(statements.len(), 1);
    // Only two numbers say which members are meant.
    let some = Definitions::embedded().unwrap().sql_of(20_513, &(3..17));
    assert_eq!(some.replace("bucket >= 3 AND bucket < 17", "bucket >= 0 AND bucket < 2048"), text);
}

#[test]
fn sets_are_as_many_features_as_their_lists_have_combinations() {
    let text = "
        outlet_kinds = [\"a\", \"b\"]
        [categories]
        level_1 = [\"X\", \"Молоко\"]
        [[set]]
        group = \"calendar\"
        metrics = [\"spent\", \"receipts\"]
        days = [7, [7, 14], 0]
        level = 1
        seasons = [\"winter\", \"may\"]
        weekdays = [\"monday\"]
        dayparts = [\"night\", \"evening\"]
        by_outlet_kind = true
    ";
    let definitions = Definitions::from_toml(text).unwrap();
    assert_eq!(definitions.features().len(), 2 * 3 * 2 * 2 * 2 * 2);
    let first = definitions.features().first().unwrap();
    assert_eq!(first.name, "spent_x_winter_monday_night_a_7d");
    // Letters of other languages are told apart, and stay in the sentence.
    let other = definitions.features().iter().find(|feature| feature.sentence.contains("Молоко")).unwrap();
    assert!(other.name.starts_with("spent_x"), "{}", other.name);
    assert_ne!(definitions.digest(), Definitions::embedded().unwrap().digest());
}

#[test]
fn definitions_that_cannot_be_used_are_refused_with_the_reason() {
    let set = |rest: &str| format!("[[set]]\ngroup = \"profile\"\n{rest}");
    for (text, reason) in [
        (String::new(), "missing field `set`"),
        ("set = []".to_owned(), "there is no feature"),
        (set("metrics = [\"wealth\"]\ndays = [7]"), "wealth"),
        (set("metrics = []\ndays = [7]"), "set 1: metrics and days must each have a value"),
        (set("metrics = [\"spent\"]\ndays = []"), "must each have a value"),
        (set("metrics = [\"spent\"]\ndays = [[14, 7]]"), "[14, 7] must rise"),
        (set("metrics = [\"spent\"]\ndays = [40000]"), "40000 days"),
        (set("metrics = [\"spent\"]\ndays = [-1]"), "days"),
        (set("metrics = [\"spent\"]\ndays = [7, 7]"), "feature spent_7d is there already"),
        (set("metrics = [\"spent\"]\ndays = [7]\nlevel = 1"), "no categories are listed"),
        (set("metrics = [\"spent\"]\ndays = [7]\nlevel = 3"), "levels 1 and 2"),
        (set("metrics = [\"spent\"]\ndays = [7]\nby_outlet_kind = true"), "no kinds of outlets are listed"),
        (
            set("metrics = [\"spent\"]\ndays = [7]\ndayparts = [\"noon\"]"),
            "\"noon\" is not a part of the day",
        ),
        (set("metrics = [\"spent\"]\ndays = [7]\nseasons = [\"xmas\"]"), "xmas"),
        (set("metrics = [\"spent\"]\ndays = [7]\nregion = 1"), "region"),
        (
            format!(
                "[categories]\nlevel_2 = [\"A\"]\n{}",
                set("metrics = [\"variety\"]\ndays = [7]\nlevel = 2")
            ),
            "variety is of several categories",
        ),
        (
            format!(
                "[categories]\nlevel_1 = [\"A B\", \"a.b\"]\n{}",
                set("metrics = [\"spent\"]\ndays = [7]\nlevel = 1")
            ),
            "feature spent_a_b_7d is there already",
        ),
        (
            set("metrics = [\"spent\"]\ndays = [").as_str().to_owned() + &many_windows() + "]",
            "more than 500 different sums",
        ),
    ] {
        let refused = Definitions::from_toml(&text).unwrap_err();
        assert!(refused.is_refusal() && refused.to_string().contains(reason), "{reason}: {refused}");
    }
}

fn many_windows() -> String {
    (1..=501).map(|days| days.to_string()).collect::<Vec<_>>().join(", ")
}
