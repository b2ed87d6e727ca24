//! Reads the document of a survey, with all its problems.

use communications::surveys::{Kind, Question, Survey, Texts};
use serde_json::Value;
use wire::problem::Problems;
use wire::reader::{Node, Object, Report};

/// The most questions of a survey, and options of a question.
const QUESTIONS_MAX: usize = 50;
/// The widest scale.
const SCALE_MAX: i64 = 20;
/// Characters of an answer in own words, unless the question says otherwise, and at most.
const CHARACTERS: i64 = 1_000;
const CHARACTERS_MAX: i64 = 10_000;

/// Reads the document of a survey.
pub(super) fn read(document: &Value) -> Result<Survey, Problems> {
    let report = Report::of_new();
    let survey = report.root(document).object().and_then(|object| survey(&object));
    report.finish(survey).map(|(survey, _)| survey)
}

fn survey(document: &Object<'_, '_>) -> Option<Survey> {
    let language = document.required("language").and_then(Node::text).map(str::to_owned);
    let title = document.required("title").and_then(|field| texts(field, language.as_deref()));
    let optional = |name| match document.field(name) {
        Some(field) => texts(field, language.as_deref()),
        None => Some(Texts::new()),
    };
    let (intro, thanks) = (optional("intro"), optional("thanks"));
    let questions = questions(document, language.as_deref());
    document.refuse_unknown();
    Some(Survey { language: language?, title: title?, intro: intro?, thanks: thanks?, questions: questions? })
}

fn questions(document: &Object<'_, '_>, language: Option<&str>) -> Option<Vec<Question>> {
    let list = document.required("questions").and_then(Node::list)?;
    if list.is_empty() || list.len() > QUESTIONS_MAX {
        let detail = format!("must be 1 to {QUESTIONS_MAX} questions, and are {}", list.len());
        return list.node().refuse("number_of_questions", detail);
    }
    let mut questions: Vec<Question> = Vec::new();
    for node in list.iter() {
        let Some(question) = question(node, language) else { continue };
        if questions.iter().any(|other| other.id == question.id) {
            node.problem("duplicate_id", format!("there is another question `{}`", question.id));
        }
        questions.push(question);
    }
    Some(questions)
}

fn question(node: Node<'_, '_>, language: Option<&str>) -> Option<Question> {
    let document = node.object()?;
    let id = document.required("id").and_then(Node::name).map(str::to_owned);
    let text = document.required("text").and_then(|field| texts(field, language));
    let is_required = document.boolean("required").unwrap_or(false);
    let attribute = document.field("attribute").and_then(Node::name).map(str::to_owned);
    let kind = match document.required("kind").and_then(|field| field.text().map(|kind| (field, kind))) {
        Some((_, "choice")) => choice(&document, language),
        Some((_, "scale")) => scale(&document),
        Some((_, "text")) => words(&document),
        Some((field, kind)) => {
            field.refuse("unknown_kind", format!("is `{kind}`; must be `choice`, `scale` or `text`"))
        }
        None => None,
    };
    document.refuse_unknown();
    Some(Question { id: id?, text: text?, is_required, attribute, kind: kind? })
}

fn choice(document: &Object<'_, '_>, language: Option<&str>) -> Option<Kind> {
    let many = document.boolean("many").unwrap_or(false);
    let list = document.required("options").and_then(Node::list)?;
    if list.len() < 2 || list.len() > QUESTIONS_MAX {
        let detail = format!("must be 2 to {QUESTIONS_MAX} options, and are {}", list.len());
        return list.node().refuse("number_of_options", detail);
    }
    let mut options: Vec<(String, Texts)> = Vec::new();
    for node in list.iter() {
        let Some(option) = node.object() else { continue };
        let value = option.required("value").and_then(Node::name).map(str::to_owned);
        let text = option.required("text").and_then(|field| texts(field, language));
        option.refuse_unknown();
        let (Some(value), Some(text)) = (value, text) else { continue };
        if options.iter().any(|(other, _)| *other == value) {
            node.problem("duplicate_value", format!("there is another option `{value}`"));
        }
        options.push((value, text));
    }
    Some(Kind::Choice { options, many })
}

fn scale(document: &Object<'_, '_>) -> Option<Kind> {
    let (from, to) = (document.integer("from").unwrap_or(1), document.integer("to").unwrap_or(5));
    let is_one = (0..=100).contains(&from) && from < to && to.saturating_sub(from) <= SCALE_MAX;
    if !is_one {
        let detail =
            format!("a scale goes from 0 or more to a larger number, with at most {SCALE_MAX} steps");
        return document.node().refuse("bad_scale", detail);
    }
    Some(Kind::Scale { from, to })
}

fn words(document: &Object<'_, '_>) -> Option<Kind> {
    let characters = document.integer("characters").unwrap_or(CHARACTERS);
    if !(1..=CHARACTERS_MAX).contains(&characters) {
        let detail = format!("`characters` must be 1 to {CHARACTERS_MAX}");
        return document.node().refuse("out_of_range", detail);
    }
    Some(Kind::Text { characters: usize::try_from(characters).ok()? })
}

/// A text for all languages, or texts by language with that of the survey among them.
fn texts(node: Node<'_, '_>, language: Option<&str>) -> Option<Texts> {
    let own = language.unwrap_or_default().to_owned();
    if let Value::String(text) = node.value() {
        return Some([(own, text.clone())].into());
    }
    let object = node.object()?;
    let texts: Texts = object
        .entries()
        .filter_map(|(language, text)| Some((language.to_owned(), text.text()?.to_owned())))
        .collect();
    if language.is_some() && !texts.contains_key(&own) {
        return node
            .refuse("language_without_texts", format!("has no text in `{own}`, the survey's language"));
    }
    Some(texts)
}
