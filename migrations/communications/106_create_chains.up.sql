-- Times are milliseconds since 1970, UTC.

CREATE TABLE chains (
    -- Short, since every run has it.
    id BIGINT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL UNIQUE,
    -- `draft`, `running`, `stopped`.
    state TEXT NOT NULL,
    -- The latest version.
    version BIGINT NOT NULL,
    -- The version that members enter; NULL before the first was published.
    published BIGINT,
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- A version never changes.
CREATE TABLE chain_versions (
    chain BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- SHA-256 of the document, in hexadecimal digits.
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (chain, version)
);

-- One row for each time that a member entered a chain. `wake_at` is NULL once it has left.
CREATE TABLE chain_runs (
    id BIGINT PRIMARY KEY NOT NULL,
    chain BIGINT NOT NULL,
    version BIGINT NOT NULL,
    number BIGINT NOT NULL,
    -- What the member entered with, and which time it is: an event that is told twice enters once.
    entry_key TEXT NOT NULL,
    -- Place of the node among the names of the version's nodes.
    node BIGINT NOT NULL,
    -- At most 64 bytes.
    state TEXT NOT NULL,
    wake_at BIGINT,
    -- 0 to 63, the same for all runs of a member.
    shard BIGINT NOT NULL,
    -- Rises with each change.
    revision BIGINT NOT NULL,
    UNIQUE (number, chain, entry_key)
);

CREATE INDEX chain_runs_due ON chain_runs (shard, wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX chain_runs_waiting ON chain_runs (chain, version, node) WHERE wake_at IS NOT NULL;

-- Every step with what it read, so that it can be taken again.
CREATE TABLE chain_steps (
    run BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    version BIGINT NOT NULL,
    -- Node and state before it, the event, the facts, and what came of it: a JSON object.
    record TEXT NOT NULL,
    PRIMARY KEY (run, revision)
);

CREATE INDEX chain_steps_by_member ON chain_steps (number);
CREATE INDEX chain_steps_by_time ON chain_steps (at);

-- What steps have caused outside of this database.
CREATE TABLE chain_effects (
    -- CHAIN/RUN/NODE/STEP; also the idempotency key of the call that it makes.
    id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    chain TEXT NOT NULL,
    -- `points`, `coupon`, `personal_offer`, `attribute`, `tag`.
    kind TEXT NOT NULL,
    -- The node, as a JSON object.
    payload TEXT NOT NULL,
    -- `planned`, `done`, `failed`, `late`, `ghost`.
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    attempts BIGINT NOT NULL DEFAULT 0,
    too_late_after BIGINT NOT NULL,
    -- NULL once it is decided.
    next_at BIGINT,
    changed_at BIGINT NOT NULL
);

CREATE INDEX chain_effects_due ON chain_effects (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX chain_effects_by_member ON chain_effects (number);
CREATE INDEX chain_effects_by_time ON chain_effects (changed_at);
CREATE INDEX chain_effects_by_chain ON chain_effects (chain, kind, state);

-- Numbers for statistics, by chain.
CREATE TABLE chain_counts (
    chain BIGINT NOT NULL,
    -- `entered`, `ghosts`, `joined`, `refused`, `visited`, `left`, `goal`, `too_late`.
    what TEXT NOT NULL,
    -- The node, reason or goal; empty if there is none.
    name TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (chain, what, name)
);

-- Who wakes which runs: each shard belongs to one worker at a time.
CREATE TABLE chain_shards (
    shard BIGINT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    -- Rises with each change of owner.
    fence BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

CREATE TABLE chain_workers (
    owner TEXT PRIMARY KEY NOT NULL,
    seen_at BIGINT NOT NULL
);

INSERT INTO sequences (name, last) VALUES ('chains', 0), ('runs', 0), ('shards', 0);
