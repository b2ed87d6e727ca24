//! Tiles, definitions and features through the public doors.

mod definitions;
mod digest;
mod receipts;
mod tiles;
mod values;
mod world;
