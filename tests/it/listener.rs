//! The doors of the host: time-outs, too many connections, the reserve for tills, certificates, and the end.

mod bodies;
mod certificates;
mod places;
mod raw;
mod stop;
mod times;
