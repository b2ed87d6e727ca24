//! The room for the model in the component's memory.
//!
//! It has no contents here, so it takes no bytes in the component. Whoever puts a model in finds its address as
//! an exported global, and adds a data segment there; see `learn/component`.
#![expect(unsafe_code, reason = "memory that something else than this program fills, under a name of its own")]

use std::cell::UnsafeCell;

use till::{MAX_BYTES, View};

#[repr(C, align(16))]
struct Room(UnsafeCell<[u8; MAX_BYTES]>);

// SAFETY: nothing writes to it once the program runs; `UnsafeCell` says that its contents are not the zeros here.
unsafe impl Sync for Room {}

// SAFETY: no other symbol has this name.
#[unsafe(export_name = "loyalty_model_table")]
static ROOM: Room = Room(UnsafeCell::new([0; MAX_BYTES]));

/// The model; nothing if none was put in.
pub(crate) fn model() -> Option<View<'static>> {
    // SAFETY: as above, it is written before the program runs only.
    let room: &'static [u8; MAX_BYTES] = unsafe { &*ROOM.0.get() };
    View::new(room).ok()
}
