//! Features of members, worked out from their receipts: more than a thousand integers for each.
//!
//! Receipts become *tiles* ([`Tiles`]): what a member bought on a day, of a category, at an outlet, in a part of
//! the day, as integers that add up. Features are *data* ([`Definitions`]), from which one SQL text follows. DataFusion
//! answers it in this process ([`compute`]), some buckets of members at a time, so that memory does not depend on how
//! many members there are; any other engine ([`Engine`]) has to answer the same bytes ([`Digest`]).

mod calendar;
mod catalog;
mod code;
mod compute;
mod decimal;
mod definitions;
mod drop;
mod engine;
mod error;
mod export;
mod feed;
mod limits;
mod manifest;
mod receipt;
mod tile;
mod tiles;
mod writer;

pub use calendar::{Moment, Zone, day_of};
pub use catalog::Catalog;
pub use code::{BUCKETS, bucket_of, member_code, text_code};
pub use compute::{Batch, Digest, Progress, compute, compute_on};
pub use datafusion;
pub use definitions::{Definition, Definitions, Group, MOST_FEATURES, MOST_MEASURES, NEVER};
pub use drop::{DROP_COLUMNS, FileTaken, dropped};
pub use engine::{EachPart, Embedded, Engine, QueryError, answer, error as query_error};
pub use error::FeaturesError;
pub use export::Export;
pub use feed::FeedTaken;
pub use limits::Limits;
pub use receipt::{Head, Line};
pub use tile::{COLUMNS, Key, LARGEST, Sums};
pub use tiles::Tiles;
pub use writer::Writer;
