//! One instance of a mechanic, and calls into it.

use std::time::Duration;

use domain::mechanics::Fault;
use wasmtime::{Result, Store, StoreContextMut, UpdateDeadline};

use crate::abi::{Exports, Template};
use crate::fault::{self, FailedCall, Step};
use crate::limits::{CallClock, CallLimits, Footprint, Limiter, Work};
use crate::runtime::{Runtime, ticks};

/// An instance in a store of its own. After a fault it must be dropped: a trap leaves it in an
/// unknown state.
pub(crate) struct Instance {
    store: Store<Limiter>,
    exports: Exports,
}

/// The result of a call, and the fuel that it used.
pub(crate) struct Called<T> {
    pub(crate) value: T,
    pub(crate) fuel: u64,
}

impl Instance {
    pub(crate) fn start(
        runtime: &Runtime,
        footprint: Footprint,
        template: &Template,
        limits: &CallLimits,
    ) -> std::result::Result<Self, Fault> {
        let mut store = Store::new(runtime.engine(footprint), Limiter::new(limits.memory_bytes));
        store.limiter(|limiter| limiter);
        let tick = runtime.tick();
        store.epoch_deadline_callback(move |store| Ok(after_deadline(store.data(), tick)));
        let work = Work::default();
        let started =
            within(&mut store, runtime, (limits, work), Step::Start, |store| template.instantiate(store));
        Ok(Self { exports: started?.value, store })
    }

    /// Size of its memory, in bytes. Linear memory never shrinks, so this is also the largest so far.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.store.data().used_bytes()
    }

    /// Runs `then` when a deadline has passed, instead of stopping the call.
    pub(crate) fn at_deadline(
        &mut self,
        then: impl FnMut(StoreContextMut<'_, Limiter>) -> Result<UpdateDeadline> + Send + Sync + 'static,
    ) {
        self.store.epoch_deadline_callback(then);
    }

    /// Calls an export, with the limits for this amount of work.
    pub(crate) fn call<T>(
        &mut self,
        runtime: &Runtime,
        limits: &CallLimits,
        work: Work,
        call: impl FnOnce(&Exports, &mut Store<Limiter>) -> Result<T>,
    ) -> std::result::Result<Called<T>, Fault> {
        let exports = &self.exports;
        within(&mut self.store, runtime, (limits, work), Step::Call, |store| call(exports, store))
    }
}

fn within<T>(
    store: &mut Store<Limiter>,
    runtime: &Runtime,
    (limits, work): (&CallLimits, Work),
    step: Step,
    run: impl FnOnce(&mut Store<Limiter>) -> Result<T>,
) -> std::result::Result<Called<T>, Fault> {
    let fuel_granted = limits.fuel(work);
    store.set_hostcall_fuel(limits.returned_bytes(work));
    store.data_mut().begin_call(CallClock::start(limits));
    store.set_epoch_deadline(ticks(limits.deadline.min(limits.wall_deadline), runtime.tick()));
    let ran = store.set_fuel(fuel_granted).and_then(|()| run(store));
    let fuel_used = fuel_granted.saturating_sub(store.get_fuel().unwrap_or(0));
    ran.map(|value| Called { value, fuel: fuel_used }).map_err(|error| {
        fault::of_error(&error, &FailedCall { step, limits, limiter: store.data(), fuel_granted, fuel_used })
    })
}

/// Lets a call go on that has had less processor time than its deadline: others had it meanwhile.
fn after_deadline(limiter: &Limiter, tick: Duration) -> UpdateDeadline {
    let left = limiter.clock().and_then(CallClock::left);
    left.map_or(UpdateDeadline::Interrupt, |left| UpdateDeadline::Continue(ticks(left, tick)))
}
