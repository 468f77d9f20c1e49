//! What a call allocates, counted per thread: a bound that a slow machine does not change.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

thread_local! {
    static NOW: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
    static TOTAL: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: every call goes to the system's allocator unchanged; the counters are plain thread-local numbers without destructors.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.get().wrapping_add(layout.size());
        NOW.set(now);
        PEAK.set(PEAK.get().max(now));
        TOTAL.set(TOTAL.get() + layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.set(NOW.get().saturating_sub(layout.size()));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Bytes that a call held at its worst moment, and bytes it asked for altogether.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    pub peak: usize,
    pub total: usize,
}

pub fn measured<R>(call: impl FnOnce() -> R) -> (R, Used) {
    NOW.set(0);
    PEAK.set(0);
    TOTAL.set(0);
    let result = call();
    (result, Used { peak: PEAK.get(), total: TOTAL.get() })
}

#[test]
fn memory_is_counted() {
    let (kept, used) = measured(|| {
        drop(vec![0_u8; 5000]);
        vec![0_u8; 3000]
    });
    assert_eq!((kept.len(), used.peak, used.total), (3000, 5000, 8000));
}
