//! Tiles, definitions and features through the public doors.

#[cfg(test)]
mod definitions;
#[cfg(test)]
mod digest;
#[cfg(test)]
mod plain;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod tiles;
#[cfg(test)]
mod values;
#[cfg(test)]
mod world;
