//! Hosts that work on a part of everything, and the database of communications.

use std::process::Command;

use tests::postgres;

use super::process::spawn_in_roles;
use super::{Database, Shop};

impl Shop {
    /// As [`Shop::open_with`], and then in some roles only.
    pub(crate) fn open_in_roles(database: Database, settings: &[(&str, &str)], roles: &str) -> Self {
        let shop = Self::open_with(database, settings);
        shop.kill();
        shop.start_in_roles(roles);
        shop
    }

    /// Starts it again on the same database, in some roles.
    pub(crate) fn start_in_roles(&self, roles: &str) {
        let (child, address) = spawn_in_roles(&self.settings, Some(roles));
        *self.child.lock().expect("the host") = child;
        *self.address.write().expect("an address") = address;
    }

    /// Runs SQL on the database of communications, behind the back of the host.
    pub(crate) fn communications_sql(&self, statement: &str) {
        let url = self.database_url();
        let Some(file) = url.strip_prefix("sqlite://") else {
            postgres::psql(url, &format!("SET search_path = communications; {statement}"));
            return;
        };
        let file = std::path::Path::new(file).with_file_name("communications.db");
        let script = "import sqlite3,sys; c=sqlite3.connect(sys.argv[1], timeout=30); c.execute(sys.argv[2]); \
                      c.commit()";
        let ran = Command::new("python3").args(["-c", script]).arg(file).arg(statement).output();
        let ran = ran.expect("python3 starts");
        assert!(ran.status.success(), "{statement}: {}", String::from_utf8_lossy(&ran.stderr));
    }
}
