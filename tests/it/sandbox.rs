//! What happens to mechanics that misbehave, and to the receipts around them.

mod calls;
mod receipts;
