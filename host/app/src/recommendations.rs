//! Recommendations of a member, as an attribute that was uploaded carries them.

use domain::catalog::Catalog;
use serde_json::{Value, json};
use wire::plan::BuiltPlan;
use wire::recommendations::{self, Content, Good, Ranked, Recommendations};

use crate::config::Recommendations as Settings;
use crate::error::Error;
use crate::state::App;

/// The state of a member that was merged into another.
const MERGED: &str = "merged";

/// The document of a member's recommendations. What the catalogue or the plan no longer has is left out,
/// and content about offers whose control group the member is in.
pub async fn of_member(app: &App, member_id: &str) -> Result<Value, Error> {
    let record = app.store.member_record(member_id).await?;
    let record = record.ok_or_else(|| Error::NotFound(format!("member `{member_id}`")))?;
    if record.state == MERGED {
        let detail = format!("member `{member_id}` is merged into another; ask for that one");
        return Err(Error::State { code: "member_merged", detail });
    }
    let live = app.live.load_full();
    let settings = &app.config.recommendations;
    let stored = record.attributes.iter().find(|attribute| attribute.name == settings.attribute);
    let read = match stored {
        Some(attribute) => read(&attribute.value, &live.active.plan, member_id)?,
        None => Recommendations::default(),
    };
    Ok(document(member_id, stored.map(|attribute| attribute.revision), read, settings, &live.active.plan))
}

fn read(text: &str, plan: &BuiltPlan, member_id: &str) -> Result<Recommendations, Error> {
    let value = wire::json::parse(text).map_err(|problems| {
        tracing::error!(member = member_id, problems = problems.len(), "stored attribute is not readable");
        Error::damaged("attribute")
    })?;
    // Stored before the attribute was one of recommendations: there are none.
    Ok(recommendations::read(&value, plan).unwrap_or_else(|problems| {
        tracing::warn!(
            member = member_id,
            problems = problems.len(),
            "the attribute holds no recommendations"
        );
        Recommendations::default()
    }))
}

fn document(
    member_id: &str,
    revision: Option<i64>,
    read: Recommendations,
    settings: &Settings,
    plan: &BuiltPlan,
) -> Value {
    let goods =
        read.goods.iter().take(settings.goods).filter_map(|good| shown_good(good, &plan.plan.catalog));
    // A control group shows what an offer brings only if its members do not hear of it.
    let is_measured = |content: &Ranked<Content>| {
        let named = content.what.offer.as_deref();
        let offer = named.and_then(|named| plan.plan.offers.iter().find(|offer| offer.external_id == named));
        offer.and_then(|offer| offer.control_group.as_ref()).is_some_and(|group| group.contains(member_id))
    };
    let content =
        read.content.iter().filter(|content| !is_measured(content)).take(settings.content).map(shown_content);
    json!({
        "member_id": member_id,
        "revision": revision,
        "goods": goods.collect::<Vec<_>>(),
        "content": content.collect::<Vec<_>>(),
    })
}

fn shown_good(good: &Ranked<Good>, catalog: &Catalog) -> Option<Value> {
    let chance = good.chance;
    Some(match good.what {
        Good::Product(id) => {
            let product = catalog.product(id)?;
            json!({"product": product.code, "name": product.name, "picture": product.picture, "chance": chance})
        }
        Good::Category(id) => {
            let category = catalog.category(id)?;
            json!({"category": category.code, "name": category.name, "chance": chance})
        }
        Good::Group(id) => {
            let group = catalog.group(id)?;
            json!({"group": group.code, "name": group.name, "chance": chance})
        }
    })
}

fn shown_content(content: &Ranked<Content>) -> Value {
    json!({"id": content.what.id, "offer": content.what.offer, "chance": content.chance})
}
