//! Templates and surveys by their versions, what messages promise, and addresses of surveys' pages.

use store::{EraseMember, OpenPromises, PromiseRow, SurveyLink, Versioned};

use crate::databases::{Database, on_both_databases};
use crate::open;

on_both_databases!(
    a_version_never_changes,
    writers_at_the_same_time_get_versions_of_their_own,
    promises_are_open_until_their_end,
    a_message_has_one_address_of_a_survey,
    an_erased_member_has_neither_promises_nor_addresses,
);

const NOW: i64 = 1_800_000_000_000;

async fn a_version_never_changes(database: &Database) {
    let communications = open(database).await;
    let put = |kind, name, digest| communications.put_version(kind, name, digest, "{}", NOW);
    let (first, is_new) = put(Versioned::Templates, "news", "d1").await.unwrap();
    assert_eq!((first.version, first.digest.as_str(), is_new), (1, "d1", true));
    assert_eq!(put(Versioned::Templates, "news", "d1").await.unwrap(), (first.clone(), false));
    assert_eq!(put(Versioned::Templates, "news", "d2").await.unwrap().0.version, 2);
    // What was said before may be said again.
    assert_eq!(put(Versioned::Templates, "news", "d1").await.unwrap().0.version, 3);
    assert_eq!(put(Versioned::Surveys, "news", "d1").await.unwrap().0.version, 1);
    assert_eq!(put(Versioned::Templates, "again", "d1").await.unwrap().0.version, 1);

    let of = |version| communications.version(Versioned::Templates, "news", version);
    assert_eq!(of(Some(1)).await.unwrap(), Some(first));
    assert_eq!(of(None).await.unwrap().unwrap().version, 3);
    assert_eq!(of(Some(4)).await.unwrap(), None);
    let latest = communications.latest_versions(Versioned::Templates, "", 10).await.unwrap();
    let listed: Vec<_> = latest.iter().map(|row| (row.name.as_str(), row.version)).collect();
    assert_eq!(listed, [("again", 1), ("news", 3)]);
    assert_eq!(communications.latest_versions(Versioned::Templates, "again", 10).await.unwrap().len(), 1);
}

async fn writers_at_the_same_time_get_versions_of_their_own(database: &Database) {
    let communications = open(database).await;
    let put = async |number: i32| {
        let digest = format!("d{number}");
        communications.put_version(Versioned::Templates, "news", &digest, "{}", NOW).await.unwrap().0.version
    };
    let (one, two, three, four) = tokio::join!(put(1), put(2), put(3), put(4));
    let mut versions = [one, two, three, four];
    versions.sort_unstable();
    assert_eq!(versions, [1, 2, 3, 4]);
}

fn promise(message: &str, number: u32, ends_at: Option<i64>) -> PromiseRow {
    PromiseRow {
        message_id: message.to_owned(),
        offer: "coffee".to_owned(),
        number,
        offer_version: 2,
        discount: 150,
        points: 0,
        granted_at: NOW - 10,
        ends_at,
    }
}

async fn promises_are_open_until_their_end(database: &Database) {
    let communications = open(database).await;
    let other = PromiseRow { offer: "tea".to_owned(), ..promise("m1", 1, None) };
    let promises = [
        promise("m1", 1, Some(NOW + 5)),
        promise("m2", 1, Some(NOW + 9)),
        promise("m3", 2, None),
        promise("m4", 3, Some(NOW)),
        other.clone(),
    ];
    communications.keep_promises(&promises).await.unwrap();
    communications.keep_promises(&[]).await.unwrap();
    let open = OpenPromises { count: 3, members: 2, without_end: 1, last_end: Some(NOW + 9) };
    assert_eq!(communications.open_promises("coffee", NOW).await.unwrap(), open);
    assert_eq!(communications.open_promises("none", NOW).await.unwrap(), OpenPromises::default());
    assert_eq!(communications.promises_of("m1").await.unwrap(), [promise("m1", 1, Some(NOW + 5)), other]);

    // A message that is tried again promises what is so then.
    let again = PromiseRow { offer_version: 3, discount: 160, ..promise("m2", 1, Some(NOW - 1)) };
    communications.keep_promises(std::slice::from_ref(&again)).await.unwrap();
    assert_eq!(communications.promises_of("m2").await.unwrap(), [again]);
    assert_eq!(communications.open_promises("coffee", NOW).await.unwrap().count, 2);
    // Those that have ended go some time, and those of offers without an end stay.
    assert_eq!(communications.sweep_messages(NOW + 5, 1).await.unwrap(), 1);
    assert_eq!(communications.sweep_messages(NOW + 5, 10).await.unwrap(), 1);
    assert_eq!(communications.sweep_messages(NOW + 5, 10).await.unwrap(), 0);
    assert_eq!(communications.open_promises("coffee", NOW).await.unwrap().count, 2);
}

fn link(token: &str, message: &str, number: u32) -> SurveyLink {
    SurveyLink {
        token: token.to_owned(),
        survey: "visit".to_owned(),
        version: 1,
        number,
        message_id: message.to_owned(),
        language: "ru".to_owned(),
        created_at: NOW,
    }
}

async fn a_message_has_one_address_of_a_survey(database: &Database) {
    let communications = open(database).await;
    assert_eq!(communications.keep_survey_link(&link("t1", "m1", 7)).await.unwrap(), "t1");
    assert_eq!(communications.keep_survey_link(&link("t2", "m1", 7)).await.unwrap(), "t1");
    assert_eq!(communications.keep_survey_link(&link("t3", "m2", 7)).await.unwrap(), "t3");
    assert_eq!(communications.survey_link("t1").await.unwrap(), Some(link("t1", "m1", 7)));
    assert_eq!(communications.survey_link("t2").await.unwrap(), None);
    assert_eq!(communications.remove_survey_links_before(NOW, 10).await.unwrap(), 0);
    assert_eq!(communications.remove_survey_links_before(NOW + 1, 1).await.unwrap(), 1);
    assert_eq!(communications.remove_survey_links_before(NOW + 1, 10).await.unwrap(), 1);
}

async fn an_erased_member_has_neither_promises_nor_addresses(database: &Database) {
    let communications = open(database).await;
    let number = communications.number_members(&["m-1".to_owned()]).await.unwrap()[0];
    communications.keep_promises(&[promise("m1", number, None)]).await.unwrap();
    communications.keep_survey_link(&link("t1", "m1", number)).await.unwrap();
    let erase = EraseMember {
        id: "e1".to_owned(),
        member_id: "m-1".to_owned(),
        digest: "d".to_owned(),
        at: NOW,
        actor: "test".to_owned(),
    };
    communications.erase_member(&erase).await.unwrap();
    assert_eq!(communications.promises_of("m1").await.unwrap(), []);
    assert_eq!(communications.survey_link("t1").await.unwrap(), None);
}
