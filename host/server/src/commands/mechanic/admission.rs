//! Admission as the host does it, and what to tell an author who is refused.

use std::io::Write as _;

use engine::{Class, CodeCache, CompileLimits, Component, Limits, Refusal, Runtime};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use serde::Serialize;

use crate::commands::compile_mechanic;

/// A refusal, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    code: &'static str,
    detail: String,
    advice: String,
    /// The smallest class that takes it, if another one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
}

/// So much compiled code is kept for an author: some builds in JavaScript or Python, many in Rust.
const ROOM_BYTES: u64 = 512 << 20;

/// Admits a file. The outer error is the machine's, the inner one the author's.
pub(super) fn admit(
    runtime: &Runtime,
    file: &[u8],
    class: Class,
) -> anyhow::Result<Result<Component, Refused>> {
    let compiler = compile_mechanic::hasty_compiler(CompileLimits::default())?;
    let compiler = match cache(runtime) {
        Some(cache) => compiler.with_cache(cache),
        None => compiler,
    };
    let admitted = Component::admit_with(runtime, &compiler, file, &Limits::of(class));
    Ok(admitted.map_err(|refusal| Refused::of(&refusal, larger_class(file, class, &refusal))))
}

/// What was compiled before is at hand: `test` need not compile again what `check` has. An author without a
/// home, or with one that cannot be written, waits a little longer.
fn cache(runtime: &Runtime) -> Option<CodeCache> {
    let folder = choose_base_strategy().ok()?.cache_dir().join("offer-host/code");
    CodeCache::open(&folder, runtime).ok().map(|cache| cache.with_room(ROOM_BYTES))
}

/// The same, and tries it on made-up receipts, as an upload is.
pub(super) fn rehearsed(
    runtime: &Runtime,
    file: &[u8],
    class: Class,
) -> anyhow::Result<Result<Component, Refused>> {
    let admitted = admit(runtime, file, class)?;
    Ok(admitted.and_then(|component| match component.rehearse() {
        Ok(_) => Ok(component),
        Err(refusal) => Err(Refused::of(&refusal, None)),
    }))
}

fn larger_class(file: &[u8], class: Class, refusal: &Refusal) -> Option<Class> {
    let larger = Class::of_file(file);
    (refusal.is_of_size() && larger > class).then_some(larger)
}

impl Refused {
    /// `larger` is a class that would take it.
    pub(super) fn of(refusal: &Refusal, larger: Option<Class>) -> Self {
        let advice = match larger {
            None => refusal.advice().to_owned(),
            Some(class) => {
                format!("class {0} would take it: --class {0}; or {1}", class.name(), refusal.advice())
            }
        };
        let class = larger.map(Class::name);
        Self { code: refusal.code(), detail: refusal.to_string(), advice, class }
    }

    /// Its answers are not the same everywhere.
    pub(super) fn differs(detail: String) -> Self {
        let advice = "a mechanic has no clock, no chance and no memory: tell the maintainers of offer-host";
        Self { code: "other_answers", detail, advice: advice.to_owned(), class: None }
    }

    /// A short, stable code.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// What to do, in one sentence.
    pub(super) fn advice(&self) -> &str {
        &self.advice
    }

    /// What is wrong, in one sentence.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Tells people, or programs.
    pub(super) fn tell(&self, json: bool) -> anyhow::Result<()> {
        if json {
            let document = serde_json::json!({"refused": self});
            writeln!(std::io::stdout(), "{document}")?;
        } else {
            let mut stderr = std::io::stderr().lock();
            writeln!(stderr, "refused ({}): {}", self.code, self.detail)?;
            writeln!(stderr, "  {}", self.advice)?;
        }
        Ok(())
    }
}
