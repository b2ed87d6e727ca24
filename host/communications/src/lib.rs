//! What is said to members, when, on which channel: rules, chains, policy, rendering. Pure: no IO, no clock.
