//! `offer-host migrate` says what it did, and what going back removes.

use tempfile::TempDir;
use tests::postgres::fresh_database;

use super::{command_at, done, refused, url_of};
use crate::shop::{Database, Shop, on_both_databases};

on_both_databases!(going_there_and_back_is_told);

/// The schema before coupons, compared identifiers and retention.
const BEFORE: &str = "20261129000023";

fn going_there_and_back_is_told(database: Database) {
    let shop = Shop::open(database);
    let folder = TempDir::new().expect("a folder");
    let fresh = match database {
        Database::Sqlite => url_of(&folder.path().join("fresh.sqlite")),
        Database::Postgres => fresh_database(),
    };
    let first = done(command_at(&shop, &fresh, &["migrate"]));
    assert!(first.contains("from 0 (no schema) to ") && first.contains("create first tables"), "{first}");
    assert!(first.contains("migrations in ") && first.contains(" ms"), "{first}");
    let again = done(command_at(&shop, &fresh, &["migrate"]));
    assert!(again.contains("nothing to do: the schema is at "), "{again}");

    shop.signal("TERM");
    shop.wait();
    let back = |more: &[&str]| {
        let arguments = [&["migrate", "--revert-to", BEFORE], more].concat();
        command_at(&shop, shop.database_url(), &arguments)
    };
    let asked = refused(back(&[]));
    for told in ["table coupons", "0 rows", "column member_identifiers.compared_value", "--yes"] {
        assert!(asked.contains(told), "{told} is not in: {asked}");
    }
    assert!(asked.contains("a value in 1 of 1 rows") && asked.contains("nothing was changed"), "{asked}");
    let still = done(command_at(&shop, shop.database_url(), &["migrate"]));
    assert!(still.contains("nothing to do"), "{still}");

    let to =
        |version: &str| command_at(&shop, shop.database_url(), &["migrate", "--revert-to", version, "--yes"]);
    for wrong in ["2026112900004", "20991129000001"] {
        let told = refused(to(wrong));
        assert!(told.contains(&format!("there is no migration {wrong}, and nothing was done")), "{told}");
    }
    assert!(done(command_at(&shop, shop.database_url(), &["migrate"])).contains("nothing to do"));

    let reverted = done(back(&["--yes"]));
    assert!(reverted.contains(&format!("the schema is at {BEFORE}")), "{reverted}");
    assert!(done(back(&["--yes"])).contains("nothing to do"));
    let forth = done(command_at(&shop, shop.database_url(), &["migrate"]));
    assert!(forth.contains(&format!("from {BEFORE}")) && forth.contains("add coupon pools"), "{forth}");
    shop.start();
    shop.verify();
    assert!(shop.command(&["audit", "verify"]).status.success());

    done(command_at(&shop, &fresh, &["migrate", "--revert-to", "0", "--yes"]));
    for _ in 0..2 {
        let emptied = refused(command_at(&shop, &fresh, &["key", "list"]));
        assert!(emptied.contains("there is no database of a host at "), "{emptied}");
    }
    let made = done(command_at(&shop, &fresh, &["migrate"]));
    assert!(made.contains("from 0 (no schema) to "), "{made}");
}
