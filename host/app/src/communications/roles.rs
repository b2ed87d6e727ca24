//! What a process works on: one may do everything, or several share it.

use std::collections::BTreeSet;

/// A part of the work that goes on in the background. Every process answers all calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// What tills need: plans are followed, what is old expires.
    Tills,
    /// Events are read, segments kept up to date, chains taken further.
    Communications,
    /// Messages are sent.
    Senders,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tills, Self::Communications, Self::Senders];

    /// The name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tills => "tills",
            Self::Communications => "communications",
            Self::Senders => "senders",
        }
    }
}

/// Reads names of roles, separated by commas.
pub fn parse(names: &str) -> Result<BTreeSet<Role>, String> {
    let role = |name: &str| {
        let found = Role::ALL.into_iter().find(|role| role.name() == name.trim());
        found.ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.map(Role::name).to_vec();
            format!("there is no role `{}`: name one or more of {}", name.trim(), known.join(","))
        })
    };
    names.split(',').map(role).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_named_in_any_order_and_unknown_ones_refused() {
        assert_eq!(parse("senders, tills").unwrap(), BTreeSet::from([Role::Tills, Role::Senders]));
        assert_eq!(parse("tills,communications,senders").unwrap(), BTreeSet::from(Role::ALL));
        for wrong in ["", "till", "tills,,senders"] {
            assert!(parse(wrong).unwrap_err().contains("tills,communications,senders"), "{wrong}");
        }
    }
}
