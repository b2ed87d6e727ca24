//! The parts of limits that a calculation takes, as they are stored with it: a confirmation after the time-out takes
//! them again, when the reservations are gone.

use serde::{Deserialize, Serialize};
use store::{Counts, Grant, Most, Purchase, till_id};

use super::answer_text;
use crate::error::Error;
use crate::state::App;

/// The stored form that this release writes. A later form gets the next number and goes on reading this one.
const FORM: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    form: u32,
    /// Digest of the answer that the parts belong to, as in `sold`.
    answer: String,
    grants: Vec<Part>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    offer: String,
    scope: String,
    /// Uses, money in minor units, points in smallest steps.
    taken: (i64, i64, i64),
    /// The limit of each; null if there is none.
    most: (Option<i64>, Option<i64>, Option<i64>),
}

/// As JSON text. `answer` is the digest of the calculation's answer.
pub(super) fn write(answer: String, grants: &[Grant]) -> Result<String, Error> {
    let document = Document { form: FORM, answer, grants: grants.iter().map(Part::of).collect() };
    serde_json::to_string(&document).map_err(|error| Error::internal(&error))
}

/// The parts that the live calculation of a purchase takes. Of a calculation of a release that did not store them, the
/// reservations that are still there, and false.
pub(super) async fn of(app: &App, purchase: &Purchase) -> Result<(Vec<Grant>, bool), Error> {
    let kept = purchase.grants.as_deref().map(read).transpose().map_err(|error| {
        Error::damaged(&format!("parts of limits of purchase {}: {error}", till_id(&purchase.id)))
    })?;
    let digest = answer_text::digest(&purchase.answer, till_id(&purchase.id));
    match kept.filter(|kept| kept.answer == digest) {
        Some(kept) => Ok((kept.grants.into_iter().map(Part::grant).collect(), true)),
        None => Ok((app.store.grants(&purchase.id).await?, false)),
    }
}

fn read(text: &str) -> serde_json::Result<Document> {
    let document: Document = serde_json::from_str(text)?;
    if document.form == FORM {
        return Ok(document);
    }
    let unknown = format!("form {}, known is {FORM}", document.form);
    Err(<serde_json::Error as serde::de::Error>::custom(unknown))
}

impl Part {
    fn of(grant: &Grant) -> Self {
        let (Counts { uses, money, points }, most) = (grant.taken, grant.most);
        Self {
            offer: grant.offer.clone(),
            scope: grant.scope.clone(),
            taken: (uses, money, points),
            most: (most.uses, most.money, most.points),
        }
    }

    fn grant(self) -> Grant {
        let ((uses, money, points), most) = (self.taken, self.most);
        Grant {
            offer: self.offer,
            scope: self.scope,
            taken: Counts { uses, money, points },
            most: Most { uses: most.0, money: most.1, points: most.2 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Stored documents outlive releases: this text must go on being read.
    const TEXT: &str = concat!(
        r#"{"form":1,"answer":"sha256:0","grants":[{"offer":"o","scope":"[\"total\",\"\",\"ever\",\"\"]","#,
        r#""taken":[1,500,7],"most":[3,null,70]}]}"#,
    );

    #[test]
    fn the_document_is_read_as_it_was_written() {
        let grant = Grant {
            offer: "o".to_owned(),
            scope: r#"["total","","ever",""]"#.to_owned(),
            taken: Counts { uses: 1, money: 500, points: 7 },
            most: Most { uses: Some(3), money: None, points: Some(70) },
        };
        assert_eq!(write("sha256:0".to_owned(), std::slice::from_ref(&grant)).ok().as_deref(), Some(TEXT));
        let read: Option<Vec<Grant>> =
            read(TEXT).ok().map(|document| document.grants.into_iter().map(Part::grant).collect());
        assert_eq!(read, Some(vec![grant]));
    }

    #[test]
    fn another_document_is_an_error() {
        let later = TEXT.replace(r#""form":1"#, r#""form":2"#);
        let more = TEXT.replace(r#""taken""#, r#""more":1,"taken""#);
        for text in ["", "{}", &later, &more] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
