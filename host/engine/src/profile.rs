//! Where a mechanic spends its time: calls are made again and again, and its stack is looked at at every tick.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use domain::mechanics::{Fact, Fault, OfferCall, ReceiptCall};
use wasmtime::{GuestProfiler, UpdateDeadline};

use crate::component::Component;
use crate::fault;
use crate::limits::{CallLimits, Work};
use crate::runtime::Footprint;

/// A call to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfiledCall {
    /// The receipt, with the phase.
    pub receipt: ReceiptCall,
    /// What it is asked about.
    pub offers: Vec<OfferCall>,
    /// What it is told.
    pub facts: Vec<Fact>,
}

/// A profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How often the stack was looked at.
    pub samples: usize,
    /// How many calls were made.
    pub calls: usize,
    /// As the Firefox profiler reads it.
    pub json: Vec<u8>,
}

struct Sampler {
    profiler: Option<GuestProfiler>,
    samples: usize,
}

impl Component {
    /// Makes the calls again and again, each in an instance of its own, until there are so many samples or the
    /// time is over. Faults are part of the profile.
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
        // Looked at by the very next tick, and stopped by its fuel alone.
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
        // What it answers, and whether it does, is for others to judge.
        let called = instance.call(self.runtime(), &limits, work, |exports, store| {
            exports.evaluate(store, &call.receipt, &call.offers, &call.facts)
        });
        drop(called);
        Ok(())
    }
}
