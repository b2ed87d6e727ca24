//! (choose)
