//! The rows from which members get something.

use std::collections::BTreeMap;
use std::path::Path;

use allocate::{AllocateError, Cap, Choice, MOST, Measure, Of, Table};
use sha2::{Digest as _, Sha256};

use super::cap::{Group, Wish};
use crate::input::table;
use crate::refused::{Refused, nearest, refuse};

/// All that members may get, with the names that the file has for them.
pub(super) struct Candidates {
    pub(super) table: Table,
    file: String,
    members: BTreeMap<u64, String>,
    levels: Names,
    categories: Names,
    brands: Names,
}

/// Names and their numbers, by order of the alphabet so that the order of rows does not matter; 0 is no name.
#[derive(Default)]
struct Names(Vec<String>);

/// A row of the file.
struct Row {
    key: u64,
    choice: Choice,
    line: u64,
}

/// Columns of a table that may be there or not.
struct Columns<'a>(&'a table::Table);

impl Candidates {
    /// Reads the file: the four columns that are needed, and those that a cap needs.
    ///
    /// # Errors
    ///
    /// What [`table::Table::read`] refuses; a value that is not as it must be; a level twice for one member.
    pub(super) fn read(path: &Path, wishes: &[Wish]) -> Result<Self, Refused> {
        let needs = |test: &dyn Fn(&Wish) -> bool| wishes.iter().any(test);
        let optional = [
            ("category", needs(&|wish| matches!(wish.group, Group::Category(_)))),
            ("brand", needs(&|wish| matches!(wish.group, Group::Brand(_)))),
            ("contacts", needs(&|wish| wish.measure == Measure::Contacts)),
        ];
        let optional = optional.into_iter().filter(|(_, needed)| *needed).map(|(name, _)| name);
        let names: Vec<String> =
            ["member", "level", "cost", "gain"].into_iter().chain(optional).map(str::to_owned).collect();
        let table = table::Table::read(path, &names)?;
        let columns = Columns(&table);
        let levels = columns.names("level")?;
        let categories = columns.names("category")?;
        let brands = columns.names("brand")?;
        let mut rows: Vec<Row> = table.lines.iter().map(|line| Row::new(*line)).collect();
        let members = columns.members(&mut rows)?;
        columns.fill(&mut rows, "level", |row, text| {
            row.choice.level = levels.number(text);
            if text.is_empty() { Err("a level is needed".to_owned()) } else { Ok(()) }
        })?;
        columns.fill(&mut rows, "cost", |row, text| whole(text, MOST).map(|cost| row.choice.cost = cost))?;
        columns.fill(&mut rows, "gain", |row, text| whole(text, MOST).map(|gain| row.choice.gain = gain))?;
        columns.fill(&mut rows, "category", |row, text| {
            row.choice.category = categories.number(text);
            Ok(())
        })?;
        columns.fill(&mut rows, "brand", |row, text| {
            row.choice.brand = brands.number(text);
            Ok(())
        })?;
        columns.fill(&mut rows, "contacts", |row, text| {
            let number = whole(text, i64::from(u16::MAX))?;
            row.choice.contacts = u16::try_from(number).map_err(|_| format!("\"{text}\" is below 0"))?;
            Ok(())
        })?;
        let table = grouped(rows, &table.file, &members)?;
        let file = columns.0.file.clone();
        Ok(Self { table, file, members, levels, categories, brands })
    }

    /// The cap that was wished for.
    pub(super) fn cap(&self, wish: &Wish) -> Result<Cap, Refused> {
        let number = |kind: &str, names: &Names, name: &str| match names.number(name) {
            0 => {
                let like = nearest(name, names.0.iter().map(String::as_str));
                Err(Refused(format!("--cap {}: {} has no {kind} \"{name}\"{like}", wish.words, self.file)))
            }
            number => Ok(number),
        };
        let of = match &wish.group {
            Group::Category(name) => Of::Category(number("category", &self.categories, name)?),
            Group::Brand(name) => Of::Brand(number("brand", &self.brands, name)?),
            Group::All => Of::All,
        };
        Ok(Cap { name: wish.words.clone(), of, measure: wish.measure, limit: wish.limit })
    }

    pub(super) fn member(&self, key: u64) -> &str {
        self.members.get(&key).map_or("", String::as_str)
    }

    pub(super) fn level(&self, level: u16) -> &str {
        let place = usize::from(level).checked_sub(1);
        place.and_then(|place| self.levels.0.get(place)).map_or("", String::as_str)
    }

    /// An error in the words of the file.
    pub(super) fn refusal(&self, error: &AllocateError) -> Refused {
        match error {
            AllocateError::TooManyChoices { member, count, most } => Refused(format!(
                "{}: member {} has {count} levels: at most {most} are possible",
                self.file,
                self.member(*member)
            )),
            other => Refused(other.to_string()),
        }
    }
}

impl Names {
    fn number(&self, name: &str) -> u16 {
        let place = self.0.binary_search_by(|known| known.as_str().cmp(name));
        place.ok().and_then(|place| u16::try_from(place.saturating_add(1)).ok()).unwrap_or_default()
    }
}

impl Row {
    fn new(line: u64) -> Self {
        Self { key: 0, choice: Choice::default(), line }
    }
}

impl Columns<'_> {
    fn column(&self, name: &str) -> Option<&table::Column> {
        self.0.columns.iter().find(|column| column.name == name)
    }

    /// Gives each value of a column to its row.
    fn fill(
        &self,
        rows: &mut [Row],
        name: &str,
        mut each: impl FnMut(&mut Row, &str) -> Result<(), String>,
    ) -> Result<(), Refused> {
        let Some(column) = self.column(name) else { return Ok(()) };
        for (row, text) in rows.iter_mut().zip(column.values()) {
            let line = row.line;
            each(row, text)
                .map_err(|wrong| Refused(format!("{}, line {line}, column {name}: {wrong}", self.0.file)))?;
        }
        Ok(())
    }

    /// All names of a column; none if it was not read.
    fn names(&self, name: &str) -> Result<Names, Refused> {
        let Some(column) = self.column(name) else { return Ok(Names::default()) };
        let mut names: Vec<&str> = Vec::new();
        for text in column.values().filter(|text| !text.is_empty()) {
            if let Err(place) = names.binary_search(&text) {
                names.insert(place, text);
            }
            if names.len() >= usize::from(u16::MAX) {
                refuse!("{}, column {name}: more than {} different values", self.0.file, u16::MAX - 1);
            }
        }
        Ok(Names(names.into_iter().map(str::to_owned).collect()))
    }

    /// Sets the keys of all rows, and returns the members that they stand for.
    fn members(&self, rows: &mut [Row]) -> Result<BTreeMap<u64, String>, Refused> {
        let mut members: BTreeMap<u64, String> = BTreeMap::new();
        self.fill(rows, "member", |row, text| {
            if text.is_empty() {
                return Err("a member is needed".to_owned());
            }
            let digest = Sha256::digest(text);
            row.key = digest.iter().take(8).fold(0, |key, byte| (key << 8) | u64::from(*byte));
            let known = members.entry(row.key).or_insert_with(|| text.to_owned());
            if known == text {
                return Ok(());
            }
            Err(format!("\"{text}\" and \"{known}\" have the same SHA-256 in the first 64 bits: rename one"))
        })?;
        Ok(members)
    }
}

/// The rows of each member together.
fn grouped(mut rows: Vec<Row>, file: &str, members: &BTreeMap<u64, String>) -> Result<Table, Refused> {
    rows.sort_unstable_by_key(|row| (row.key, row.choice.level, row.line));
    let same = |(a, b): &(&Row, &Row)| (a.key, a.choice.level) == (b.key, b.choice.level);
    if let Some((first, second)) = rows.iter().zip(rows.iter().skip(1)).find(same) {
        let member = members.get(&first.key).map_or("", String::as_str);
        refuse!(
            "{file}, line {}: member \"{member}\" has this level already on line {}: keep one of them",
            second.line,
            first.line
        );
    }
    let all = rows.chunk_by(|a, b| a.key == b.key).map(|rows| {
        let key = rows.first().map_or(0, |row| row.key);
        (key, rows.iter().map(|row| row.choice).collect::<Vec<_>>())
    });
    Table::new(all).map_err(|error| Refused(error.to_string()))
}

/// A whole number that is not beyond `most`, up or down.
fn whole(text: &str, most: i64) -> Result<i64, String> {
    let number: i64 = text.trim().parse().map_err(|_| format!("\"{text}\" is not a whole number"))?;
    if number.unsigned_abs() > most.unsigned_abs() {
        return Err(format!("{number} is not between -{most} and {most}"));
    }
    Ok(number)
}
