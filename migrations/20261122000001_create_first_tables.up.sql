-- One row a change of anything that receipts are priced by.
CREATE TABLE revisions (
    revision   BIGINT PRIMARY KEY,
    change     TEXT   NOT NULL,
    created_at BIGINT NOT NULL -- seconds since 1970
);

-- Products, categories, groups, classes and points of sale, as they were sent.
-- A row is never edited: it ends, and another begins.
CREATE TABLE catalog_rows (
    type           TEXT   NOT NULL,
    key            TEXT   NOT NULL,
    from_revision  BIGINT NOT NULL REFERENCES revisions (revision),
    until_revision BIGINT REFERENCES revisions (revision),
    body           TEXT   NOT NULL,
    PRIMARY KEY (type, key, from_revision)
);
CREATE UNIQUE INDEX catalog_rows_current ON catalog_rows (type, key) WHERE until_revision IS NULL;

CREATE TABLE members (
    id       TEXT   PRIMARY KEY,
    state    TEXT   NOT NULL,
    points   TEXT   NOT NULL, -- exact decimal
    revision BIGINT NOT NULL REFERENCES revisions (revision)
);

CREATE TABLE member_identifiers (
    kind      TEXT   NOT NULL,
    value     TEXT   NOT NULL,
    member_id TEXT   NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    ordinal   BIGINT NOT NULL,
    PRIMARY KEY (kind, value)
);
CREATE INDEX member_identifiers_member ON member_identifiers (member_id);

CREATE TABLE member_audiences (
    member_id TEXT NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    audience  TEXT NOT NULL,
    PRIMARY KEY (member_id, audience)
);

CREATE TABLE attributes (
    name     TEXT   PRIMARY KEY,
    type     TEXT   NOT NULL,
    revision BIGINT NOT NULL REFERENCES revisions (revision)
);

-- Values outlive their member, so that old answers can still be explained.
CREATE TABLE member_attributes (
    member_id      TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    from_revision  BIGINT NOT NULL REFERENCES revisions (revision),
    until_revision BIGINT REFERENCES revisions (revision),
    value          TEXT   NOT NULL, -- JSON
    PRIMARY KEY (member_id, name, from_revision)
);
CREATE UNIQUE INDEX member_attributes_current
    ON member_attributes (member_id, name) WHERE until_revision IS NULL;

CREATE TABLE offers (
    external_id TEXT   PRIMARY KEY,
    state       TEXT   NOT NULL, -- draft, running or stopped
    version     BIGINT NOT NULL, -- the latest
    revision    BIGINT NOT NULL REFERENCES revisions (revision)
);

CREATE TABLE offer_versions (
    external_id TEXT   NOT NULL REFERENCES offers (external_id),
    version     BIGINT NOT NULL,
    revision    BIGINT NOT NULL REFERENCES revisions (revision),
    body        TEXT   NOT NULL,
    PRIMARY KEY (external_id, version)
);

CREATE TABLE api_keys (
    digest     TEXT   PRIMARY KEY, -- SHA-256 of the key, hexadecimal
    name       TEXT   NOT NULL,
    role       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- The latest calculation of every purchase.
CREATE TABLE purchases (
    id         TEXT   PRIMARY KEY,
    state      TEXT   NOT NULL,
    request    TEXT   NOT NULL,
    answer     TEXT   NOT NULL,
    plan       TEXT   NOT NULL, -- its hash
    revision   BIGINT NOT NULL, -- of the plan
    member_id  TEXT,
    attributes TEXT   NOT NULL, -- JSON: the revision of each attribute that was read
    updated_at BIGINT NOT NULL
);
