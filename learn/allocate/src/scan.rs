//! One reading of all members, by several threads.

use std::thread;

use crate::{AllocateError, Member, Source};

/// How members are read.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a> {
    pub(crate) source: &'a dyn Source,
    pub(crate) threads: usize,
    pub(crate) salt: u64,
}

impl Scan<'_> {
    /// Reads all members, handed over with the number of their part, and puts together what each thread has
    /// found. The result must not depend on the order
    /// of members, which merging in any order and sums of integers give.
    pub(crate) fn fold<A: Send>(
        &self,
        new: impl Fn() -> A + Sync,
        each: impl Fn(&mut A, usize, Member<'_>) -> Result<(), AllocateError> + Sync,
        merge: impl Fn(&mut A, A) -> Result<(), AllocateError>,
    ) -> Result<A, AllocateError> {
        let parts = self.source.parts();
        let threads = self.threads.clamp(1, parts.max(1));
        let read = |first: usize| {
            let mut found = new();
            for part in (first..parts).step_by(threads) {
                self.source
                    .visit(part, &mut |member| each(&mut found, part, member))
                    .map_err(|error| (part, error))?;
            }
            Ok(found)
        };
        let read = &read;
        let found: Vec<Result<A, (usize, AllocateError)>> = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || read(first))).collect();
            let mut found = vec![read(0)];
            for other in others {
                found.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            found
        });
        let mut all: Option<A> = None;
        let mut wrong: Option<(usize, AllocateError)> = None;
        for one in found {
            match (one, &mut all, &wrong) {
                (Ok(one), Some(all), _) => merge(all, one)?,
                (Ok(one), None, _) => all = Some(one),
                (Err(error), _, Some(first)) if first.0 < error.0 => {}
                (Err(error), _, _) => wrong = Some(error),
            }
        }
        match wrong {
            Some((_, error)) => Err(error),
            None => Ok(all.unwrap_or_else(new)),
        }
    }
}

/// A sum that is checked.
pub(crate) fn sum(of: &mut i128, more: i128, what: &'static str) -> Result<(), AllocateError> {
    *of = of.checked_add(more).ok_or(AllocateError::Overflow { what })?;
    Ok(())
}
