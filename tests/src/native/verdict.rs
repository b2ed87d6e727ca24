//! Converts verdicts from the types of the SDK to those of `domain`.

engine::convert_verdicts! { types: mechanic_sdk, pick: |proposal| proposal.pick.map(pick) }
