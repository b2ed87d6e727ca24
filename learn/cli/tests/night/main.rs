//! The nightly loop as its users run it: alone with files, and beside a host.

#[cfg(test)]
mod alone;
#[cfg(test)]
mod lab;
#[cfg(test)]
mod stand;
#[cfg(test)]
mod whole;
