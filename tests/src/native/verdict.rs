//! What a mechanic answers: the SDK's types to `domain`.

engine::convert_verdicts! { types: mechanic_sdk, pick: |proposal| proposal.pick.map(pick) }
