//! Made-up crates that show what the rule sees.

use super::circles_of;

/// The circles in a crate of these files, which begins in `src/lib.rs`.
#[track_caller]
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let read = |name: &str| {
        files.iter().find(|(file, _)| format!("src/{file}") == name).map(|(_, text)| (*text).to_owned())
    };
    circles_of("src/lib.rs", &read).unwrap_or_else(|error| panic!("{error}"))
}

/// Asserts that there is one circle, and that these parts of the message tell it.
#[track_caller]
fn assert_circle(files: &[(&str, &str)], parts: &[&str]) {
    let found = circles(files);
    assert_eq!(found.len(), 1, "{found:?}");
    for part in parts {
        assert!(found[0].contains(part), "{part:?} is missing in {}", found[0]);
    }
}

#[test]
fn a_circle_is_told_import_by_import() {
    assert_circle(
        &[
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "\nuse crate::c::{self, C};"),
            ("c.rs", "struct C;\nfn c() { super::a::A::new() }"),
            ("d.rs", "use crate::a;"),
        ],
        &[
            "a circle of 3 files:",
            "src/a.rs:1 imports src/b.rs by `crate::b::B`",
            "src/b.rs:2 imports src/c.rs by `crate::c`",
            "src/c.rs:2 imports src/a.rs by `super::a::A::new`",
        ],
    );
}

#[test]
fn every_way_to_write_an_import_counts() {
    for import in [
        "use crate::b;",
        "use crate::b::*;",
        "use crate::{c, b::{X, Y}};",
        "use super::b::X as Z;",
        "use super::{b as other};",
        "pub(crate) use super::b::X;",
        "fn f() { use crate::b::X; }",
        "fn f(x: crate::b::X) {}",
        "fn f() -> Vec<crate::b::X> {}",
        "impl super::b::X for u8 {}",
        "use super::*; fn f() { b::x() }",
        "use crate as root; fn f() { root::b::x() }",
        "fn f() { println!(\"{}\", crate::b::x()) }",
        "macro_rules! m { () => { $crate::b::x() } }",
        "#[derive(Debug)] #[made(body = crate::b::X)] struct A;",
        "mod inner { use super::super::b::X; }",
    ] {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", import),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", ""),
        ];
        assert_eq!(circles(&files).len(), 1, "{import}");
    }
}

#[test]
fn imports_of_other_things_do_not_count() {
    for import in [
        "use std::b::X;",
        "use ::b::X;",
        "fn f() { b::x() }",
        "fn f() { let b = 1; b + 1 }",
        "#[cfg(test)] mod tests { use crate::b::X; }",
        "// use crate::b::X;",
        "const TEXT: &str = \"crate::b::X\";",
        "use crate::c::X;",
    ] {
        let files = [
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", import),
            ("b.rs", "use crate::a::A;"),
            ("c.rs", ""),
        ];
        assert_eq!(circles(&files), Vec::<String>::new(), "{import}");
    }
}

#[test]
fn a_parent_and_its_own_children_may_know_each_other() {
    let files = [
        ("lib.rs", "mod a; use a::A; pub struct Root;"),
        ("a.rs", "mod b; pub use b::B; pub struct A;"),
        ("a/b.rs", "mod deep; use super::A; use crate::Root; use deep::D; pub struct B;"),
        ("a/b/deep.rs", "use crate::a::{A, B}; pub struct D;"),
    ];
    assert_eq!(circles(&files), Vec::<String>::new());
}

#[test]
fn siblings_may_not() {
    assert_circle(
        &[
            ("lib.rs", "mod a;"),
            ("a.rs", "mod b; mod c;"),
            ("a/b.rs", "use super::c::C;"),
            ("a/c.rs", "use crate::a::b::B;"),
        ],
        &["src/a/b.rs:1", "src/a/c.rs:1"],
    );
}

#[test]
fn a_circle_through_a_folder_is_seen() {
    assert_circle(
        &[
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "mod inside; pub use inside::I;"),
            ("a/inside.rs", "use crate::b::B;"),
            ("b.rs", "use crate::a::I;"),
        ],
        &[
            "src/a.rs:1 imports src/a/inside.rs",
            "src/a/inside.rs:1 imports src/b.rs",
            "src/b.rs:1 imports src/a.rs",
        ],
    );
}

#[test]
fn a_path_counts_for_the_deepest_file() {
    let of_the_folder = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::inside::I; pub struct A;"),
        ("b.rs", "mod inside; use crate::a::A;"),
        ("b/inside.rs", "pub struct I;"),
    ];
    assert_eq!(circles(&of_the_folder), Vec::<String>::new(), "it is the folder's child that `a` imports");
    let mut of_the_parent = of_the_folder;
    of_the_parent[1] = ("a.rs", "use crate::b::I; pub struct A;");
    assert_circle(&of_the_parent, &["src/a.rs:1 imports src/b.rs by `crate::b::I`"]);
}

#[test]
fn files_are_found_by_path_attributes_and_in_older_places() {
    assert_circle(
        &[
            ("lib.rs", "#[path = \"odd/place.rs\"] mod a; mod b;"),
            ("odd/place.rs", "mod child; use crate::b::B;"),
            ("odd/child.rs", ""),
            ("b/mod.rs", "mod c; use crate::a::A;"),
            ("b/c.rs", ""),
        ],
        &["src/odd/place.rs:1 imports src/b/mod.rs", "src/b/mod.rs:1 imports src/odd/place.rs"],
    );
}

#[test]
fn of_many_circles_the_shortest_is_told() {
    assert_circle(
        &[
            ("lib.rs", "mod a; mod b; mod c;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "use crate::c::C;"),
            ("c.rs", "use crate::a::A; use crate::b::B;"),
        ],
        &["a circle of 3 files, the shortest of which is:", "src/b.rs:1", "src/c.rs:1"],
    );
}
