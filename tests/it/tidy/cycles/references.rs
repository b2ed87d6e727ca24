//! The names that a module takes from elsewhere: in `use`, in paths, inside macros and attributes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, Macro, MetaList, Path, UseTree};

/// A path as it is written: `crate::a::Thing`, `super::b`, `child::function`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) segments: Vec<String>,
    /// The name that a `use` gives it in the module; `*` for all names inside it.
    pub(super) imported_as: Option<String>,
    pub(super) line: usize,
}

/// Everything that these items refer to by a path. Modules among them are not entered.
pub(super) fn references(items: &[Item]) -> Vec<Reference> {
    let mut collector = Collector { found: Vec::new() };
    for item in items {
        collector.visit_item(item);
    }
    collector.found
}

struct Collector {
    found: Vec<Reference>,
}

impl Collector {
    fn add(&mut self, idents: &[Ident], imported_as: Option<String>) {
        if let Some(last) = idents.last() {
            let segments = idents.iter().map(Ident::to_string).collect();
            self.found.push(Reference { segments, imported_as, line: last.span().start().line });
        }
    }

    fn add_use(&mut self, before: &[Ident], tree: &UseTree) {
        let with = |name: &Ident| [before, std::slice::from_ref(name)].concat();
        match tree {
            UseTree::Path(path) => self.add_use(&with(&path.ident), &path.tree),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_use(before, tree)),
            UseTree::Glob(_) => self.add(before, Some("*".to_owned())),
            UseTree::Name(name) if name.ident == "self" => {
                self.add(before, before.last().map(Ident::to_string));
            }
            UseTree::Name(name) => self.add(&with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(name) if name.ident == "self" => {
                self.add(before, Some(name.rename.to_string()));
            }
            UseTree::Rename(name) => self.add(&with(&name.ident), Some(name.rename.to_string())),
        }
    }

    /// A macro's tokens are no syntax yet: looks for names joined by `::`.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<Ident> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add_path(&std::mem::take(&mut path));
                    }
                    path.push(ident);
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.add_path(&std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_path(&path);
    }

    /// A single name is local, or was imported by a `use` that counts already.
    fn add_path(&mut self, path: &[Ident]) {
        if path.len() > 1 {
            self.add(path, None);
        }
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item_mod(&mut self, _: &'ast ItemMod) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.add_use(&[], &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() {
            let idents: Vec<Ident> = path.segments.iter().map(|segment| segment.ident.clone()).collect();
            self.add_path(&idents);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        self.add_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_meta_list(&mut self, list: &'ast MetaList) {
        self.add_tokens(list.tokens.clone());
        visit::visit_meta_list(self, list);
    }
}
