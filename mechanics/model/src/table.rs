//! The room for the model in the component's memory.
//!
//! Whoever puts a model in finds its address as an exported global, and puts a data segment in place of what lies
//! there; see `learn/component`.
//!
//! Instances get the model without a copy: what an instance starts with is mapped into its memory, and a page of
//! it is copied only when it is written to, which a model never is. What is mapped reaches from the first byte
//! that is not zero to the last one. So the room is not empty here: the linker puts what is not zero in front of
//! the megabytes of the allocator, which would otherwise be mapped, and stored, with it.
#![expect(
    unsafe_code,
    reason = "memory that something else than this program fills, under a name of its own"
)]

use std::cell::UnsafeCell;

use till::{MAX_BYTES, View};

#[repr(C, align(16))]
struct Room(UnsafeCell<[u8; MAX_BYTES]>);

/// What the room is filled with while there is no model in it.
const EMPTY: u8 = u8::MAX;

// SAFETY: nothing writes to it once the program runs; `UnsafeCell` says that its contents are not those here.
unsafe impl Sync for Room {}

// SAFETY: no other symbol has this name.
#[unsafe(export_name = "loyalty_model_table")]
static ROOM: Room = Room(UnsafeCell::new([EMPTY; MAX_BYTES]));

/// The model; nothing if none was put in.
pub(crate) fn model() -> Option<View<'static>> {
    // SAFETY: as above, it is written before the program runs only.
    let room: &'static [u8; MAX_BYTES] = unsafe { &*ROOM.0.get() };
    View::new(room).ok()
}
