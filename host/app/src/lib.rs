//! The host without HTTP: everything that a route, a command or a node does is a function here.

pub mod audit;
pub mod backtests;
pub mod bootstrap;
pub mod calculation;
pub mod changes;
pub mod clock;
pub mod config;
pub mod coupons;
pub mod error;
pub mod imports;
pub mod keys;
pub mod live;
pub mod mechanics;
pub mod metrics;
pub mod nodes;
pub mod outage;
pub mod personal_offers;
pub mod purchases;
pub mod replay;
pub mod report;
pub mod results;
pub mod retention;
pub mod state;
pub mod stream;
pub mod upgrade;
pub mod watch;
