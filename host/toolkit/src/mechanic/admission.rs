//! Admission as the host does it, with advice for an author whose component is refused.

use std::io::Write as _;

use engine::{Class, CompileLimits, Component, Limits, Refusal, Rehearsal, Runtime, Trial};
use serde::Serialize;

use crate::compiler::{self, CacheFolder};
use crate::progress::Progress;

/// A refusal, as it is printed and written as JSON.
#[derive(Debug, Serialize)]
pub(super) struct Refused {
    code: &'static str,
    detail: String,
    advice: String,
    /// The smallest class that takes the component, if another one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
}

/// Compiles and admits a component. The inner error is a refusal; the outer one means that this machine cannot tell.
pub(super) fn admit(
    runtime: &Runtime,
    file: &[u8],
    class: Class,
) -> anyhow::Result<Result<Component, Refused>> {
    let compiler = compiler::foreground_compiler(CompileLimits::default())?;
    let compiler = compiler::with_user_cache(compiler, CacheFolder::Limited, runtime);
    let _spinner = Progress::spinner("compiling; the next command uses the result");
    let admitted = Component::admit_with(runtime, &compiler, file, &Limits::of(class));
    Ok(admitted.map_err(|refusal| Refused::of(&refusal, larger_class(file, class, &refusal))))
}

/// Rehearses a component on made-up receipts, as the host does with an upload.
pub(super) fn rehearsed(component: &Component, trials: &[Trial]) -> Result<Rehearsal, Refused> {
    let _spinner = Progress::spinner("rehearsing it on made-up receipts");
    component.rehearse(trials).map_err(|refusal| Refused::of(&refusal, None))
}

fn larger_class(file: &[u8], class: Class, refusal: &Refusal) -> Option<Class> {
    let larger = engine::smallest_class(file);
    (refusal.is_of_size() && larger > class).then_some(larger)
}

impl Refused {
    /// A refusal by the engine; `larger` is a class that would take the component.
    pub(super) fn of(refusal: &Refusal, larger: Option<Class>) -> Self {
        let advice = match larger {
            None => refusal.advice().into_owned(),
            Some(class) => {
                format!("class {0} would take it: --class {0}; or {1}", class.name(), refusal.advice())
            }
        };
        let class = larger.map(Class::name);
        Self { code: refusal.code(), detail: refusal.to_string(), advice, class }
    }

    /// A refusal because the answers are not the same in every process.
    pub(super) fn differs(detail: String) -> Self {
        let advice = "a mechanic has no clock, no chance and no memory: tell the maintainers of offer-host";
        Self { code: "other_answers", detail, advice: advice.to_owned(), class: None }
    }

    /// A short, stable code.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// Advice in one sentence.
    pub(super) fn advice(&self) -> &str {
        &self.advice
    }

    /// The problem in one sentence.
    pub(super) fn detail(&self) -> &str {
        &self.detail
    }

    /// Prints it on stderr, or as one JSON document on stdout.
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
