//! The memory of a mechanic: one fixed block, handed out from front to back.
//!
//! An instance lives for one receipt, so nothing is ever given back but the newest block, which
//! also grows in place: that is what a `Vec` being filled does. Memory that is not touched costs
//! the host nothing.
#![expect(unsafe_code, reason = "an allocator hands out raw memory")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::{Cell, UnsafeCell};
use std::mem::MaybeUninit;
use std::ptr;

/// Default size, in bytes: with the stack and the data a mechanic stays below 4 MiB.
const DEFAULT_BYTES: usize = 4 * 1024 * 1024 - 128 * 1024;

/// Blocks start at multiples of at most this.
const MAX_ALIGN: usize = 16;

/// The allocator that [`crate::export!`] installs.
#[derive(Debug)]
pub struct Arena<const BYTES: usize = DEFAULT_BYTES> {
    memory: Memory<BYTES>,
    used: Cell<usize>,
}

#[derive(Debug)]
#[repr(C, align(16))]
struct Memory<const BYTES: usize>(UnsafeCell<[MaybeUninit<u8>; BYTES]>);

// SAFETY: mechanics run on `wasm32-unknown-unknown` without the threads proposal, so there is only
// ever one thread. The native tests keep an arena to their own thread.
unsafe impl<const BYTES: usize> Sync for Arena<BYTES> {}

impl<const BYTES: usize> Arena<BYTES> {
    /// An empty arena.
    #[expect(clippy::new_without_default, reason = "it initialises a static, which no default can")]
    pub const fn new() -> Self {
        Self { memory: Memory(UnsafeCell::new([MaybeUninit::uninit(); BYTES])), used: Cell::new(0) }
    }

    fn base(&self) -> *mut u8 {
        self.memory.0.get().cast()
    }

    fn is_newest(&self, block: *mut u8, size: usize) -> bool {
        block.addr().wrapping_add(size) == self.base().addr().wrapping_add(self.used.get())
    }
}

// SAFETY: blocks lie within the arena, at their alignment, and overlap no block in use: `used` only
// goes back over the newest block, when that is given back or shrunk.
unsafe impl<const BYTES: usize> GlobalAlloc for Arena<BYTES> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.used.get().next_multiple_of(layout.align());
        match start.checked_add(layout.size()) {
            Some(end) if end <= BYTES && layout.align() <= MAX_ALIGN => {
                self.used.set(end);
                // SAFETY: `start <= end <= BYTES`.
                unsafe { self.base().add(start) }
            }
            _ => exhausted(layout.size()),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_newest(block, layout.size()) {
            self.used.set(block.addr().wrapping_sub(self.base().addr()));
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        if self.is_newest(block, layout.size()) {
            let start = block.addr().wrapping_sub(self.base().addr());
            return match start.checked_add(new_size) {
                Some(end) if end <= BYTES => {
                    self.used.set(end);
                    block
                }
                _ => exhausted(new_size),
            };
        }
        if new_size <= layout.size() {
            return block;
        }
        // SAFETY: the caller guarantees a size above zero that does not overflow.
        let moved = unsafe { self.alloc(Layout::from_size_align_unchecked(new_size, layout.align())) };
        if !moved.is_null() {
            // SAFETY: the old block is `layout.size()` bytes, the new one is longer and apart.
            unsafe { ptr::copy_nonoverlapping(block, moved, layout.size()) };
        }
        moved
    }
}

/// Ends the call. Asking for pages that cannot be had tells the host what was short, which a mere
/// trap would not.
#[cfg(target_arch = "wasm32")]
#[cold]
fn exhausted(bytes: usize) -> *mut u8 {
    const PAGE_BYTES: usize = 65_536;
    core::arch::wasm32::memory_grow::<0>(bytes.div_ceil(PAGE_BYTES));
    core::arch::wasm32::unreachable()
}

#[cfg(not(target_arch = "wasm32"))]
#[cold]
fn exhausted(_bytes: usize) -> *mut u8 {
    ptr::null_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize, align: usize) -> Layout {
        Layout::from_size_align(size, align).unwrap()
    }

    #[test]
    fn blocks_are_aligned_and_apart() {
        let arena = Arena::<64>::new();
        let (first, second) = unsafe { (arena.alloc(layout(3, 1)), arena.alloc(layout(8, 8))) };
        assert_eq!(second.addr() % 8, 0);
        assert_eq!(second.addr() - first.addr(), 8);
    }

    #[test]
    fn the_newest_block_grows_and_shrinks_in_place() {
        let arena = Arena::<64>::new();
        unsafe {
            let block = arena.alloc(layout(8, 8));
            assert_eq!(arena.realloc(block, layout(8, 8), 32), block);
            assert_eq!(arena.realloc(block, layout(32, 8), 16), block);
            let next = arena.alloc(layout(8, 8));
            assert_eq!(next.addr() - block.addr(), 16);
        }
    }

    #[test]
    fn an_older_block_moves_with_its_bytes() {
        let arena = Arena::<64>::new();
        unsafe {
            let old = arena.alloc(layout(4, 4));
            old.write_bytes(7, 4);
            arena.alloc(layout(4, 4));
            let moved = arena.realloc(old, layout(4, 4), 8);
            assert_ne!(moved, old);
            assert_eq!(std::slice::from_raw_parts(moved, 4), [7; 4]);
        }
    }

    #[test]
    fn the_newest_block_is_given_back_and_no_other() {
        let arena = Arena::<64>::new();
        unsafe {
            let first = arena.alloc(layout(16, 16));
            let second = arena.alloc(layout(16, 16));
            arena.dealloc(first, layout(16, 16));
            arena.dealloc(second, layout(16, 16));
            assert_eq!(arena.alloc(layout(16, 16)), second);
        }
    }

    #[test]
    fn too_much_is_refused_and_leaves_the_rest() {
        let arena = Arena::<64>::new();
        unsafe {
            assert!(arena.alloc(layout(65, 1)).is_null());
            assert!(arena.alloc(layout(8, 32)).is_null());
            let block = arena.alloc(layout(64, 1));
            assert!(!block.is_null());
            assert!(arena.realloc(block, layout(64, 1), 65).is_null());
        }
    }
}
