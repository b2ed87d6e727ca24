//! Uploads that take their time: nobody else waits for them.

mod compiling;
