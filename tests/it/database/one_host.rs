//! One host serves an embedded database: a second one would price by another plan for seconds.

use crate::shop::{Database, Shop, path, reference};

#[test]
fn a_second_host_is_refused_and_commands_are_not() {
    let shop = Shop::open(Database::Sqlite);
    shop.post(&path("p", "calculate"), "p", &reference().to_string()).accepted();
    shop.post(&path("p", "confirm"), "p-c", "").accepted();

    let refused = |arguments: &[&str]| {
        let output = shop.command(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let own = format!("(process {})", shop.process());
    let served = format!("a host {own} serves this database: stop it first");
    for (arguments, told) in [
        (&["serve"][..], format!("another host {own} serves this database, and two would price")),
        (&["migrate", "--revert-to", "0"], served),
    ] {
        let said = refused(arguments);
        assert!(said.contains(&told) && said.contains("stop it first"), "{said}");
    }
    for arguments in
        [&["key", "list"][..], &["audit", "verify"], &["ledger", "verify"], &["replay", "p"], &["migrate"]]
    {
        let output = shop.command(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(shop.get("/v1/purchases/p").accepted()["state"], "confirmed", "it goes on");

    // A kill leaves the file of the lock, but no lock.
    shop.kill();
    shop.start();
    assert_eq!(shop.get("/v1/purchases/p").accepted()["state"], "confirmed");
}
