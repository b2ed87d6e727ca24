//! Compiled templates that are kept in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use communications::templates::Compiled;

/// Compiled versions that were used last, by name and version.
#[derive(Default)]
pub struct CompiledTemplates(Mutex<HashMap<(String, i64), Arc<Compiled>>>);

impl CompiledTemplates {
    /// A version that is kept.
    pub(super) fn get(&self, key: &(String, i64)) -> Option<Arc<Compiled>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a version, and forgets the others if there are `most` of them.
    pub(super) fn keep(&self, key: (String, i64), compiled: &Arc<Compiled>, most: usize) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= most {
            kept.clear();
        }
        kept.insert(key, Arc::clone(compiled));
    }
}
