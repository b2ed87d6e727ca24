//! Compiling in a process of its own: what it may cost, and every way in which it can fail.

use std::path::PathBuf;
use std::time::Duration;

use app::mechanics::compiler::worker;
use domain::mechanics::Blame;
use engine::{Class, CompileLimits, Compiler, Component, FileLimits, Limits, Refusal, inspect};
use tests::guests::raw::Raw;
use tests::workspace;

use super::{RUNTIME, product};

fn compiler(limits: CompileLimits) -> Compiler {
    Compiler::child(worker(workspace::offer_host().unwrap(), limits))
}

fn admit(compiler: &Compiler, file: &[u8]) -> Result<Component, Refusal> {
    Component::admit_with(&RUNTIME, compiler, file, &Limits::default())
}

#[track_caller]
fn assert_refused(compiler: &Compiler, file: &[u8], code: &str, says: &str) {
    let refusal = admit(compiler, file).err().unwrap_or_else(|| panic!("admitted, not refused as {code}"));
    assert_eq!(refusal.code(), code, "{refusal}");
    assert!(refusal.to_string().contains(says), "`{refusal}` does not say `{says}`");
    assert!(!refusal.advice().is_empty());
}

/// A component that screening lets pass, and that takes the compiler long: functions just below
/// the limit, full of values that are all alive at the same time.
fn bomb() -> Vec<u8> {
    let limits = FileLimits::of(Class::Fast);
    let step = |local: usize| {
        let (from, to) = (local % 64, (local + 7) % 64);
        format!(
            "(if (i32.eqz (local.get {from})) (then (local.set {to} (i32.add (local.get {from}) (local.get {to})))))"
        )
    };
    let body: String = (0..4_500).map(step).collect();
    let function = format!("(func (local {}) {body})", "i32 ".repeat(64));
    let file = Raw { more: function.repeat(15), ..Raw::default() }.build().unwrap();
    inspect(&file, &limits).expect("screening lets it pass");
    file
}

#[test]
fn a_process_of_its_own_compiles_the_same() {
    let child = admit(&compiler(CompileLimits::default()), product()).unwrap();
    let own = super::admit(product()).unwrap();
    assert_eq!(child.description(), own.description());
    assert_eq!(child.inspected(), own.inspected());
    assert_eq!(child.rehearse(&[]).unwrap(), own.rehearse(&[]).unwrap(), "the same fuel in both pools");
}

#[test]
fn what_takes_too_much_is_refused_and_the_limit_named() {
    let bomb = bomb();
    let short = CompileLimits { cpu_seconds: 1, ..CompileLimits::default() };
    assert_refused(&compiler(short), &bomb, "compile_too_expensive", "more than 1 s of processor time");
    let narrow = CompileLimits { memory_bytes: 160 << 20, ..CompileLimits::default() };
    assert!(admit(&compiler(narrow.clone()), product()).is_ok(), "enough for an honest mechanic");
    assert_refused(&compiler(narrow), &bomb, "compile_too_expensive", "more than 167772160 bytes of memory");
    let hasty = CompileLimits { time: Duration::from_millis(1), ..CompileLimits::default() };
    assert_refused(&compiler(hasty), product(), "compile_too_expensive", "more than 1 ms");
    let small = CompileLimits { code_bytes: 1000, ..CompileLimits::default() };
    assert_refused(&compiler(small), product(), "compile_too_expensive", "more than 1000 bytes for its code");
    assert!(admit(&compiler(CompileLimits::default()), product()).is_ok(), "the host goes on");
}

#[test]
fn what_does_not_compile_says_why_through_the_process_too() {
    let raw = Raw { more: "(func $f return_call $f)".to_owned(), ..Raw::default() };
    assert_refused(&compiler(CompileLimits::default()), &raw.build().unwrap(), "invalid", "tail calls");
}

#[test]
fn a_process_that_cannot_work_is_the_hosts_fault() {
    let broken = |program: &str| Compiler::child(worker(PathBuf::from(program), CompileLimits::default()));
    for (program, says) in [
        ("/there/is/no/such/program", "/there/is/no/such/program cannot be started"),
        ("/bin/true", "ended with exit status: 0"),
        ("/bin/false", "ended with exit status: 1"),
    ] {
        assert_refused(&broken(program), product(), "compiler_failed", says);
        assert_eq!(admit(&broken(program), product()).err().unwrap().blame(), Blame::Host);
    }
}

#[test]
fn code_is_of_the_file_that_was_inspected() {
    let limits = FileLimits::of(Class::Fast);
    let of_another = inspect(&Raw::default().build().unwrap(), &limits).unwrap();
    let refusal = Compiler::in_process().compile(&RUNTIME, product(), of_another).err().unwrap();
    assert_eq!(refusal.code(), "compiler_failed", "{refusal}");
}
