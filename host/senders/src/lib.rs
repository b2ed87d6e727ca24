//! The only place that talks to providers of messages.
