-- Components, by what they are. A row is never edited.
CREATE TABLE mechanic_versions (
    digest      TEXT   PRIMARY KEY, -- sha256:… of the component
    name        TEXT   NOT NULL,
    version     TEXT   NOT NULL,
    class       TEXT   NOT NULL, -- fast, standard or slow
    origin      TEXT   NOT NULL, -- builtin or uploaded
    description TEXT   NOT NULL, -- JSON: what it says of itself
    steps       TEXT   NOT NULL, -- JSON: how it became ready
    component   BYTEA  NOT NULL,
    created_at  BIGINT NOT NULL  -- seconds since 1970
);
CREATE UNIQUE INDEX mechanic_versions_uploaded ON mechanic_versions (name, version) WHERE origin = 'uploaded';

-- Which version of a mechanic prices which receipts. A row is never edited: it ends, and another begins.
CREATE TABLE mechanic_rollouts (
    name           TEXT   NOT NULL,
    from_revision  BIGINT NOT NULL REFERENCES revisions (revision),
    until_revision BIGINT REFERENCES revisions (revision),
    body           TEXT   NOT NULL, -- JSON
    PRIMARY KEY (name, from_revision)
);
CREATE UNIQUE INDEX mechanic_rollouts_current ON mechanic_rollouts (name) WHERE until_revision IS NULL;

-- The settings that receipts are priced with, from a revision on.
CREATE TABLE plan_settings (
    revision BIGINT PRIMARY KEY REFERENCES revisions (revision),
    body     TEXT   NOT NULL -- JSON
);

-- The hosts that share this database, by what they last said. Times are of the clock of the database.
CREATE TABLE nodes (
    id         TEXT   PRIMARY KEY,
    address    TEXT   NOT NULL,
    revision   BIGINT NOT NULL, -- that it serves
    trouble    TEXT,            -- why it serves nothing
    started_at BIGINT NOT NULL, -- milliseconds since 1970
    seen_at    BIGINT NOT NULL
);

-- Components that are about to be needed, so that every node can get ready before they are.
CREATE TABLE preparations (
    id           TEXT   PRIMARY KEY,
    digests      TEXT   NOT NULL, -- JSON list
    announced_at BIGINT NOT NULL
);
CREATE TABLE preparation_answers (
    id      TEXT NOT NULL REFERENCES preparations (id) ON DELETE CASCADE,
    node    TEXT NOT NULL,
    trouble TEXT, -- NULL: it is ready
    PRIMARY KEY (id, node)
);

-- What each node has seen of a version since it last became active, or was tried.
CREATE TABLE mechanic_health (
    digest     TEXT   NOT NULL,
    trial      TEXT   NOT NULL, -- active, canary or shadow
    since      BIGINT NOT NULL, -- number of the trial
    node       TEXT   NOT NULL,
    counts     TEXT   NOT NULL, -- JSON
    PRIMARY KEY (digest, trial, since, node)
);

-- Receipts that a version would have priced otherwise.
CREATE TABLE shadow_differences (
    digest      TEXT   NOT NULL,
    since       BIGINT NOT NULL, -- number of the trial
    purchase_id TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    lines       TEXT   NOT NULL, -- JSON
    PRIMARY KEY (digest, since, purchase_id)
);
