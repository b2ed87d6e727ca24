//! (causal)
