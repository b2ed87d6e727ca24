//! The database as an operator sees it: who may read its files, who serves it, how long tills wait for it, how large it
//! gets.

mod files;
mod locks;
mod one_host;
