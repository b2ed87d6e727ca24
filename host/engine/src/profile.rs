//! Profiles a mechanic: repeats calls, and samples the stack at every tick.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::{Fact, Fault, OfferCall, ReceiptCall};
use wasmtime::{GuestProfiler, UpdateDeadline};

use crate::component::Component;
use crate::fault;
use crate::limits::{CallLimits, Footprint, Work};

/// A call to profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfiledCall {
    /// The receipt, with the phase.
    pub receipt: ReceiptCall,
    /// The offers to evaluate.
    pub offers: Vec<OfferCall>,
    /// The facts to hand over.
    pub facts: Vec<Fact>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Number of samples of the stack.
    pub samples: usize,
    /// Number of calls that were made.
    pub calls: usize,
    /// The profile in the JSON format of the Firefox profiler.
    pub json: Vec<u8>,
}

struct Sampler {
    profiler: Option<GuestProfiler>,
    samples: usize,
}

impl Component {
    /// Repeats the calls, each in a new instance, until there are `samples_wanted` samples or `time` has
    /// passed. Calls that fail are part of the profile.
    pub fn profile(
        &self,
        calls: &[ProfiledCall],
        samples_wanted: usize,
        time: Duration,
    ) -> Result<Profile, Fault> {
        let not_ready = |error: wasmtime::Error| fault::not_ready(&format!("no profile: {error:#}"));
        let tick = self.runtime().tick();
        let engine = self.runtime().engine(Footprint::Usual);
        let component = self.templates().component().clone();
        let name = format!("{} {}", self.description().name, self.description().version);
        let profiler = GuestProfiler::new_component(engine, &name, tick, component, []).map_err(not_ready)?;
        let sampler = Arc::new(Mutex::new(Sampler { profiler: Some(profiler), samples: 0 }));
        let sampled = || sampler.lock().unwrap_or_else(PoisonError::into_inner).samples;
        let (started, mut made) = (Instant::now(), 0_usize);
        for call in calls.iter().cycle() {
            self.sample_one(call, tick, &sampler)?;
            made = made.saturating_add(1);
            if sampled() >= samples_wanted || started.elapsed() >= time {
                break;
            }
        }
        let (samples, mut json) = (sampled(), Vec::new());
        let profiler = sampler.lock().unwrap_or_else(PoisonError::into_inner).profiler.take();
        profiler.map_or(Ok(()), |profiler| profiler.finish(&mut json)).map_err(not_ready)?;
        Ok(Profile { samples, calls: made, json })
    }

    fn sample_one(
        &self,
        call: &ProfiledCall,
        tick: Duration,
        sampler: &Arc<Mutex<Sampler>>,
    ) -> Result<(), Fault> {
        let work = Work::of(&call.receipt, &call.offers);
        // A deadline at once, so that the next tick takes a sample; only fuel stops the call.
        let limits = CallLimits { deadline: Duration::ZERO, ..self.limits().clone() };
        let mut instance = self.templates().start(self.runtime(), Footprint::Usual, self.limits())?;
        let sampler = Arc::clone(sampler);
        instance.at_deadline(move |store| {
            let mut sampler = sampler.lock().unwrap_or_else(PoisonError::into_inner);
            sampler.samples = sampler.samples.saturating_add(1);
            if let Some(profiler) = &mut sampler.profiler {
                profiler.sample(&store, tick);
            }
            Ok(UpdateDeadline::Continue(1))
        });
        // The answer is not needed, nor is a fault an error here.
        let called = instance.call(self.runtime(), &limits, work, |exports, store| {
            exports.evaluate(store, &call.receipt, &call.offers, &call.facts)
        });
        drop(called);
        Ok(())
    }
}
