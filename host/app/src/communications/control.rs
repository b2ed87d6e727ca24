//! Control groups: members who are not written to, so that others can be compared with them. A mailing or a chain may have
//! one of its own; the universal one is that of the program, and whoever is in it gets nothing that advertises at all. Who is
//! in it is drawn by the member's id, so that it stays the same, and after a merger is the survivor's.

/// Why a message to a member of the mailing's or the chain's own control group was not sent.
pub const CONTROL: &str = "control_group";
/// Why a message to a member of the universal control group was not sent.
pub const UNIVERSAL: &str = "universal_control_group";
