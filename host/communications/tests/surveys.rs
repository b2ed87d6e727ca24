//! Surveys: which answers count.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test that cannot go on stops")]

use communications::surveys::{Kind, Question, Survey, Texts};
use serde_json::json;

fn texts(english: &str) -> Texts {
    [("en".to_owned(), english.to_owned())].into()
}

fn survey() -> Survey {
    let question = |id: &str, is_required, kind| {
        let (id, text) = (id.to_owned(), texts(id));
        Question { id, text, is_required, attribute: None, kind }
    };
    let options = || ["a", "b"].map(|value| (value.to_owned(), texts(value))).to_vec();
    Survey {
        language: "en".to_owned(),
        title: texts("Title"),
        intro: Texts::new(),
        thanks: texts("Thanks"),
        questions: vec![
            question("nps", true, Kind::Scale { from: 0, to: 10 }),
            question("one", false, Kind::Choice { options: options(), many: false }),
            question("many", false, Kind::Choice { options: options(), many: true }),
            question("why", false, Kind::Text { characters: 5 }),
        ],
    }
}

fn form(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn answers_are_what_was_asked_for() {
    let survey = survey();
    let given =
        form(&[("nps", " 10 "), ("one", "a"), ("many", "a"), ("many", "b"), ("why", "  fine "), ("x", "y")]);
    let answers = survey.answers(&given).expect("answers");
    let expected =
        [("many", json!(["a", "b"])), ("nps", json!(10)), ("one", json!("a")), ("why", json!("fine"))];
    assert_eq!(answers, expected.map(|(id, answer)| (id.to_owned(), answer)).into());
    assert_eq!(survey.answers(&form(&[("nps", "0"), ("why", " ")])).expect("answers").len(), 1);
}

#[test]
fn an_example_is_an_answer() {
    let survey = survey();
    for question in &survey.questions {
        let given = match question.example() {
            serde_json::Value::Array(list) => list[0].as_str().expect("a text").to_owned(),
            serde_json::Value::String(text) => text,
            number => number.to_string(),
        };
        let answers = survey.answers(&form(&[("nps", "1"), (&question.id, &given)]));
        if question.id != "nps" {
            assert_eq!(answers.expect("answers")[&question.id], question.example());
        }
    }
}

#[test]
fn every_wrong_answer_is_told() {
    let survey = survey();
    for (fields, question, code) in [
        (&[("one", "a")][..], "nps", "missing"),
        (&[("nps", "11")], "nps", "not_offered"),
        (&[("nps", "1.5")], "nps", "not_offered"),
        (&[("nps", "1"), ("nps", "2")], "nps", "not_offered"),
        (&[("nps", "1"), ("one", "c")], "one", "not_offered"),
        (&[("nps", "1"), ("one", "a"), ("one", "b")], "one", "not_offered"),
        (&[("nps", "1"), ("many", "a"), ("many", "c")], "many", "not_offered"),
        (&[("nps", "1"), ("why", "123456")], "why", "too_long"),
    ] {
        let wrong = survey.answers(&form(fields)).expect_err("a wrong answer");
        assert_eq!(wrong, [(question.to_owned(), code)].into(), "{fields:?}");
    }
    assert_eq!(
        survey.answers(&form(&[("one", "c"), ("why", "123456")])).expect_err("wrong answers").len(),
        3
    );
}

#[test]
fn texts_are_of_the_nearest_language() {
    let mut survey = survey();
    survey.title.insert("de".to_owned(), "Titel".to_owned());
    assert_eq!(survey.text(&survey.title, "de-AT"), "Titel");
    assert_eq!(survey.text(&survey.title, "ru"), "Title");
    assert_eq!(survey.text(&survey.intro, "ru"), "");
}
