//! Made-up workspaces that show what the rule sees.

use super::super::packages::Package;
use super::{disagreements, drawing};

const PAGE: &str = "# Page

### Dependencies point one way

```
cli ─► http, app     (the binary)
http ─► app
mechanics/<name> ─► sdk
tests ─► everything
```

```
not ─► read
```
";

/// A workspace as the page draws it, but for these members.
fn workspace_with(changed: Vec<Package>) -> Vec<String> {
    let mut packages = vec![
        Package::made_up("cli", "host/cli", &["http", "app"]),
        Package::made_up("http", "host/http", &["app"]),
        Package::made_up("app", "host/app", &[]),
        Package::made_up("sdk", "mechanics/sdk", &[]),
        Package::made_up("product", "mechanics/product", &["sdk"]),
        Package::made_up("tests", "tests", &["cli", "sdk"]),
    ];
    for new in changed {
        packages.retain(|package| package.name != new.name);
        packages.push(new);
    }
    disagreements(&drawing(PAGE), &packages)
}

#[test]
fn a_workspace_as_drawn_is_well() {
    assert_eq!(workspace_with(vec![]), Vec::<String>::new());
}

#[test]
fn an_arrow_that_is_not_drawn_is_told() {
    assert_eq!(
        workspace_with(vec![Package::made_up("http", "host/http", &["app", "cli"])]),
        ["http ─► cli is not drawn"]
    );
    assert_eq!(
        workspace_with(vec![Package::made_up("app", "host/app", &["http"])]),
        ["app ─► http is not drawn"]
    );
    assert_eq!(
        workspace_with(vec![Package::made_up("product", "mechanics/product", &["sdk", "app"])]),
        ["product ─► app is not drawn"]
    );
}

#[test]
fn an_arrow_that_is_not_there_is_told() {
    assert_eq!(
        workspace_with(vec![Package::made_up("cli", "host/cli", &["http"])]),
        ["cli ─► app is drawn, but is not in Cargo.toml"]
    );
}

#[test]
fn a_crate_nobody_drew_is_told() {
    assert_eq!(workspace_with(vec![Package::made_up("new", "host/new", &[])]), ["new is not drawn"]);
}

#[test]
fn a_line_of_no_crate_is_told() {
    let packages = [Package::made_up("app", "host/app", &[])];
    assert_eq!(
        disagreements(&drawing(PAGE), &packages),
        ["cli", "http", "mechanics/<name>", "tests"]
            .map(|left| format!("{left} is drawn, but there is no such crate"))
    );
}
