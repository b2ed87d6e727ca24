//! The page of a survey: its questions with what was given.

use std::collections::BTreeMap;

use app::communications::surveys::{Kind, Question, Survey};

use super::super::people::Words;

/// A question on the page.
pub(super) struct Shown<'a> {
    pub(super) id: &'a str,
    pub(super) text: &'a str,
    pub(super) is_required: bool,
    /// What is wrong with the answer that was given.
    pub(super) wrong: Option<&'static str>,
    pub(super) input: Input<'a>,
}

/// How a question is answered.
pub(super) enum Input<'a> {
    Options { options: Vec<Choice<'a>>, many: bool },
    Scale(Vec<Choice<'a>>),
    Text { characters: usize, given: &'a str },
}

/// Something to choose.
pub(super) struct Choice<'a> {
    pub(super) value: String,
    pub(super) text: std::borrow::Cow<'a, str>,
    pub(super) is_chosen: bool,
}

/// A question in a language, with the answer that was given.
pub(super) fn shown<'a>(
    survey: &'a Survey,
    question: &'a Question,
    language: &str,
    form: &'a [(String, String)],
    wrong: &BTreeMap<String, &'static str>,
) -> Shown<'a> {
    let given = |value: &str| form.iter().any(|(name, given)| *name == question.id && given == value);
    let input = match &question.kind {
        Kind::Choice { options, many } => {
            let choice = |(value, texts): &'a (String, _)| Choice {
                value: value.clone(),
                text: survey.text(texts, language).into(),
                is_chosen: given(value),
            };
            Input::Options { options: options.iter().map(choice).collect(), many: *many }
        }
        Kind::Scale { from, to } => {
            let choice = |number: i64| {
                let value = number.to_string();
                Choice { text: value.clone().into(), is_chosen: given(&value), value }
            };
            Input::Scale((*from..=*to).map(choice).collect())
        }
        Kind::Text { characters } => {
            let given = form.iter().find(|(name, _)| *name == question.id);
            Input::Text { characters: *characters, given: given.map_or("", |(_, text)| text.as_str()) }
        }
    };
    let words = Words::of(language);
    let wrong = wrong.get(&question.id).map(|code| match *code {
        "missing" => words.missing,
        "too_long" => words.too_long,
        _ => words.not_offered,
    });
    let text = survey.text(&question.text, language);
    Shown { id: &question.id, text, is_required: question.is_required, wrong, input }
}

/// The fields of a form, as browsers send it.
pub(super) fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let field = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|pair| !pair.is_empty()).map(field).collect()
}

/// A text of a form without its escapes. What is no escape stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let digit = |digit: Option<u8>| {
                    char::from(digit?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
                };
                match (digit(ahead.next()), digit(ahead.next())) {
                    (Some(high), Some(low)) => {
                        bytes.push(high.saturating_mul(16).saturating_add(low));
                        rest = ahead;
                    }
                    _ => bytes.push(byte),
                }
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
