//! The nightly loop as its users run it: alone with files, and beside a host.

mod alone;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod stand;
mod whole;
