//! (simulate)
