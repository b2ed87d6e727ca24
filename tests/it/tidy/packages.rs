//! The packages of the workspace, as cargo sees them.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use tests::workspace;

/// A package of the workspace.
pub(super) struct Package {
    pub(super) name: String,
    /// Relative to the root: `host/domain`.
    pub(super) folder: String,
    /// Names of the packages that it is linked with.
    pub(super) needs: BTreeSet<String>,
    /// Names of the packages that its build script needs.
    pub(super) build_needs: BTreeSet<String>,
    /// Names of the packages that its tests need besides.
    pub(super) tests_need: BTreeSet<String>,
}

impl Package {
    /// A made-up package whose build script and tests need nothing.
    pub(super) fn made_up(name: &str, folder: &str, needs: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            needs: needs.iter().map(|name| (*name).to_owned()).collect(),
            build_needs: BTreeSet::new(),
            tests_need: BTreeSet::new(),
        }
    }
}

pub(super) fn all() -> Vec<Package> {
    let packages = metadata().packages;
    let convert = |package: cargo_metadata::Package| {
        let needed = |kind: DependencyKind| {
            let all = package.dependencies.iter();
            all.filter(|needed| needed.kind == kind).map(|needed| needed.name.clone()).collect()
        };
        Package {
            folder: relative(package.manifest_path.parent().expect("a manifest lies in a folder")),
            needs: needed(DependencyKind::Normal),
            build_needs: needed(DependencyKind::Build),
            tests_need: needed(DependencyKind::Development),
            name: package.name.to_string(),
        }
    };
    packages.into_iter().map(convert).collect()
}

/// The files, relative to the root, in which the crates of the workspace begin: its libraries,
/// binaries, tests, examples and benchmarks.
pub(super) fn crate_roots() -> BTreeSet<String> {
    let packages = metadata().packages;
    let targets = packages.iter().flat_map(|package| &package.targets);
    targets.filter(|target| !target.is_custom_build()).map(|target| relative(&target.src_path)).collect()
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(workspace::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo metadata")
}

fn relative(path: impl AsRef<Path>) -> String {
    let inside = path.as_ref().strip_prefix(workspace::root()).expect("inside the workspace");
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
