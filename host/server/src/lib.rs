//! The service and the commands around it: HTTP, configuration, wiring of engine, store and domain.

pub mod audit;
pub mod auth;
pub mod backtests;
pub mod body;
pub mod calculation;
pub mod cases;
pub mod changes;
pub mod commands;
pub mod config;
pub mod error;
pub mod imports;
pub mod live;
pub mod mechanics;
pub mod metrics;
pub mod nodes;
pub mod personal_offers;
pub mod purchases;
pub mod replay;
pub mod report;
pub mod results;
pub mod routes;
pub mod start;
pub mod state;
pub mod wire;
