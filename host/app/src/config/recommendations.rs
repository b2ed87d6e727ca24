//! The section `recommendations`: goods and content that are uploaded for members.

use serde::Deserialize;
use wire::recommendations::Most;

/// Recommendations, as `config.default.toml` explains the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recommendations {
    pub attribute: String,
    pub goods: usize,
    pub content: usize,
}

impl Recommendations {
    /// The most entries that an upload may have.
    pub fn most(&self) -> Most {
        Most { goods: self.goods, content: self.content }
    }

    /// Problems of the values that their types allow.
    pub(super) fn problems(&self) -> Vec<String> {
        match domain::id::check(&self.attribute) {
            Ok(()) => Vec::new(),
            Err(error) => vec![format!("recommendations.attribute: {error}")],
        }
    }
}
