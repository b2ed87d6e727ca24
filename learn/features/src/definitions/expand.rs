//! Sets of features, one by one.

use std::collections::BTreeSet;

use super::file::{Document, Metric, Season, Set, Weekdays, Window};
use super::{Definition, MOST_FEATURES, MOST_MEASURES, words};
use crate::code::{sha256, text_code};
use crate::error::FeaturesError;

/// Which tiles count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) months: &'static [i64],
    pub(super) weekdays: &'static [i64],
    pub(super) daypart: Option<i64>,
    pub(super) outlet_kind: Option<i64>,
}

/// What the inner query works out for each member and category.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// Sum of a column.
    Sum(&'static str),
    /// Days since the last receipt.
    Latest,
    /// Days since the first receipt.
    First,
    /// The smallest and the largest outlet.
    LowestOutlet,
    HighestOutlet,
}

/// A column of the inner query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Measure {
    pub(super) of: Of,
    pub(super) window: Window,
    pub(super) filter: Filter,
}

/// How the outer query puts measures, by their index, together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outer {
    Sum(usize),
    Min(usize),
    /// The largest, 0 if all are below.
    Max(usize),
    /// How many are above 0.
    Positive(usize),
    /// 1 if the largest of the second is above the smallest of the first.
    Differ(usize, usize),
}

#[derive(Clone, Debug)]
pub(super) struct Feature {
    pub(super) outer: Outer,
    /// Column and code of the category.
    pub(super) category: Option<(&'static str, i64)>,
}

/// A value of a list that a set goes through: for names, for sentences, and what it selects.
#[derive(Clone)]
struct Choice<T> {
    name: String,
    words: String,
    value: T,
}

/// What one feature of a set is narrowed to.
struct Narrowed<'a> {
    category: Option<&'a Choice<(&'static str, i64)>>,
    season: Option<&'a Choice<Season>>,
    weekdays: Option<&'a Choice<Weekdays>>,
    daypart: Option<&'a Choice<i64>>,
    kind: Option<&'a Choice<i64>>,
}

/// A list as a set goes through it: once without a value if it is empty.
fn each<T>(choices: &[T]) -> impl Iterator<Item = Option<&T>> {
    choices.iter().map(Some).chain(choices.is_empty().then_some(None))
}

/// All features, one by one.
#[derive(Default)]
pub(super) struct All {
    pub(super) definitions: Vec<Definition>,
    pub(super) features: Vec<Feature>,
    pub(super) measures: Vec<Measure>,
    names: BTreeSet<String>,
}

pub(super) fn all(document: &Document) -> Result<All, FeaturesError> {
    let mut all = All::default();
    for (number, set) in (1..).zip(&document.sets) {
        all.set(document, set).map_err(|why| FeaturesError::Definitions(format!("set {number}: {why}")))?;
    }
    if all.features.is_empty() {
        return Err(FeaturesError::Definitions("there is no feature".to_owned()));
    }
    Ok(all)
}

impl All {
    fn set(&mut self, document: &Document, set: &Set) -> Result<(), String> {
        let categories = categories(document, set.level)?;
        let seasons: Vec<_> = set
            .seasons
            .iter()
            .map(|value| Choice { name: value.name(), words: value.sentence(), value: *value })
            .collect();
        let weekdays: Vec<_> = set
            .weekdays
            .iter()
            .map(|value| Choice { name: value.name(), words: value.sentence(), value: *value })
            .collect();
        let mut dayparts = Vec::new();
        for name in &set.dayparts {
            let (value, words) = words::daypart(name)?;
            dayparts.push(Choice { name: name.clone(), words, value });
        }
        let kinds = if set.by_outlet_kind { kinds(document)? } else { Vec::new() };
        for metric in &set.metrics {
            metric_fits(*metric, set.level)?;
            for window in &set.days {
                for category in each(&categories) {
                    for season in each(&seasons) {
                        for weekdays in each(&weekdays) {
                            for daypart in each(&dayparts) {
                                for kind in each(&kinds) {
                                    let narrowed = Narrowed { category, season, weekdays, daypart, kind };
                                    self.feature(set, *metric, *window, &narrowed)?;
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn feature(
        &mut self,
        set: &Set,
        metric: Metric,
        window: Window,
        to: &Narrowed<'_>,
    ) -> Result<(), String> {
        if self.features.len() >= MOST_FEATURES {
            return Err(format!("there are more than {MOST_FEATURES} features"));
        }
        let definition = definition(set, metric, window, to);
        if !self.names.insert(definition.name.clone()) {
            return Err(format!("feature {} is there already", definition.name));
        }
        let filter = Filter {
            months: to.season.map_or(&[], |season| season.value.months()),
            weekdays: to.weekdays.map_or(&[], |weekdays| weekdays.value.numbers()),
            daypart: to.daypart.map(|daypart| daypart.value),
            outlet_kind: to.kind.map(|kind| kind.value),
        };
        let mut measure = |of| self.measure(Measure { of, window, filter: filter.clone() });
        let outer = match metric {
            Metric::Receipts => Outer::Sum(measure(Of::Sum(match set.level {
                None => "receipts",
                Some(1) => "receipts_1",
                Some(_) => "receipts_2",
            }))?),
            Metric::Quantity => Outer::Sum(measure(Of::Sum("quantity"))?),
            Metric::Spent => Outer::Sum(measure(Of::Sum("spent"))?),
            Metric::Discount => Outer::Sum(measure(Of::Sum("discount"))?),
            Metric::Points => Outer::Sum(measure(Of::Sum("points"))?),
            Metric::Returned => Outer::Sum(measure(Of::Sum("returned"))?),
            Metric::Recency => Outer::Min(measure(Of::Latest)?),
            Metric::Tenure => Outer::Max(measure(Of::First)?),
            Metric::Variety => Outer::Positive(measure(Of::Sum("receipts_2"))?),
            Metric::Favourite => Outer::Max(measure(Of::Sum("spent"))?),
            Metric::SeveralOutlets => Outer::Differ(measure(Of::LowestOutlet)?, measure(Of::HighestOutlet)?),
        };
        self.definitions.push(definition);
        self.features.push(Feature { outer, category: to.category.map(|category| category.value) });
        Ok(())
    }

    /// The index of a measure, which is added if it is new.
    fn measure(&mut self, measure: Measure) -> Result<usize, String> {
        if let Some(index) = self.measures.iter().position(|other| *other == measure) {
            return Ok(index);
        }
        if self.measures.len() >= MOST_MEASURES {
            return Err(format!(
                "metrics, windows and filters make more than {MOST_MEASURES} different sums; categories do not count"
            ));
        }
        self.measures.push(measure);
        Ok(self.measures.len() - 1)
    }
}

fn metric_fits(metric: Metric, level: Option<u8>) -> Result<(), String> {
    match (metric, level) {
        (Metric::Variety | Metric::Favourite, Some(2)) => {
            Err(format!("{} is of several categories and cannot be of level 2", metric.name()))
        }
        _ => Ok(()),
    }
}

fn categories(document: &Document, level: Option<u8>) -> Result<Vec<Choice<(&'static str, i64)>>, String> {
    let (column, names) = match level {
        None => return Ok(Vec::new()),
        Some(1) => ("category_1", &document.categories.level_1),
        Some(2) => ("category_2", &document.categories.level_2),
        Some(other) => return Err(format!("level {other}: categories have levels 1 and 2")),
    };
    if names.is_empty() {
        return Err(format!("level {}: no categories are listed", level.unwrap_or_default()));
    }
    Ok(names
        .iter()
        .map(|name| Choice {
            name: plain(name),
            words: format!("of {name}"),
            value: (column, text_code(name)),
        })
        .collect())
}

fn kinds(document: &Document) -> Result<Vec<Choice<i64>>, String> {
    if document.outlet_kinds.is_empty() {
        return Err("by_outlet_kind: no kinds of outlets are listed".to_owned());
    }
    let choice = |name: &String| Choice {
        name: plain(name),
        words: format!("at outlets of kind {name}"),
        value: text_code(name),
    };
    Ok(document.outlet_kinds.iter().map(choice).collect())
}

/// A text as a part of a name. Letters other than those of English are told apart by the text's digest.
fn plain(text: &str) -> String {
    if !text.is_ascii() {
        return format!("x{}", sha256(text.as_bytes()).get(..8).unwrap_or_default());
    }
    let letter =
        |letter: char| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
    text.chars().map(letter).collect()
}

fn definition(set: &Set, metric: Metric, window: Window, to: &Narrowed<'_>) -> Definition {
    let parts = [
        to.category.map(|choice| (&choice.name, &choice.words)),
        to.season.map(|choice| (&choice.name, &choice.words)),
        to.weekdays.map(|choice| (&choice.name, &choice.words)),
        to.daypart.map(|choice| (&choice.name, &choice.words)),
        to.kind.map(|choice| (&choice.name, &choice.words)),
    ];
    let mut name = metric.name().to_owned();
    let mut sentence = metric.sentence().to_owned();
    for (part, words) in parts.into_iter().flatten() {
        name = format!("{name}_{part}");
        sentence = format!("{sentence}, {words}");
    }
    Definition {
        name: format!("{name}_{}", window.name()),
        sentence: format!("{sentence}, {}.", window.sentence()),
        group: set.group,
    }
}
