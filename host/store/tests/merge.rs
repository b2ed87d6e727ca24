//! Merging two members in the store, on both databases: everything moves, and the books stay in order.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on stops"
)]

#[path = "shared/databases.rs"]
mod databases;

use databases::{Database, commit, entry, on_both_databases};
use store::{
    AttributeValue, Counts, Grant, ListEffect, ListedMember, MemberPlace, MemberProfile, MemberRow, Merge,
    Merged, Most, Purchase, PurchaseState, PurchaseUpdate, ReturnRecord, StateChanged, Store, TakeBack,
    Validity, Written,
};

on_both_databases!(
    everything_moves_to_the_survivor,
    points_keep_their_validity_and_returns_reach_the_survivor,
    limits_of_both_are_summed,
    open_purchases_are_confirmed_for_the_survivor,
    attributes_are_what_the_caller_says,
    members_that_cannot_be_merged_stay_as_they_are,
    a_chain_of_mergers_ends_at_the_last_survivor,
    members_who_have_changed_are_told_once_and_in_order,
);

const NOW: i64 = 1_800_000_000;
const TIMEOUT: i64 = NOW + 1_800;
const FOREVER: Validity = Validity { active_from: NOW, expires_at: None };

fn member(id: &str, points_imported: i64) -> MemberRow {
    let profile = MemberProfile {
        state: Some("normal".to_owned()),
        points: Some((points_imported.to_string(), points_imported)),
        identifiers: Some(vec![("card".to_owned(), format!("card of {id}"))]),
        audiences: Some(vec!["both".to_owned(), format!("only {id}")]),
    };
    let attributes = vec![("city".to_owned(), Some(format!("\"{id}\"")))];
    MemberRow { id: id.to_owned(), profile: Some(profile), attributes }
}

async fn import(store: &Store, members: Vec<MemberRow>) {
    store.write_members(&members, NOW).await.unwrap();
}

/// `from` with 30 points and `into` with 100.
async fn two_members(database: &Database) -> Store {
    let store = database.open().await;
    import(&store, vec![member("from", 30), member("into", 100)]).await;
    store
}

fn scope(member: &str) -> String {
    format!("[\"member\",\"{member}\",\"ever\",\"\"]")
}

fn of_pair(from: &str, into: &str) -> Merge {
    let begin = |member: &str| format!("[\"member\",\"{member}\",");
    Merge { from: from.to_owned(), into: into.to_owned(), scopes: (begin(from), begin(into)) }
}

async fn merge(store: &Store, from: &str, into: &str) -> Merged {
    let nothing = |_: &[AttributeValue], _: &[AttributeValue]| Vec::new();
    store.merge_members(&of_pair(from, into), &nothing, &entry(NOW + 10)).await.unwrap()
}

fn purchase(id: &str, member: &str, points_spent: i64, points_earned: i64) -> Purchase {
    Purchase {
        id: id.to_owned(),
        state: PurchaseState::Calculated,
        version: 0,
        request: "{}".to_owned(),
        answer: "calculated".to_owned(),
        plan: "sha256:".to_owned(),
        revision: 1,
        member_id: Some(member.to_owned()),
        pos: None,
        card: None,
        messages: Vec::new(),
        attributes: "{}".to_owned(),
        inputs: None,
        sold: None,
        sequence: None,
        grants: None,
        warnings: None,
        coupons: Vec::new(),
        results: None,
        points_spent,
        points_earned,
        expires_at: Some(TIMEOUT),
    }
}

fn update(id: &str, version: i64) -> PurchaseUpdate {
    PurchaseUpdate {
        id: id.to_owned(),
        version,
        answer: "done".to_owned(),
        key: None,
        at: NOW + 20,
        results: None,
        gives_back_coupons: false,
    }
}

/// One use of the limit that each member has; two are allowed.
fn one_use(member: &str) -> Grant {
    Grant {
        offer: "limited".to_owned(),
        scope: scope(member),
        taken: Counts { uses: 1, money: 500, points: 7 },
        most: Most { uses: Some(2), money: None, points: None },
    }
}

async fn calculate(store: &Store, purchase: &Purchase, grants: &[Grant]) -> Written {
    store.put_calculation(purchase, grants, None, NOW).await.unwrap()
}

async fn buy(store: &Store, purchase: &Purchase, grants: &[Grant], earned: Validity) {
    assert_eq!(calculate(store, purchase, grants).await, Written::Done);
    let confirm = PurchaseUpdate { at: NOW + 1, ..update(&purchase.id, 1) };
    assert_eq!(commit(store, &confirm, earned).await, Written::Done);
}

async fn available(store: &Store, member: &str, at: i64) -> i64 {
    store.balance(member, "", at).await.unwrap().available
}

async fn everything_moves_to_the_survivor(database: &Database) {
    let store = two_members(database).await;
    let audience = store::Audience { name: "list".to_owned(), title: None, rule: None, revision: 0 };
    store.put_audience(&audience, &entry(NOW)).await.unwrap();
    let list = store.begin_audience_list("list", NOW).await.unwrap();
    store.extend_audience_list(list, &[ListedMember::Id("from".to_owned())]).await.unwrap();
    store.apply_audience_list(list, ListEffect::Add, &entry(NOW)).await.unwrap().unwrap();
    buy(&store, &purchase("p", "from", 10, 5), &[], FOREVER).await;

    let Merged::Done(revision) = merge(&store, "from", "into").await else { panic!("they are merged") };
    assert_eq!(revision, store.revision().await.unwrap());
    let survivor = store.member_by_identifier("card", "card of from").await.unwrap().unwrap();
    assert_eq!(survivor.id, "into");
    let identifiers: Vec<&str> = survivor.identifiers.iter().map(|(_, value)| value.as_str()).collect();
    assert_eq!(identifiers, ["card of into", "card of from"]);
    assert_eq!(survivor.audiences, ["both", "list", "only from", "only into"]);
    assert_eq!(store.purchase("p").await.unwrap().unwrap().member_id.as_deref(), Some("into"));
    assert_eq!(available(&store, "into", NOW + 30).await, 100 + 30 - 10 + 5);

    let gone = store.member("from").await.unwrap().unwrap();
    assert_eq!((gone.state.as_str(), gone.merged_into.as_deref()), ("merged", Some("into")));
    assert!(
        gone.identifiers.is_empty() && gone.audiences.is_empty() && gone.attributes.is_empty(),
        "{gone:?}"
    );
    assert_eq!(available(&store, "from", NOW + 30).await, 0);
    assert_eq!(store.point_entries("from", 10).await.unwrap(), []);

    // A list with the old member's id has the survivor on it.
    let list = store.begin_audience_list("list", NOW).await.unwrap();
    let unknown = store.extend_audience_list(list, &[ListedMember::Id("from".to_owned())]).await.unwrap();
    assert_eq!(unknown, Vec::<usize>::new());
    store.apply_audience_list(list, ListEffect::Replace, &entry(NOW)).await.unwrap().unwrap();
    assert!(store.member("into").await.unwrap().unwrap().audiences.contains(&"list".to_owned()));

    // A balance of an import is that of the id that it names.
    import(&store, vec![member("from", 30), member("into", 100)]).await;
    assert_eq!(available(&store, "into", NOW + 30).await, 125);
    import(&store, vec![member("from", 0), member("into", 130)]).await;
    assert_eq!(available(&store, "into", NOW + 30).await, 125);
}

async fn points_keep_their_validity_and_returns_reach_the_survivor(database: &Database) {
    let store = two_members(database).await;
    let expires = Validity { active_from: NOW + 1_000, expires_at: Some(NOW + 5_000) };
    buy(&store, &purchase("own", "into", 0, 3), &[], FOREVER).await;
    buy(&store, &purchase("p", "from", 20, 8), &[], expires).await;
    merge(&store, "from", "into").await;
    assert_eq!(available(&store, "into", NOW + 30).await, 100 + 3 + 10);
    let later = store.balance("into", "", NOW + 2_000).await.unwrap();
    assert_eq!((later.available, later.expiring.as_slice()), (121, &[(NOW + 5_000, 8)][..]));

    let returned = ReturnRecord {
        id: "p-r1".to_owned(),
        purchase_id: "p".to_owned(),
        number: 1,
        state: PurchaseState::Calculated,
        request: "{}".to_owned(),
        answer: "{}".to_owned(),
        lines: None,
        points_back: 20,
        points_taken: 8,
        expires_at: Some(TIMEOUT),
    };
    let version = store.purchase("p").await.unwrap().unwrap().version;
    assert_eq!(store.put_return(&returned, version, None, NOW + 20).await.unwrap(), Written::Done);
    let answer = |_: i64| Ok("returned".to_owned());
    let confirm = update("p-r1", version + 1);
    let confirmed = store.confirm_return(&confirm, TakeBack::Negative, &[], &answer).await.unwrap();
    assert_eq!(confirmed, Written::Done);
    assert_eq!(available(&store, "into", NOW + 2_000).await, 100 + 3 + 30);
    assert_eq!(available(&store, "into", NOW + 6_000).await, 133, "nothing is left to expire");
}

async fn limits_of_both_are_summed(database: &Database) {
    let store = two_members(database).await;
    buy(&store, &purchase("p", "from", 0, 0), &[one_use("from")], FOREVER).await;
    buy(&store, &purchase("q", "into", 0, 0), &[one_use("into")], FOREVER).await;
    assert_eq!(calculate(&store, &purchase("r", "into", 0, 0), &[one_use("into")]).await, Written::Done);
    store.cancel(&update("r", 1)).await.unwrap().expect_done();
    merge(&store, "from", "into").await;
    let used = store.usage(&[scope("into")], "", NOW).await.unwrap();
    assert_eq!(used[0].taken, Counts { uses: 2, money: 1_000, points: 14 });
    assert_eq!(calculate(&store, &purchase("s", "into", 0, 0), &[one_use("into")]).await, Written::NoRoom);
    // The use of the merged member is given back to the survivor's counter.
    let grants = store.grants("p").await.unwrap();
    assert_eq!(grants.iter().map(|grant| grant.scope.as_str()).collect::<Vec<_>>(), [scope("into")]);
}

async fn open_purchases_are_confirmed_for_the_survivor(database: &Database) {
    let store = two_members(database).await;
    assert_eq!(calculate(&store, &purchase("p", "from", 30, 4), &[one_use("from")]).await, Written::Done);
    merge(&store, "from", "into").await;
    let balance = store.balance("into", "", NOW).await.unwrap();
    assert_eq!((balance.available, balance.reserved), (100, 30));
    assert_eq!(commit(&store, &update("p", 1), FOREVER).await, Written::Stale, "it is read again");
    assert_eq!(commit(&store, &update("p", 2), FOREVER).await, Written::Done);
    assert_eq!(available(&store, "into", NOW + 30).await, 104);
    assert_eq!(store.usage(&[scope("into")], "", NOW).await.unwrap()[0].taken.uses, 1);

    // A till that read the member before the merger writes afterwards.
    buy(&store, &purchase("late", "from", 10, 1), &[], FOREVER).await;
    assert_eq!(available(&store, "into", NOW + 30).await, 95);
    assert_eq!(available(&store, "from", NOW + 30).await, 0);
}

async fn attributes_are_what_the_caller_says(database: &Database) {
    let store = two_members(database).await;
    let joined = |own: &[AttributeValue], others: &[AttributeValue]| {
        let value = format!("[{},{}]", own[0].value, others[0].value);
        let new = |name: &str, value: &str| AttributeValue {
            name: name.to_owned(),
            value: value.to_owned(),
            revision: 0,
        };
        vec![new("city", &value), new("new", "1")]
    };
    let merged = store.merge_members(&of_pair("from", "into"), &joined, &entry(NOW + 10)).await.unwrap();
    let Merged::Done(revision) = merged else { panic!("they are merged") };
    let survivor = store.member("into").await.unwrap().unwrap();
    let values: Vec<(&str, &str, i64)> = survivor
        .attributes
        .iter()
        .map(|(attribute, _)| (attribute.name.as_str(), attribute.value.as_str(), attribute.revision))
        .collect();
    assert_eq!(values, [("city", "[\"into\",\"from\"]", revision), ("new", "1", revision)]);
    let history = store.attribute_revisions("into", "city", 10).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!((history[1].until, history[1].ended_at), (Some(revision), Some(NOW + 10)));
    let history = store.attribute_revisions("from", "city", 10).await.unwrap();
    assert_eq!(history[0].until, Some(revision), "what was known of the other stays on record");
}

async fn members_that_cannot_be_merged_stay_as_they_are(database: &Database) {
    let store = two_members(database).await;
    import(&store, vec![member("third", 0)]).await;
    assert_eq!(merge(&store, "from", "nobody").await, Merged::Unknown("nobody".to_owned()));
    assert_eq!(merge(&store, "nobody", "into").await, Merged::Unknown("nobody".to_owned()));
    let first = merge(&store, "from", "into").await;
    assert_eq!(merge(&store, "from", "into").await, first, "the same again");
    let already = Merged::Already { member: "from".to_owned(), into: "into".to_owned() };
    assert_eq!(merge(&store, "from", "third").await, already);
    assert_eq!(merge(&store, "third", "from").await, already);
    let state = store.put_member_state("from", "blocked", &entry(NOW)).await.unwrap();
    assert_eq!(state, StateChanged::Merged);
    assert_eq!(available(&store, "into", NOW).await, 130);
}

async fn a_chain_of_mergers_ends_at_the_last_survivor(database: &Database) {
    let store = two_members(database).await;
    import(&store, vec![member("last", 1)]).await;
    merge(&store, "from", "into").await;
    merge(&store, "into", "last").await;
    assert_eq!(store.member("from").await.unwrap().unwrap().merged_into.as_deref(), Some("last"));
    assert_eq!(store.member_by_identifier("card", "card of from").await.unwrap().unwrap().id, "last");
    assert_eq!(available(&store, "last", NOW).await, 131);
    buy(&store, &purchase("late", "from", 0, 1), &[], FOREVER).await;
    assert_eq!(available(&store, "last", NOW + 30).await, 132);

    // An import that says otherwise leaves them merged.
    let profile = MemberProfile { state: Some("normal".to_owned()), ..MemberProfile::default() };
    let row = MemberRow { id: "from".to_owned(), profile: Some(profile), attributes: Vec::new() };
    store.write_members(&[row], NOW).await.unwrap();
    assert_eq!(store.member("from").await.unwrap().unwrap().state, "merged");
    let named = store.revision().await.unwrap();
    assert_eq!(store.remove_members_before(named, 9, NOW).await.unwrap(), 0, "the survivor is named by it");
    assert_eq!(store.remove_members_before(named + 1, 9, NOW).await.unwrap(), 1, "the survivor");
    assert_eq!(store.member_count().await.unwrap(), 0, "and those that were merged into it");
}

trait ExpectDone {
    fn expect_done(self);
}

impl ExpectDone for Written {
    fn expect_done(self) {
        assert_eq!(self, Written::Done);
    }
}

/// Members who have changed from a place on, piece by piece, and the place after them.
async fn changed(store: &Store, mut place: MemberPlace, most: i64) -> (Vec<String>, MemberPlace) {
    let mut ids = Vec::new();
    while let Some(changed) = store.changed_members(&place, most).await.unwrap() {
        assert!(i64::try_from(changed.ids.len()).unwrap() <= most);
        assert_ne!(changed.next, place, "it goes on");
        ids.extend(changed.ids);
        place = changed.next;
    }
    (ids, place)
}

async fn members_who_have_changed_are_told_once_and_in_order(database: &Database) {
    let store = database.open().await;
    assert_eq!(store.members_revision().await.unwrap(), 0);
    import(&store, ["a", "b", "c", "d", "e"].map(|id| member(id, 0)).to_vec()).await;
    for most in [1, 2, 5, 100] {
        let (ids, place) = changed(&store, MemberPlace::default(), most).await;
        assert_eq!(ids, ["a", "b", "c", "d", "e"], "{most} at a time");
        assert_eq!(place.revision, store.members_revision().await.unwrap() + 1);
    }
    let (_, place) = changed(&store, MemberPlace::default(), 100).await;
    let city = |id: &str, city: Option<&str>| {
        let attributes = vec![("city".to_owned(), city.map(|city| format!("\"{city}\"")))];
        MemberRow { id: id.to_owned(), profile: None, attributes }
    };
    // One value begins, one ends, and one stays as it was.
    import(&store, vec![city("b", Some("Perm")), city("d", None), city("e", Some("e"))]).await;
    let (ids, place) = changed(&store, place, 100).await;
    assert_eq!(ids, ["b", "d"]);
    store.put_member_state("c", "blocked", &entry(NOW)).await.unwrap();
    assert_eq!(merge(&store, "a", "e").await, Merged::Done(store.members_revision().await.unwrap()));
    let (ids, place) = changed(&store, place, 1).await;
    assert_eq!(ids, ["c", "a"], "by revision");
    // Members who are gone are told of, too.
    let next = store.revision().await.unwrap() + 1;
    store.remove_members_before(next, 10, NOW).await.unwrap();
    let (ids, _) = changed(&store, place, 100).await;
    assert!(["b", "c"].iter().all(|id| ids.iter().any(|told| told == id)), "{ids:?}");
}
