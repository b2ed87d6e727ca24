//! The modules of a crate, found as the compiler finds them: from its root along `mod`.

use std::collections::BTreeMap;

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, Lit, Meta};

/// Names from the root of the crate: `["a", "b"]` is `crate::a::b`.
pub(super) type ModulePath = Vec<String>;

/// A module, in a file of its own or written inside another one.
pub(super) struct Module {
    /// Relative to the root of the repository.
    pub(super) file: String,
    pub(super) items: Vec<Item>,
}

pub(super) type Modules = BTreeMap<ModulePath, Module>;

/// The modules of the crate that begins in the file `root`. `read` gives the text of a file.
///
/// Modules under `#[cfg(test)]` are left out: what ships does not depend on what they import.
pub(super) fn modules(root: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Modules, String> {
    let mut loader = Loader { read, found: Modules::new() };
    loader.load_file(Vec::new(), root, folder_of(root))?;
    Ok(loader.found)
}

struct Loader<'a> {
    read: &'a dyn Fn(&str) -> Option<String>,
    found: Modules,
}

impl Loader<'_> {
    /// `folder` is where the files of this module's children are.
    fn load_file(&mut self, path: ModulePath, file: &str, folder: String) -> Result<(), String> {
        let text = (self.read)(file).ok_or_else(|| format!("{file}: no such file"))?;
        let parsed = syn::parse_file(&text).map_err(|error| format!("{file}: {error}"))?;
        self.load_items(path, file, folder, parsed.items)
    }

    fn load_items(
        &mut self,
        path: ModulePath,
        file: &str,
        folder: String,
        mut items: Vec<Item>,
    ) -> Result<(), String> {
        for child in items.iter_mut().filter_map(child_module) {
            let name = child.ident.to_string();
            let child_path: ModulePath = path.iter().cloned().chain([name.clone()]).collect();
            let child_folder = join(&folder, &name);
            if let Some((_, inside)) = child.content.take() {
                self.load_items(child_path, file, child_folder, inside)?;
            } else if let Some(written) = path_attribute(&child.attrs) {
                let child_file = join(&folder_of(file), &written);
                let child_folder = folder_of(&child_file);
                self.load_file(child_path, &child_file, child_folder)?;
            } else {
                let beside = format!("{child_folder}.rs");
                let inside = format!("{child_folder}/mod.rs");
                let child_file = if (self.read)(&beside).is_some() { beside } else { inside };
                self.load_file(child_path, &child_file, child_folder)?;
            }
        }
        self.found.insert(path, Module { file: file.to_owned(), items });
        Ok(())
    }
}

fn child_module(item: &mut Item) -> Option<&mut ItemMod> {
    match item {
        Item::Mod(module) if !is_for_tests(&module.attrs) => Some(module),
        _ => None,
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

/// The file that `#[path = "…"]` names.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

fn folder_of(file: &str) -> String {
    file.rsplit_once('/').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// `folder` and `name` as one path, without `..`.
fn join(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    parts.join("/")
}
