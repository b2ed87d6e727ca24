//! The lines that a return brings back, in integers: stored with the return when it is created, so that
//! confirming it does not read the text of its answer.

use domain::returns::ReturnedLine;
use serde::de::Error as _;
use serde::{Deserialize, Serialize};

use super::sold::forms::ReturnedLineForm;
use crate::error::Error;

/// The stored form that this release writes. A later form gets the next number and goes on reading this one.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    form: u32,
    lines: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Line(#[serde(with = "ReturnedLineForm")] ReturnedLine);

/// As JSON text.
pub(super) fn write(lines: &[ReturnedLine]) -> Result<String, Error> {
    let document = Document { form: FORM, lines: lines.iter().copied().map(Line).collect() };
    serde_json::to_string(&document).map_err(|error| Error::internal(&error))
}

/// From JSON text. An error if the text is no such document, or of a form that this release does not know.
pub(super) fn read(text: &str) -> serde_json::Result<Vec<ReturnedLine>> {
    let document: Document = serde_json::from_str(text)?;
    if document.form != FORM {
        return Err(serde_json::Error::custom(format!("form {}, known is {FORM}", document.form)));
    }
    Ok(document.lines.into_iter().map(|Line(line)| line).collect())
}

#[cfg(test)]
mod tests {
    use domain::quantities::{Money, Points, Quantity};

    use super::*;

    /// Stored documents outlive releases: this text must go on being read.
    const TEXT: &str = concat!(
        r#"{"form":1,"lines":[{"position":1,"quantity":1000,"payable":22075,"points_paid":7667,"#,
        r#""points_earned":1104}]}"#,
    );

    #[test]
    fn the_document_is_read_as_it_was_written() {
        let line = ReturnedLine {
            position: 1,
            quantity: Quantity(1_000),
            payable: Money(22_075),
            points_paid: Money(7_667),
            points_earned: Points(1_104),
        };
        assert_eq!(write(&[line]).ok().as_deref(), Some(TEXT));
        assert_eq!(read(TEXT).ok(), Some(vec![line]));
    }

    #[test]
    fn another_document_is_an_error() {
        let later = TEXT.replace(r#""form":1"#, r#""form":2"#);
        let more = TEXT.replace(r#""position":1"#, r#""position":1,"more":true"#);
        for text in ["", "{}", &later, &more] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
