//! The program as its users run it.

mod allocate;
mod champion;
mod lab;
mod offpolicy;
mod real;
mod refused;
mod verdict;
