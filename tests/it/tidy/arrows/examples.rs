//! Made-up workspaces that show what the rule sees.

use super::super::packages::Package;
use super::{disagreements, drawing};

const PAGE: &str = "# Page

### Dependencies point one way

Words.

```
cli ─► http, app     (the binary)
http ─► app
```

```
not ─► read
```
";

/// The disagreements for the workspace that the page draws, with this package changed.
fn with(changed: Package) -> Vec<String> {
    let mut packages = vec![
        Package::made_up("cli", "host/cli", &["http", "app", "serde"]),
        Package::made_up("http", "host/http", &["app", "axum"]),
        Package::made_up("app", "host/app", &["serde"]),
    ];
    packages.retain(|package| package.name != changed.name);
    packages.push(changed);
    disagreements(&drawing(PAGE), &packages)
}

#[test]
fn a_workspace_as_drawn_is_well() {
    assert_eq!(with(Package::made_up("app", "host/app", &[])), Vec::<String>::new());
    assert_eq!(with(Package::made_up("lonely", "host/lonely", &["serde"])), Vec::<String>::new());
    let mut for_tests = Package::made_up("app", "host/app", &[]);
    for_tests.tests_need.insert("cli".to_owned());
    assert_eq!(with(for_tests), Vec::<String>::new());
}

#[test]
fn an_arrow_that_is_not_drawn_is_told() {
    let upwards = Package::made_up("app", "host/app", &["http"]);
    assert_eq!(with(upwards), ["app ─► http is not drawn"]);
    let new = Package::made_up("new", "host/new", &["app"]);
    assert_eq!(with(new), ["new ─► app is not drawn"]);
}

#[test]
fn an_arrow_that_is_not_there_is_told() {
    let less = Package::made_up("cli", "host/cli", &["http"]);
    assert_eq!(with(less), ["cli ─► app is drawn, but is not in Cargo.toml"]);
}

#[test]
fn a_line_of_no_crate_is_told() {
    let found = disagreements(&drawing(PAGE), &[]);
    assert_eq!(found, ["cli", "http"].map(|left| format!("{left} is drawn, but there is no such crate")));
}
