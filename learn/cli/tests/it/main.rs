//! The program as its users run it.

mod allocate;
mod champion;
#[cfg(test)]
mod lab;
mod offpolicy;
#[cfg(test)]
mod real;
#[cfg(test)]
mod refused;
mod verdict;
