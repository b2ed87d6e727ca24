//! Which file of a crate imports which.

use std::collections::BTreeMap;

use super::modules::{ModulePath, Modules};
use super::references::{Reference, references};

/// Where one file imports another for the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) text: String,
}

/// File → imported file → the import.
pub(super) type Imports = BTreeMap<String, BTreeMap<String, Import>>;

/// The imports between files of one crate, without those of a module's ancestors.
///
/// A parent and its own children may know each other: children use what their parent holds for all of
/// them, and a parent shows their types as its own with `pub use`. So an import of an ancestor does not
/// count, at any depth; all others do. An import of a child counts, or else a circle could run through
/// a folder unseen: `b` imports `a`, which is made of `a/c`, which imports `b`.
///
/// A path counts for the file of the deepest module in it. A type that `a.rs` takes out of its child
/// with `pub use`, and that others import as `crate::a::X`, counts as `a.rs`.
pub(super) fn imports(modules: &Modules) -> Imports {
    let mut found = Imports::new();
    for (path, module) in modules {
        let references = references(&module.items);
        let scope = Scope::new(modules, path, &references);
        for reference in &references {
            let Some(full) = scope.resolve(&reference.segments) else { continue };
            let target = deepest_module(modules, &full);
            let (Some(target_file), Some(own)) = (modules.get(&target), owner_of_file(modules, path)) else {
                continue;
            };
            let Some(target) = owner_of_file(modules, &target) else { continue };
            if own.starts_with(&target) {
                continue;
            }
            let import = Import { line: reference.line, text: reference.segments.join("::") };
            found.entry(module.file.clone()).or_default().entry(target_file.file.clone()).or_insert(import);
        }
    }
    found
}

/// The meaning inside one module of names at the beginning of a path.
struct Scope<'a> {
    modules: &'a Modules,
    path: &'a ModulePath,
    imported: BTreeMap<String, ModulePath>,
    opened: Vec<ModulePath>,
}

impl<'a> Scope<'a> {
    fn new(modules: &'a Modules, path: &'a ModulePath, references: &[Reference]) -> Self {
        let mut scope = Self { modules, path, imported: BTreeMap::new(), opened: Vec::new() };
        // Twice, since one `use` may begin with a name that a later one imports.
        for reference in references.iter().chain(references) {
            let Some(name) = &reference.imported_as else { continue };
            let Some(full) = scope.resolve(&reference.segments) else { continue };
            if name == "*" {
                scope.opened.push(full);
            } else {
                scope.imported.insert(name.clone(), full);
            }
        }
        scope
    }

    /// The path from the root of the crate; none if it leads to another crate.
    fn resolve(&self, segments: &[String]) -> Option<ModulePath> {
        let (first, rest) = segments.split_first()?;
        let mut base = self.first(first)?;
        let mut rest = rest;
        while let [next, others @ ..] = rest
            && next == "super"
        {
            base.pop();
            rest = others;
        }
        base.extend_from_slice(rest);
        Some(base)
    }

    fn first(&self, name: &str) -> Option<ModulePath> {
        match name {
            "crate" => return Some(Vec::new()),
            "self" => return Some(self.path.clone()),
            "super" => return Some(self.path.split_last()?.1.to_vec()),
            _ => {}
        }
        let inside = |module: &ModulePath| {
            let child: ModulePath = module.iter().cloned().chain([name.to_owned()]).collect();
            self.modules.contains_key(&child).then_some(child)
        };
        inside(self.path)
            .or_else(|| self.imported.get(name).cloned())
            .or_else(|| self.opened.iter().find_map(inside))
    }
}

fn deepest_module(modules: &Modules, full: &[String]) -> ModulePath {
    let mut path = full.to_vec();
    while !modules.contains_key(&path) && path.pop().is_some() {}
    path
}

/// The module that the file of this one belongs to: itself, unless it is written inside another.
fn owner_of_file(modules: &Modules, path: &ModulePath) -> Option<ModulePath> {
    let file = &modules.get(path)?.file;
    let mut owner = path.clone();
    while let Some((_, parent)) = owner.split_last()
        && modules.get(parent).is_some_and(|module| module.file == *file)
    {
        owner.pop();
    }
    Some(owner)
}
