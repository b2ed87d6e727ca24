//! Surveys: questions to members, and what counts as an answer.

use std::collections::BTreeMap;

use serde_json::Value;

/// Texts by language, such as `ru`.
pub type Texts = BTreeMap<String, String>;

/// A survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The language of members whose own has no texts.
    pub language: String,
    /// Headline of its page.
    pub title: Texts,
    /// Text before the questions.
    pub intro: Texts,
    /// Text after the answers are stored.
    pub thanks: Texts,
    /// The questions in their order.
    pub questions: Vec<Question>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id within the survey.
    pub id: String,
    /// Its words.
    pub text: Texts,
    /// True if it must be answered.
    pub is_required: bool,
    /// The attribute of the member that the answer is stored in, too.
    pub attribute: Option<String>,
    /// The kind of answer.
    pub kind: Kind,
}

/// The kind of answer that a question takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One of these, or several.
    Choice {
        /// Value and words of each.
        options: Vec<(String, Texts)>,
        /// True if several may be chosen.
        many: bool,
    },
    /// A whole number of a range, ends included.
    Scale {
        /// The least.
        from: i64,
        /// The most.
        to: i64,
    },
    /// Own words.
    Text {
        /// The most characters.
        characters: usize,
    },
}

/// The problem of an answer, by the question's id: `missing`, `not_offered` or `too_long`.
pub type Wrong = BTreeMap<String, &'static str>;

impl Survey {
    /// The answers of a form by the questions' ids; fields that are no questions are left out. Or all that is wrong.
    pub fn answers(&self, form: &[(String, String)]) -> Result<BTreeMap<String, Value>, Wrong> {
        let (mut answers, mut wrong) = (BTreeMap::new(), Wrong::new());
        for question in &self.questions {
            let given = form.iter().filter(|(name, value)| *name == question.id && !value.trim().is_empty());
            let given: Vec<&str> = given.map(|(_, value)| value.trim()).collect();
            match question.answer(&given) {
                Ok(Some(answer)) => drop(answers.insert(question.id.clone(), answer)),
                Ok(None) if question.is_required => drop(wrong.insert(question.id.clone(), "missing")),
                Ok(None) => {}
                Err(code) => drop(wrong.insert(question.id.clone(), code)),
            }
        }
        if wrong.is_empty() { Ok(answers) } else { Err(wrong) }
    }

    /// The text in a language: the same, else that without its region, else that of the survey's own.
    pub fn text<'a>(&self, texts: &'a Texts, wanted: &str) -> &'a str {
        let base = wanted.split(['-', '_']).next().unwrap_or(wanted);
        let found = texts.get(wanted).or_else(|| texts.get(base)).or_else(|| texts.get(&self.language));
        found.map(String::as_str).unwrap_or_default()
    }
}

impl Question {
    /// An answer that could be given, to see whether an attribute takes such answers.
    pub fn example(&self) -> Value {
        match &self.kind {
            Kind::Choice { options, many } => {
                let first = options.first().map(|(value, _)| value.as_str()).unwrap_or_default();
                if *many { Value::from(vec![first]) } else { Value::from(first) }
            }
            Kind::Scale { from, .. } => Value::from(*from),
            Kind::Text { .. } => Value::from("text"),
        }
    }

    fn answer(&self, given: &[&str]) -> Result<Option<Value>, &'static str> {
        let Some(first) = given.first() else { return Ok(None) };
        match &self.kind {
            Kind::Choice { options, many } => {
                let is_offered = |value: &&&str| options.iter().any(|(offered, _)| offered == **value);
                let chosen: Vec<Value> =
                    given.iter().filter(is_offered).map(|value| Value::from(*value)).collect();
                if chosen.len() != given.len() || (!many && chosen.len() > 1) {
                    return Err("not_offered");
                }
                Ok(if *many { Some(Value::from(chosen)) } else { chosen.into_iter().next() })
            }
            Kind::Scale { from, to } => {
                let number = first.parse().ok().filter(|number| (from..=to).contains(&number));
                let number: i64 = number.filter(|_| given.len() == 1).ok_or("not_offered")?;
                Ok(Some(Value::from(number)))
            }
            Kind::Text { characters } => {
                if first.chars().count() > *characters || given.len() > 1 {
                    return Err("too_long");
                }
                Ok(Some(Value::from(*first)))
            }
        }
    }
}
