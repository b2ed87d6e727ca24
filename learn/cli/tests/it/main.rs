//! The program as its users run it.

mod allocate;
#[cfg(test)]
mod build_mechanic;
mod champion;
mod channel;
mod drift;
#[cfg(test)]
mod features;
#[cfg(test)]
mod import_model;
#[cfg(test)]
mod lab;
mod next_purchase;
mod offpolicy;
#[cfg(test)]
mod real;
#[cfg(test)]
mod refused;
mod simulate;
mod verdict;
