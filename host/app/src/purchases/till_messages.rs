//! Messages of communications that the next receipt of a member gives: read with the member, held by the calculation,
//! delivered by its confirmation.

use domain::pricing::FilledMessages;
use store::TillMessage;

use crate::error::Error;
use crate::state::App;

/// The place of messages that are printed.
pub const RECEIPT: &str = "receipt";
/// The place of messages that are told to the cashier.
pub const CASHIER: &str = "cashier";

/// The messages that a calculation gives. None without a member, and none on the receipt of a till that was cut off, which
/// is printed already.
pub(super) async fn read(
    app: &App,
    member: Option<&str>,
    offline: bool,
    (stored_id, now): (&str, i64),
) -> Result<Vec<TillMessage>, Error> {
    let Some(member) = member.filter(|_| !offline) else { return Ok(Vec::new()) };
    let most = app.config.communications.till_messages;
    Ok(app.store.till_messages_for(member, stored_id, now, most).await?)
}

/// Place and text of messages, as they are stored with the calculation.
pub(super) fn texts(messages: &[TillMessage]) -> Vec<(String, String)> {
    messages.iter().map(|message| (message.place.clone(), message.text.clone())).collect()
}

/// Messages by their places.
pub fn filled(texts: &[(String, String)]) -> FilledMessages {
    let of = |place: &str| {
        let here = texts.iter().filter(|(at, _)| at == place);
        here.map(|(_, text)| text.clone()).collect()
    };
    FilledMessages { cashier: of(CASHIER), receipt: of(RECEIPT) }
}
