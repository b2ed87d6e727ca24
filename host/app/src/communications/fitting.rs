//! Templates and the channels that their messages go through: a page of a mail is no text for a printer.

use super::{channels, templates};
use crate::error::Error;
use crate::state::App;

/// The code of a template that is made for another kind of channel.
pub(super) const CODE: &str = "template_of_another_channel";

/// The problem of a template that is made for none of some channels, and its advice. None if the template fits one of them,
/// or if the template or a channel is not there, which is told elsewhere.
pub(super) async fn problem(
    app: &App,
    template: &str,
    channel_names: &[&str],
) -> Result<Option<(String, String)>, Error> {
    let made_for = match templates::find(app, template, None).await {
        Ok((_, compiled)) => compiled.template().channel.clone(),
        Err(Error::Unknown { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut taken = Vec::with_capacity(channel_names.len());
    for name in channel_names {
        let kinds = match channels::find(app, name).await {
            Ok(channel) => channel.template_kinds(),
            Err(Error::Unknown { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if kinds.contains(&made_for.as_str()) {
            return Ok(None);
        }
        taken.push(format!("`{name}` takes {}", kinds.join(", ")));
    }
    let detail = format!("template `{template}` is made for {made_for}; channel {}", taken.join(", "));
    let advice = "name a template that is made for the channel, or another channel".to_owned();
    Ok(Some((detail, advice)))
}
