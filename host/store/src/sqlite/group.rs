//! Group commit: short transactions of the same time reach the disk together.
//!
//! SQLite has one writer, and a commit waits for the disk longer than for all statements of a sale. So a transaction
//! that is done while others wait for the writer is not committed by itself: the next one begins inside it, as a
//! savepoint, and so on. The last one, behind which nobody waits, commits for all. A caller hears that it is committed
//! when it is on the disk, as before. One that fails takes back its own part; if the commit fails, it fails for all.
//!
//! Long transactions (imports, jobs) do not take part: they wait for the connection as before, so that no sale waits
//! for their statements before it is committed.

use std::collections::VecDeque;
use std::io;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sqlx::AssertSqlSafe;
use sqlx::sqlite::{SqliteConnection, SqlitePool, SqliteTransaction};
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Transactions that are committed together at most, so that long ones get their turn.
const MEMBERS_MAX: usize = 32;

/// The queue of short transactions for the one connection that writes.
#[derive(Debug, Clone)]
pub(super) struct Writers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    pool: SqlitePool,
    /// The longest time that a transaction waits for its turn.
    wait: Duration,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    /// Somebody has the turn.
    taken: bool,
    waiting: VecDeque<oneshot::Sender<Turn>>,
}

/// The right to begin the next short transaction, alone or inside a group. Who drops it passes it on.
#[derive(Debug)]
struct Turn {
    shared: Arc<Shared>,
    group: Option<Group>,
    /// Somebody else has taken over what it stands for.
    over: bool,
}

/// An open transaction, and those who wait for its commit.
#[derive(Debug)]
struct Group {
    transaction: SqliteTransaction<'static>,
    waiting: Vec<oneshot::Sender<Committed>>,
}

/// The progress of a transaction that is given up.
#[derive(Debug, Clone, Copy)]
enum Done {
    /// It has not begun, but for an empty savepoint.
    Nothing,
    Statements,
}

/// The outcome of the commit of a group, with the reason if nothing of it was written.
type Committed = Result<(), String>;

/// A transaction that is rolled back unless it is committed.
#[derive(Debug)]
pub(in crate::sqlite) struct Transaction {
    /// None once it is committed or given up.
    group: Option<Group>,
    /// The queue that a short one comes from; none of one that is committed by itself.
    shared: Option<Arc<Shared>>,
}

impl Writers {
    pub(in crate::sqlite) fn new(pool: SqlitePool, wait: Duration) -> Self {
        Self(Arc::new(Shared { pool, wait, queue: Mutex::default() }))
    }

    /// Begins a short transaction, which may be committed with others. It has the write lock.
    pub(in crate::sqlite) async fn begin(&self) -> sqlx::Result<Transaction> {
        let mut turn = self.0.turn().await?;
        if let Some(group) = &mut turn.group {
            group.savepoint("SAVEPOINT").await?;
        } else {
            let transaction = self.0.pool.begin_with("BEGIN IMMEDIATE").await?;
            turn.group = Some(Group { transaction, waiting: Vec::new() });
        }
        turn.over = true;
        Ok(Transaction { group: turn.group.take(), shared: Some(Arc::clone(&self.0)) })
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn turn(self: &Arc<Self>) -> sqlx::Result<Turn> {
        let receiver = {
            let mut queue = self.queue();
            if !queue.taken {
                queue.taken = true;
                return Ok(self.its_turn(None));
            }
            let (sender, receiver) = oneshot::channel();
            queue.waiting.push_back(sender);
            receiver
        };
        if let Ok(Ok(turn)) = tokio::time::timeout(self.wait, receiver).await {
            return Ok(turn);
        }
        self.queue().waiting.retain(|sender| !sender.is_closed());
        Err(sqlx::Error::PoolTimedOut)
    }

    fn its_turn(self: &Arc<Self>, group: Option<Group>) -> Turn {
        Turn { shared: Arc::clone(self), group, over: false }
    }

    /// Gives the turn to the next who waits. A group comes back if nobody waits or it is full; its turn is then still taken.
    fn pass_on(self: &Arc<Self>, mut group: Option<Group>) -> Option<Group> {
        loop {
            if group.as_ref().is_some_and(|group| group.waiting.len() >= MEMBERS_MAX) {
                return group;
            }
            let next = {
                let mut queue = self.queue();
                let next = queue.waiting.pop_front();
                queue.taken = next.is_some() || group.is_some();
                next
            };
            let Some(next) = next else { return group };
            match next.send(self.its_turn(group)) {
                Ok(()) => return None,
                Err(mut turn) => {
                    // That one has stopped waiting.
                    turn.over = true;
                    group = turn.group.take();
                }
            }
        }
    }

    /// Takes back what the last transaction of a group has `done`, and sees to the others.
    fn give_up(self: &Arc<Self>, group: Option<Group>, done: Done) {
        let alone = group.as_ref().is_none_or(|group| group.waiting.is_empty());
        match (Handle::try_current(), group) {
            (Ok(runtime), Some(group)) if !alone => {
                let shared = Arc::clone(self);
                runtime.spawn(async move { shared.without_the_last(group, done).await });
            }
            (_, group) => {
                // The transaction is rolled back when its connection is free.
                drop(group);
                self.pass_on(None);
            }
        }
    }

    /// Goes on with a group whose last transaction is given up.
    async fn without_the_last(self: &Arc<Self>, group: Group, done: Done) {
        let group = match done {
            Done::Nothing => match self.pass_on(Some(group)) {
                Some(group) => Some(group),
                None => return,
            },
            // It is committed at once: who gives up has often met what others have written and not committed yet, looks
            // for that among what is committed, and comes again until it is there.
            Done::Statements => group.without_the_last().await,
        };
        if let Some(group) = group {
            group.commit().await;
        }
        self.pass_on(None);
    }
}

impl Group {
    /// Has the savepoint that the last transaction begins with made, or gone back to. Each has a name of its own, so that
    /// none is taken for another; they end with the commit.
    async fn savepoint(&mut self, what: &str) -> sqlx::Result<()> {
        let statement = format!("{what} member_{}", self.waiting.len());
        sqlx::query(AssertSqlSafe(statement)).persistent(false).execute(&mut *self.transaction).await?;
        Ok(())
    }

    /// Rolls back the last transaction. None if all of it is lost, as after an error of the disk, when SQLite has rolled
    /// back everything by itself.
    async fn without_the_last(mut self) -> Option<Self> {
        match self.savepoint("ROLLBACK TO").await {
            Ok(()) => Some(self),
            Err(error) => {
                tell(self.waiting, &Err(error.to_string()));
                None
            }
        }
    }

    async fn commit(self) {
        let Self { mut transaction, waiting } = self;
        let committed = match is_whole(&mut transaction, waiting.len()).await {
            Ok(()) => transaction.commit().await,
            Err(error) => Err(error),
        };
        tell(waiting, &committed.map_err(|error| error.to_string()));
    }
}

/// Fails if SQLite has rolled back the transaction that the group began with, and nobody has noticed.
async fn is_whole(transaction: &mut SqliteTransaction<'static>, members: usize) -> sqlx::Result<()> {
    if members > 1 {
        sqlx::query("RELEASE member_1").persistent(false).execute(&mut **transaction).await?;
    }
    Ok(())
}

/// Tells everybody the outcome who still waits for it.
fn tell(waiting: Vec<oneshot::Sender<Committed>>, committed: &Committed) {
    for sender in waiting {
        // Whose caller has gone away, needs no answer.
        let _: Result<(), Committed> = sender.send(committed.clone());
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.over {
            self.shared.give_up(self.group.take(), Done::Nothing);
        }
    }
}

impl Transaction {
    /// One that is committed by itself.
    pub(in crate::sqlite) fn alone(transaction: SqliteTransaction<'static>) -> Self {
        Self { group: Some(Group { transaction, waiting: Vec::new() }), shared: None }
    }

    /// Commits it, alone or with others of the same time. Returns when it is on the disk.
    pub(in crate::sqlite) async fn commit(mut self) -> sqlx::Result<()> {
        let Some(shared) = self.shared.clone() else {
            return self.commit_alone().await;
        };
        let (sender, receiver) = oneshot::channel();
        let Some(mut group) = self.group.take() else { return Ok(()) };
        group.waiting.push(sender);
        match shared.pass_on(Some(group)) {
            Some(group) if group.waiting.len() == 1 => {
                let _turn = shared.its_turn(None);
                return group.transaction.commit().await;
            }
            // As a task, so that a caller that goes away takes nothing from the others.
            Some(group) => drop(tokio::spawn(async move {
                let turn = shared.its_turn(None);
                group.commit().await;
                drop(turn);
            })),
            None => {}
        }
        let reason = match receiver.await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(reason)) => reason,
            Err(_) => "the process is stopping".to_owned(),
        };
        Err(sqlx::Error::Io(io::Error::other(reason)))
    }

    async fn commit_alone(&mut self) -> sqlx::Result<()> {
        match self.group.take() {
            Some(group) => group.transaction.commit().await,
            None => Ok(()),
        }
    }

    #[expect(clippy::expect_used, reason = "the group is taken by what consumes the transaction alone")]
    fn group(&self) -> &Group {
        self.group.as_ref().expect("an open transaction")
    }
}

impl Deref for Transaction {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.group().transaction
    }
}

impl DerefMut for Transaction {
    #[expect(clippy::expect_used, reason = "the group is taken by what consumes the transaction alone")]
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.group.as_mut().expect("an open transaction").transaction
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        match (self.group.take(), self.shared.take()) {
            (Some(group), Some(shared)) => shared.give_up(Some(group), Done::Statements),
            // The connection rolls back before it is used again.
            (group, _) => drop(group),
        }
    }
}
