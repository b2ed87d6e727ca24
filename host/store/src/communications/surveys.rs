//! Addresses of surveys' pages.

use super::{Backend, Communications};
use crate::{StoreFuture, SurveyLink};

impl Communications {
    /// Keeps an address, unless the message has one of this survey already. Returns the token of the one that it has.
    pub fn keep_survey_link<'a>(&'a self, link: &'a SurveyLink) -> StoreFuture<'a, String> {
        on_backend!(self, keep_survey_link(link))
    }

    /// The address with this token.
    pub fn survey_link<'a>(&'a self, token: &'a str) -> StoreFuture<'a, Option<SurveyLink>> {
        on_backend!(self, survey_link(token))
    }

    /// Removes addresses that were made before a time, at most `most`. Returns how many.
    pub fn remove_survey_links_before(&self, at: i64, most: i64) -> StoreFuture<'_, u64> {
        on_backend!(self, remove_survey_links_before(at, most))
    }
}
