//! Converts verdicts from the types of the SDK to those of `domain`.

engine::convert_verdicts! {
    types: mechanic_sdk,
    pick: |proposal| proposal.pick.map(pick),
    message: |failure| failure.message,
    verdicts: {
        mechanic_sdk::Verdict::DeclinedFor(declined) => domain::Verdict::DeclinedFor(decline(declined)),
    },
}

fn decline(decline: mechanic_sdk::Decline) -> domain::Decline {
    domain::Decline { reason: decline.reason, item: decline.item, values: decline.values }
}
