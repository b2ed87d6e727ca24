//! Measures the time of pricing, and the share that the sandbox adds.
//!
//! Criterion watches for changes from run to run; the tables at the end are for `docs/performance.md`.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark that cannot go on stops, and its tables are its answer"
)]

mod measure;
mod store;
mod tables;

use criterion::{BenchmarkId, Criterion};
use domain::mechanics::Mechanics;
use tests::builtins::Builtins;

use store::Store;

/// The allocator of the server.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The reference load.
const LINES: usize = 50;
const OFFERS: usize = 20;

fn main() {
    let builtins = Builtins::get().expect("the built-in mechanics are sound");
    let twins: [(&str, &dyn Mechanics); 2] = [("native", &builtins.native), ("sandbox", &builtins.sandbox)];
    let mut criterion = Criterion::default().configure_from_args();
    tax(&mut criterion, &twins);
    criterion.final_summary();
    if measures() {
        println!("{}", tables::all(&builtins.native, &builtins.sandbox));
    }
}

/// False under `cargo test --benches`, which only checks that the benchmark runs.
fn measures() -> bool {
    std::env::args().any(|argument| argument == "--bench")
}

fn tax(criterion: &mut Criterion, twins: &[(&str, &dyn Mechanics)]) {
    let store = Store::new(LINES, OFFERS);
    let mut group = criterion.benchmark_group("receipt of 50 lines, 20 offers, 5 mechanics");
    for (name, mechanics) in twins {
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| store.price(*mechanics));
        });
    }
    group.finish();
}
