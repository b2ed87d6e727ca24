//! Runs of members through chains. A batch of steps is written in one transaction, on condition that every run still has
//! the revision that was read: two workers that take the same step write it once.

use sqlx::{FromRow, Row as _};

use super::super::bulk::{ROWS_MAX, push_numbers, statement};
use super::super::dialect::DatabaseRow;
use super::chains::add_counts;
use super::cursors::move_cursor;
use super::members::now_in;
use super::messages::insert_planned;
use super::shards::holds;
use super::{Communications, Transaction, events, member_number};
use crate::{ChainEffect, ChainRun, ChainStep, ChainWrite, SHARDS, StoreError};

/// Name of the cursor.
const CURSOR: &str = "chains";

impl Communications {
    pub(crate) async fn chain_run(&self, id: i64) -> Result<Option<ChainRun>, StoreError> {
        let query = "SELECT * FROM chain_runs WHERE id = $1";
        let row: Option<Row> = sqlx::query_as(query).bind(id).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.0))
    }

    pub(crate) async fn chain_runs(
        &self,
        chain: i64,
        number: Option<u32>,
        before: i64,
        most: i64,
    ) -> Result<Vec<ChainRun>, StoreError> {
        let mut query = statement("SELECT * FROM chain_runs WHERE chain = ");
        query.push_bind(chain).push(" AND id < ").push_bind(before);
        if let Some(number) = number {
            query.push(" AND number = ").push_bind(i64::from(number));
        }
        query.push(" ORDER BY id DESC LIMIT ").push_bind(most);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    pub(crate) async fn runs_of_members(
        &self,
        numbers: &[u32],
        chains: &[i64],
    ) -> Result<Vec<ChainRun>, StoreError> {
        let mut runs = Vec::new();
        if chains.is_empty() {
            return Ok(runs);
        }
        for numbers in numbers.chunks(ROWS_MAX) {
            let mut query = statement("SELECT * FROM chain_runs WHERE number IN ");
            push_numbers(&mut query, numbers.iter().map(|number| i64::from(*number)));
            query.push(" AND chain IN ");
            push_numbers(&mut query, chains.iter().copied());
            query.push(" ORDER BY id");
            let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
            runs.extend(rows.into_iter().map(|row| row.0));
        }
        Ok(runs)
    }

    pub(crate) async fn reserve_runs(&self, count: i64) -> Result<i64, StoreError> {
        let query = "UPDATE sequences SET last = last + $1 WHERE name = 'runs' RETURNING last";
        let last: i64 = sqlx::query_scalar(query).bind(count).fetch_one(&self.writer).await?;
        Ok(last.saturating_sub(count).saturating_add(1))
    }

    pub(crate) async fn shards_due(&self, shards: &[i64], now: i64) -> Result<Vec<i64>, StoreError> {
        if shards.is_empty() {
            return Ok(Vec::new());
        }
        let mut query = statement("SELECT s.shard FROM chain_shards AS s WHERE s.shard IN ");
        push_numbers(&mut query, shards.iter().copied());
        query.push(" AND EXISTS (SELECT 1 FROM chain_runs AS r WHERE r.shard = s.shard AND r.wake_at <= ");
        query.push_bind(now).push(")");
        Ok(query.build_query_scalar().fetch_all(&self.pool).await?)
    }

    pub(crate) async fn runs_due(
        &self,
        shard: i64,
        now: i64,
        most: i64,
    ) -> Result<Vec<ChainRun>, StoreError> {
        let chains: Vec<i64> = sqlx::query_scalar(
            "SELECT c.id FROM chains AS c WHERE EXISTS
                 (SELECT 1 FROM chain_runs AS r WHERE r.shard = $1 AND r.chain = c.id AND r.wake_at <= $2)
             ORDER BY c.id",
        )
        .bind(shard)
        .bind(now)
        .fetch_all(&self.pool)
        .await?;
        let each = most.checked_div(i64::try_from(chains.len()).unwrap_or(1)).unwrap_or(most).max(1);
        let mut runs = Vec::new();
        for chain in chains {
            let rows: Vec<Row> = sqlx::query_as(
                "SELECT * FROM chain_runs WHERE shard = $1 AND chain = $2 AND wake_at <= $3
                 ORDER BY wake_at LIMIT $4",
            )
            .bind(shard)
            .bind(chain)
            .bind(now)
            .bind(each)
            .fetch_all(&self.pool)
            .await?;
            runs.extend(rows.into_iter().map(|row| row.0));
        }
        Ok(runs)
    }

    pub(crate) async fn write_chains(&self, write: &ChainWrite) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        if let Some((from, to)) = write.cursor
            && !move_cursor(&mut transaction, CURSOR, from, to).await?
        {
            return Ok(false);
        }
        if let Some(claim) = &write.lease {
            // Read behind the start of the transaction: a worker that was stopped learns of it here.
            let now = now_in(&mut transaction).await?;
            if !holds(&mut transaction, claim, now).await? {
                return Ok(false);
            }
        }
        if !update(&mut transaction, &write.moved).await? || !begin(&mut transaction, &write.begun).await? {
            return Ok(false);
        }
        insert_steps(&mut transaction, &write.steps).await?;
        insert_planned(&mut transaction, &write.messages, write.at).await?;
        insert_effects(&mut transaction, &write.effects, write.at).await?;
        add_counts(&mut transaction, &write.counts).await?;
        if !write.events.is_empty() {
            events::append(&mut transaction, &write.events).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(crate) async fn chain_steps(&self, run: i64, most: i64) -> Result<Vec<ChainStep>, StoreError> {
        let rows: Vec<(i64, i64, i64, i64, String)> = sqlx::query_as(
            "SELECT revision, number, at, version, record FROM chain_steps WHERE run = $1
             ORDER BY revision LIMIT $2",
        )
        .bind(run)
        .bind(most)
        .fetch_all(&self.pool)
        .await?;
        let step = |(revision, number, at, version, record)| {
            Ok(ChainStep { run, revision, number: member_number(number)?, at, version, record })
        };
        rows.into_iter().map(step).collect()
    }

    pub(crate) async fn first_chain_steps(&self, runs: &[i64]) -> Result<Vec<ChainStep>, StoreError> {
        let mut steps = Vec::new();
        for runs in runs.chunks(ROWS_MAX) {
            let mut query = statement(
                "SELECT run, number, at, version, record FROM chain_steps WHERE revision = 1 AND run IN ",
            );
            push_numbers(&mut query, runs.iter().copied());
            let rows: Vec<(i64, i64, i64, i64, String)> =
                query.build_query_as().fetch_all(&self.pool).await?;
            for (run, number, at, version, record) in rows {
                let number = member_number(number)?;
                steps.push(ChainStep { run, revision: 1, number, at, version, record });
            }
        }
        Ok(steps)
    }

    pub(crate) async fn remove_chain_steps(&self, before: i64, most: i64) -> Result<u64, StoreError> {
        let query = "DELETE FROM chain_steps WHERE (run, revision) IN
             (SELECT run, revision FROM chain_steps WHERE at < $1 ORDER BY at LIMIT $2)";
        Ok(sqlx::query(query).bind(before).bind(most).execute(&self.writer).await?.rows_affected())
    }
}

/// Moves runs. False if one was changed by somebody else.
async fn update(transaction: &mut Transaction, moved: &[ChainRun]) -> Result<bool, StoreError> {
    let mut sorted: Vec<&ChainRun> = moved.iter().collect();
    sorted.sort_by_key(|run| run.id);
    for runs in sorted.chunks(ROWS_MAX) {
        let mut query = statement("WITH moved (id, revision, version, node, state, wake_at) AS (");
        query.push_values(runs, |mut row, run| {
            row.push_bind(run.id)
                .push_bind(run.revision)
                .push_bind(run.version)
                .push_bind(run.node)
                .push_bind(run.state.clone())
                .push_bind(run.wake_at);
        });
        query.push(
            ") UPDATE chain_runs SET version = moved.version, node = moved.node, state = moved.state,
                 wake_at = moved.wake_at, revision = chain_runs.revision + 1
             FROM moved WHERE chain_runs.id = moved.id AND chain_runs.revision = moved.revision",
        );
        let changed = query.build().execute(&mut **transaction).await?.rows_affected();
        if usize::try_from(changed).ok() != Some(runs.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Adds runs. False if the member has entered with the same key already.
async fn begin(transaction: &mut Transaction, begun: &[ChainRun]) -> Result<bool, StoreError> {
    let mut sorted: Vec<&ChainRun> = begun.iter().collect();
    sorted.sort_by(|left, right| {
        (left.number, left.chain, &left.entry_key).cmp(&(right.number, right.chain, &right.entry_key))
    });
    for runs in sorted.chunks(ROWS_MAX) {
        let mut query = statement(
            "INSERT INTO chain_runs (id, chain, version, number, entry_key, node, state, wake_at, shard, revision) ",
        );
        query.push_values(runs, |mut row, run| {
            let number = i64::from(run.number);
            row.push_bind(run.id)
                .push_bind(run.chain)
                .push_bind(run.version)
                .push_bind(number)
                .push_bind(run.entry_key.clone())
                .push_bind(run.node)
                .push_bind(run.state.clone())
                .push_bind(run.wake_at)
                .push_bind(number.rem_euclid(SHARDS))
                .push_bind(run.revision);
        });
        query.push(" ON CONFLICT (number, chain, entry_key) DO NOTHING");
        let added = query.build().execute(&mut **transaction).await?.rows_affected();
        if usize::try_from(added).ok() != Some(runs.len()) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn insert_steps(transaction: &mut Transaction, steps: &[ChainStep]) -> Result<(), StoreError> {
    for steps in steps.chunks(ROWS_MAX) {
        let mut query = statement("INSERT INTO chain_steps (run, revision, number, at, version, record) ");
        query.push_values(steps, |mut row, step| {
            row.push_bind(step.run)
                .push_bind(step.revision)
                .push_bind(i64::from(step.number))
                .push_bind(step.at)
                .push_bind(step.version)
                .push_bind(step.record.clone());
        });
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

async fn insert_effects(
    transaction: &mut Transaction,
    effects: &[ChainEffect],
    at: i64,
) -> Result<(), StoreError> {
    for effects in effects.chunks(ROWS_MAX) {
        let mut query = statement(
            "INSERT INTO chain_effects
                 (id, number, chain, kind, channel, payload, state, too_late_after, next_at, changed_at) ",
        );
        query.push_values(effects, |mut row, effect| {
            row.push_bind(effect.id.clone())
                .push_bind(i64::from(effect.number))
                .push_bind(effect.chain.clone())
                .push_bind(effect.kind.clone())
                .push_bind(effect.channel.clone())
                .push_bind(effect.payload.clone())
                .push_bind(effect.state.clone())
                .push_bind(effect.too_late_after)
                .push_bind(effect.next_at)
                .push_bind(at);
        });
        query.push(" ON CONFLICT (id) DO NOTHING");
        query.build().execute(&mut **transaction).await?;
    }
    Ok(())
}

struct Row(ChainRun);

impl FromRow<'_, DatabaseRow> for Row {
    fn from_row(row: &DatabaseRow) -> sqlx::Result<Self> {
        let number: i64 = row.try_get("number")?;
        let number = u32::try_from(number).map_err(|error| sqlx::Error::Decode(error.into()))?;
        Ok(Self(ChainRun {
            id: row.try_get("id")?,
            chain: row.try_get("chain")?,
            version: row.try_get("version")?,
            number,
            entry_key: row.try_get("entry_key")?,
            node: row.try_get("node")?,
            state: row.try_get("state")?,
            wake_at: row.try_get("wake_at")?,
            revision: row.try_get("revision")?,
        }))
    }
}
