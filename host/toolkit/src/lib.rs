//! Commands for authors of mechanics, and pricing from files without server and database.
//!
//! | module | holds |
//! |---|---|
//! | [`mechanic`] | the commands `offer-host mechanic …`, one file each |
//! | [`cases`] | case files: reading, running and comparing them |
//! | [`sandbox`] | the mechanics of a plan file or a case file, ready to price |
//! | [`client`] | the HTTP client of commands that call a host |
//! | [`compiler`] | compiling for an author in the foreground, with a cache of compiled code |
//! | [`receipt_rows`] | receipts from a stream of JSON |
//! | [`progress`] | bars and spinners on the terminal |
//! | [`threads`] | the number of processor cores |
//! | [`warnings`] | warnings on stderr, and `--strict` |

pub mod cases;
pub mod client;
pub mod compiler;
pub mod mechanic;
pub mod progress;
pub mod receipt_rows;
pub mod sandbox;
pub mod threads;
pub mod warnings;
