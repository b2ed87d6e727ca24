//! (trees)
