//! Members: their segments, and the channels that may be used.

use std::collections::BTreeMap;
use std::path::Path;

use ::channel::{Book, MOST_SEGMENTS};

use super::NONE;
use super::sends::{BETWEEN, Sends};
use crate::input::table::Table;
use crate::refused::{Refused, nearest, refuse};

/// Members who are advised.
pub(super) struct Members {
    /// Names, in the order of the file, or of the alphabet without one.
    pub(super) names: Vec<String>,
    /// Names, rising.
    pub(super) segments: Vec<String>,
    /// Place of each member's segment.
    pub(super) segment_of: Vec<u16>,
    /// Places of the channels that may be used for each member, rising; none if nobody has said.
    pub(super) allowed: Option<Vec<Vec<usize>>>,
    /// Further columns that models may see: name and values.
    pub(super) features: Vec<(String, Vec<String>)>,
    /// The place here of each member of the sends.
    place_of: Vec<Option<usize>>,
    /// File and its digest.
    pub(super) file: Option<(String, String)>,
}

impl Members {
    /// Members who were sent something, as one segment.
    pub(super) fn of_sends(sends: &Sends) -> Self {
        Self {
            names: sends.members.clone(),
            segments: vec!["all".to_owned()],
            segment_of: vec![0; sends.members.len()],
            allowed: None,
            features: Vec::new(),
            place_of: (0..sends.members.len()).map(Some).collect(),
            file: None,
        }
    }

    /// Reads the file of members.
    ///
    /// # Errors
    ///
    /// What [`Table::read`] refuses; a member twice; a channel on which nothing was sent; too many segments.
    pub(super) fn read(path: &Path, sends: &Sends, features: &[String]) -> Result<Self, Refused> {
        let own = ["member", "segment", "channels"];
        if let Some(feature) = features.iter().find(|feature| own.contains(&feature.as_str())) {
            refuse!("--features {feature}: is not a feature; the segment is one already");
        }
        let names = own.into_iter().map(str::to_owned).chain(features.iter().cloned());
        let mut table = Table::read(path, &names.collect::<Vec<_>>())?;
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let column = table.take_column("member");
        for (row, name) in column.values().enumerate() {
            if name.is_empty() {
                refuse!("{}, column \"member\": the member is missing", table.at(row));
            }
            if let Some(first) = places.insert(name, row) {
                refuse!(
                    "{}, column \"member\": \"{name}\" was on line {} already",
                    table.at(row),
                    table.lines.get(first).copied().unwrap_or_default()
                );
            }
        }
        let place_of = sends.members.iter().map(|name| places.get(name.as_str()).copied()).collect();
        let (segments, segment_of) = segments(&mut table)?;
        let allowed = Some(allowed(&mut table, sends)?);
        let features = features
            .iter()
            .map(|name| (name.clone(), table.take_column(name).values().map(str::to_owned).collect()))
            .collect();
        Ok(Self {
            names: column.values().map(str::to_owned).collect(),
            segments,
            segment_of,
            allowed,
            features,
            place_of,
            file: Some((table.file.clone(), table.sha256.clone())),
        })
    }

    /// The place here of a member of the sends.
    pub(super) fn place(&self, member: usize) -> Option<usize> {
        self.place_of.get(member).copied().flatten()
    }

    /// Members of the sends who are not among these.
    pub(super) fn strangers(&self) -> usize {
        self.place_of.iter().filter(|place| place.is_none()).count()
    }

    /// An empty book of these members.
    ///
    /// # Errors
    ///
    /// None that reading would not have refused.
    pub(super) fn empty_book(&self, sends: &Sends) -> Result<Book, Refused> {
        Book::new(sends.channels.clone(), self.segments.len(), self.segment_of.clone())
            .map_err(|error| Refused(error.to_string()))
    }

    /// All that was sent to these members.
    pub(super) fn book(&self, sends: &Sends) -> Result<Book, Refused> {
        let mut book = self.empty_book(sends)?;
        for send in &sends.all {
            if let Some(member) = self.place(send.member) {
                book.add(member, send.channel, &send.message);
            }
        }
        Ok(book)
    }

    /// Places of the channels that may be used for a member, but not those that were left.
    pub(super) fn usable(&self, member: usize, book: &Book) -> Vec<usize> {
        let may = |channel: &usize| match &self.allowed {
            Some(allowed) => {
                allowed.get(member).is_some_and(|allowed| allowed.binary_search(channel).is_ok())
            }
            None => book.reached(member, *channel),
        };
        let none = |channel: usize| book.channels().get(channel).is_some_and(|name| name == NONE);
        let all = 0..book.channels().len();
        all.filter(|channel| !none(*channel) && may(channel) && !book.sent(member, *channel).unsubscribed)
            .collect()
    }
}

fn segments(table: &mut Table) -> Result<(Vec<String>, Vec<u16>), Refused> {
    let column = table.take_column("segment");
    let mut places: BTreeMap<&str, u16> = BTreeMap::new();
    for (row, name) in column.values().enumerate() {
        if name.is_empty() {
            refuse!("{}, column \"segment\": the segment is missing", table.at(row));
        }
        places.entry(name).or_default();
        if places.len() > MOST_SEGMENTS {
            refuse!("{}, column \"segment\": more than {MOST_SEGMENTS} different segments", table.at(row));
        }
    }
    for (place, number) in places.values_mut().zip(0..) {
        *place = number;
    }
    let segment_of = column.values().map(|name| places.get(name).copied().unwrap_or_default()).collect();
    Ok((places.into_keys().map(str::to_owned).collect(), segment_of))
}

fn allowed(table: &mut Table, sends: &Sends) -> Result<Vec<Vec<usize>>, Refused> {
    let column = table.take_column("channels");
    let mut all = Vec::new();
    for (row, text) in column.values().enumerate() {
        let mut places = Vec::new();
        for name in text.split(BETWEEN).map(str::trim).filter(|name| !name.is_empty()) {
            let Ok(place) = sends.channels.binary_search_by(|known| known.as_str().cmp(name)) else {
                let near = nearest(name, sends.channels.iter().map(String::as_str));
                refuse!(
                    "{}, column \"channels\": no message of {} was sent on \"{name}\", so nothing is known of it{near}",
                    table.at(row),
                    sends.file
                );
            };
            places.push(place);
        }
        places.sort_unstable();
        places.dedup();
        all.push(places);
    }
    Ok(all)
}
