//! Lines of a model: a header and a section for each tree, both of `key=value`.

use std::collections::BTreeMap;
use std::str::FromStr;

use forest::MAX_TREES;

use super::LightGbmError;

/// A header or a tree.
#[derive(Default)]
pub(super) struct Section {
    /// Its first line, counted from 1.
    line: usize,
    /// Values and their lines.
    values: BTreeMap<String, (usize, String)>,
}

/// The header and the trees of a model.
pub(super) fn sections(model: &str) -> Result<(Section, Vec<Section>), LightGbmError> {
    let refused = |line, problem: &str| LightGbmError::Line { line, problem: problem.to_owned() };
    let mut lines = model.lines().map(str::trim_end).zip(1..);
    if lines.next().map(|(first, _)| first) != Some("tree") {
        return Err(refused(1, "it should be `tree`; save the model as text, by save_model"));
    }
    let mut header = Section { line: 1, ..Section::default() };
    let mut trees: Vec<Section> = Vec::new();
    let mut last = 1;
    for (text, line) in lines {
        last = line;
        if text == "end of trees" {
            return Ok((header, trees));
        }
        if let Some(number) = text.strip_prefix("Tree=") {
            if number.parse() != Ok(trees.len()) {
                return Err(refused(line, "trees are not numbered 0, 1, 2, …"));
            }
            if trees.len() == MAX_TREES {
                return Err(refused(line, "more than 10,000 trees"));
            }
            trees.push(Section { line, ..Section::default() });
        } else if !text.is_empty() {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            let section = trees.last_mut().unwrap_or(&mut header);
            if section.values.insert(key.to_owned(), (line, value.to_owned())).is_some() {
                return Err(refused(line, "the same key stands in an earlier line"));
            }
        }
    }
    Err(refused(last, "the model ends here, without `end of trees`: copy the file again"))
}

impl Section {
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(|(_, value)| value.as_str())
    }

    pub(super) fn needed(&self, key: &str) -> Result<&str, LightGbmError> {
        self.value(key)
            .ok_or_else(|| self.refused(key, format!("`{key}` is missing from the section that begins here")))
    }

    pub(super) fn number<T: FromStr>(&self, key: &str) -> Result<T, LightGbmError> {
        let value = self.needed(key)?;
        value.parse().map_err(|_| self.refused(key, format!("{value:?} is no number for `{key}`")))
    }

    /// Exactly `count` numbers.
    pub(super) fn list<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>, LightGbmError> {
        let number = |text: &str| {
            text.parse().map_err(|_| self.refused(key, format!("{text:?} is no number for `{key}`")))
        };
        let list = self.needed(key)?.split(' ').map(number).collect::<Result<Vec<T>, _>>()?;
        if list.len() == count {
            Ok(list)
        } else {
            Err(self.refused(key, format!("`{key}` has {} numbers, it should have {count}", list.len())))
        }
    }

    /// An error in the line of a key, or of the section if it has none.
    pub(super) fn refused(&self, key: &str, problem: String) -> LightGbmError {
        LightGbmError::Line { line: self.values.get(key).map_or(self.line, |(line, _)| *line), problem }
    }
}
