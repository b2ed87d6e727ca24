//! Removal of old rows, on both databases: batch by batch, up to a bound, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "shared/databases.rs"]
mod databases;
#[path = "life/purchases.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod purchases;

use databases::{Database, commit, on_both_databases};
use purchases::{FOREVER, NOW, SCOPE, calculation, import_member, one_use, update};
use store::{Aged, Grant, TrialKey, Written};

on_both_databases!(
    rows_before_a_bound_go_batch_by_batch,
    the_problems_of_an_import_go_before_it,
    limits_without_a_period_count_purchases_of_any_age,
    the_last_result_stays,
    a_trial_goes_alone,
    a_job_is_for_one_node_at_a_time,
);

/// Three rows of each kind, from before 10, 20 and 30, and one that no age removes.
const ROWS: [(Aged, &str, &[&str]); 4] = [
    (
        Aged::IdempotencyKeys,
        "idempotency_keys (caller, key, fingerprint, status, body, created_at)",
        &["('c', '1', '', 200, '', 9)", "('c', '2', '', 200, '', 19)", "('d', '1', '', 200, '', 29)"],
    ),
    (
        Aged::Backtests,
        "backtests (id, node, state, request, receipts, done, detail, created_at, seen_at)",
        &[
            "('1', '', 'done', '', 0, 0, '', 9, 0)",
            "('2', '', 'failed', '', 0, 0, '', 19, 0)",
            "('3', '', 'done', '', 0, 0, '', 29, 0)",
            "('running', '', 'running', '', 0, 0, '', 1, 0)",
        ],
    ),
    (
        Aged::AttributeValues,
        "member_attributes (member_id, name, from_revision, until_revision, value)",
        &[
            "('m', 'a', 1, 9, '1')",
            "('m', 'a', 9, 19, '2')",
            "('m', 'b', 1, 29, '3')",
            "('m', 'a', 19, NULL, '4')",
        ],
    ),
    (
        Aged::PersonalAnswers,
        "personal_answers (member_id, attribute, item, answer, from_revision, until_revision)",
        &[
            "('m', 'a', 'i', 'accepted', 1, 9)",
            "('m', 'a', 'i', 'declined', 9, 19)",
            "('m', 'a', 'j', 'accepted', 1, 29)",
            "('m', 'a', 'i', 'accepted', 19, NULL)",
        ],
    ),
];

async fn rows_before_a_bound_go_batch_by_batch(database: &Database) {
    let store = database.open().await;
    let revisions: Vec<String> = (1..30).map(|revision| format!("({revision}, 'x', 0)")).collect();
    let revisions = revisions.join(", ");
    database
        .tamper(&format!("INSERT INTO revisions (revision, change, created_at) VALUES {revisions}"))
        .await;
    for (kind, columns, rows) in ROWS {
        database.tamper(&format!("INSERT INTO {columns} VALUES {}", rows.join(", "))).await;
        let count = async |bound| store.count_aged(kind, bound).await.unwrap();
        let remove = async |bound, most| store.remove_aged(kind, bound, most).await.unwrap();
        assert_eq!((count(5).await, count(10).await, count(100).await), (0, 1, 3), "{kind:?}");
        assert_eq!(remove(5, 10).await, 0, "{kind:?}");
        assert_eq!((remove(25, 1).await, remove(25, 1).await, remove(25, 1).await), (1, 1, 0), "{kind:?}");
        assert_eq!((count(100).await, remove(100, 10).await, count(100).await), (1, 1, 0), "{kind:?}");
    }
}

async fn the_problems_of_an_import_go_before_it(database: &Database) {
    let store = database.open().await;
    let import = |id: &str, state: &str, at: u32| {
        format!("('{id}', 'members', '{state}', '', '', 0, 0, 0, 0, 0, 0, 0, 0, '', 0, {at})")
    };
    let imports = [import("old", "done", 9), import("new", "failed", 29), import("runs", "running", 1)];
    database
        .tamper(&format!(
            "INSERT INTO imports (id, kind, state, options, fingerprint, rows_total, bytes_total, rows_done,
                 bytes_done, applied, unchanged, refused, warned, detail, created_at, updated_at)
             VALUES {}",
            imports.join(", ")
        ))
        .await;
    let errors: Vec<String> =
        (1..=5).map(|number| format!("('old', {number}, 1, 1, 'error', '', '', '')")).collect();
    database
        .tamper(&format!(
            "INSERT INTO import_errors (import_id, number, row_number, line, severity, pointer, code, detail)
             VALUES {}",
            errors.join(", ")
        ))
        .await;
    assert_eq!(store.count_aged(Aged::Imports, 20).await.unwrap(), 1);
    let mut batches = 0;
    while store.remove_aged(Aged::Imports, 20, 2).await.unwrap() > 0 {
        batches += 1;
        let errors = store.import_errors("old", 0, 10).await.unwrap();
        assert_eq!(errors.len(), 5_usize.saturating_sub(2 * batches), "two rows at a time");
    }
    assert_eq!(batches, 3);
    assert_eq!(store.import("old").await.unwrap(), None);
    assert!(store.import("new").await.unwrap().is_some() && store.import("runs").await.unwrap().is_some());
}

async fn limits_without_a_period_count_purchases_of_any_age(database: &Database) {
    const DAY: &str = r#"["member","m","day","2027-01-15"]"#;
    let store = database.open().await;
    import_member(&store, 0, NOW).await;
    let of_day = Grant { scope: DAY.to_owned(), ..one_use(9) };
    for id in ["a", "b"] {
        let grants = [one_use(9), of_day.clone()];
        let put = store.put_calculation(&calculation(id, 0, 0), &grants, None, NOW).await.unwrap();
        assert_eq!(put, Written::Done);
        assert_eq!(commit(&store, &update(id, 1, "confirmed"), FOREVER).await, Written::Done);
    }
    let scopes = [SCOPE.to_owned(), DAY.to_owned()];
    let uses = async || {
        let mut uses: Vec<_> = store.usage(&scopes, "", NOW).await.unwrap();
        uses.sort_by(|one, other| one.scope.cmp(&other.scope));
        uses.into_iter().map(|usage| (usage.scope, usage.taken.uses)).collect::<Vec<_>>()
    };
    assert_eq!(uses().await, [(DAY.to_owned(), 2), (SCOPE.to_owned(), 2)]);
    let remove = async || store.remove_aged(Aged::PurchaseTexts, NOW + 1, 1).await.unwrap();
    assert_eq!(remove().await, 1);
    assert_eq!(uses().await, [(DAY.to_owned(), 1), (SCOPE.to_owned(), 2)]);
    assert_eq!((remove().await, remove().await), (1, 0));
    assert_eq!(uses().await, [(SCOPE.to_owned(), 2)], "the day is over");
}

async fn the_last_result_stays(database: &Database) {
    let store = database.open().await;
    let row = |seq: u32, at: u32| format!("('r{seq}', {seq}, {at}, 'purchase', '[]')");
    let rows = [row(1, 5), row(2, 1), row(3, 9), row(4, 30), row(5, 2)].join(", ");
    database
        .tamper(&format!("INSERT INTO results (id, seq, happened_at, kind, events) VALUES {rows}, ('r6', NULL, 1, 'member', '[]')"))
        .await;
    assert_eq!(store.count_aged(Aged::Results, 20).await.unwrap(), 3);
    let remove = async |before, most| store.remove_aged(Aged::Results, before, most).await.unwrap();
    assert_eq!((remove(20, 2).await, remove(20, 2).await, remove(20, 2).await), (2, 1, 0));
    assert_eq!(store.first_result().await.unwrap(), Some(4), "in the order of numbers, not of times");
    assert_eq!(remove(100, 10).await, 1);
    assert_eq!((remove(100, 10).await, store.first_result().await.unwrap()), (0, Some(5)));
    assert!(store.number_results().await.unwrap());
    let numbers: Vec<i64> = store.results(0, 0, 10).await.unwrap().iter().map(|row| row.seq).collect();
    assert_eq!(numbers, [5, 6], "numbers go on");
}

async fn a_trial_goes_alone(database: &Database) {
    let store = database.open().await;
    database
        .tamper(
            "INSERT INTO mechanic_health (digest, trial, since, node, counts)
             VALUES ('a', 'active', 1, 'n1', '{}'), ('a', 'active', 1, 'n2', '{}'), ('a', 'active', 2, 'n1', '{}')",
        )
        .await;
    database
        .tamper(
            "INSERT INTO shadow_differences (digest, since, purchase_id, created_at, lines)
             VALUES ('a', 1, 'p', 0, '[]'), ('b', 1, 'p', 0, '[]')",
        )
        .await;
    let trial = |digest: &str, trial| TrialKey { digest: digest.to_owned(), trial };
    assert_eq!(store.trials().await.unwrap(), [trial("a", 1), trial("a", 2), trial("b", 1)]);
    let first = trial("a", 1);
    let removed = [2, 1, 0];
    for expected in removed {
        assert_eq!(store.remove_trial(&first, 1).await.unwrap(), expected);
    }
    assert_eq!(store.trials().await.unwrap(), [trial("a", 2), trial("b", 1)]);
}

async fn a_job_is_for_one_node_at_a_time(database: &Database) {
    let store = database.open().await;
    let lease = async |node, milliseconds| store.lease_job("job", node, milliseconds).await.unwrap();
    assert!(lease("a", 3_600_000).await && !lease("b", 3_600_000).await);
    assert!(lease("a", 3_600_000).await, "it goes on");
    store.end_job("job", "b").await.unwrap();
    assert!(!lease("b", 3_600_000).await, "only the node that has it ends it");
    store.end_job("job", "a").await.unwrap();
    assert!(lease("b", -1).await && lease("a", 3_600_000).await, "a lease ends by itself");
}
