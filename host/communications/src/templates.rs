//! Templates of messages: versioned texts in languages, compiled once and rendered for each member.
//!
//! [`compile()`] finds every problem before a template is stored. [`Compiled::render`] is the only renderer: previews, test
//! messages and real ones are the same bytes. Nothing is read from outside, and what a rendering takes is limited.

mod check;
mod compile;
mod context;
mod document;
mod environment;
mod formats;
mod languages;
mod links;
mod lints;
mod mjml;
mod plain;
mod problem;
mod render;
mod support;
mod tags;
mod values;

pub use check::Needs;
pub use compile::{Compiled, compile, compile_within};
pub use document::{Body, CHANNELS, Category, Template, Texts};
pub use environment::Limits;
pub use links::{Link, links, rewrite};
pub use plain::plain_text;
pub use problem::Problem;
pub use render::{RenderError, Rendered};
pub use values::{OfferFacts, PointsFacts, ProductFacts, Values};
