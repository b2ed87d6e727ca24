//! (allocate)
