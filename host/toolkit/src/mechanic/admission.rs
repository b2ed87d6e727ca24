//! Admission as the host does it, and what to tell an author who is refused.

use std::io::Write as _;

use engine::{Class, CompileLimits, Component, Limits, Refusal, Runtime};
use serde::Serialize;

use super::waiting::Waiting;
use crate::compiler::{self, Kept};

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

/// Admits a file. The outer error is the machine's, the inner one the author's.
pub(super) fn admit(
    runtime: &Runtime,
    file: &[u8],
    class: Class,
) -> anyhow::Result<Result<Component, Refused>> {
    let compiler = compiler::foreground_compiler(CompileLimits::default())?;
    let compiler = compiler::keeping(compiler, Kept::Limited, runtime);
    let _waiting = Waiting::on("compiling; it is kept for the next time");
    let admitted = Component::admit_with(runtime, &compiler, file, &Limits::of(class));
    Ok(admitted.map_err(|refusal| Refused::of(&refusal, larger_class(file, class, &refusal))))
}

/// The same, and tries it on made-up receipts, as an upload is.
pub(super) fn rehearsed(
    runtime: &Runtime,
    file: &[u8],
    class: Class,
) -> anyhow::Result<Result<Component, Refused>> {
    let admitted = admit(runtime, file, class)?;
    let _waiting = Waiting::on("trying it on receipts of every kind");
    Ok(admitted.and_then(|component| match component.rehearse() {
        Ok(_) => Ok(component),
        Err(refusal) => Err(Refused::of(&refusal, None)),
    }))
}

fn larger_class(file: &[u8], class: Class, refusal: &Refusal) -> Option<Class> {
    let larger = engine::smallest_class(file);
    (refusal.is_of_size() && larger > class).then_some(larger)
}

impl Refused {
    /// `larger` is a class that would take it.
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
