//! Mechanics that misbehave, and the receipts on which they do.

mod calls;
mod model;
mod receipts;
