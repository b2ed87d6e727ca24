-- A calculation can be confirmed until it expires. `version` counts the changes of a purchase:
-- whoever writes says which one was read.
ALTER TABLE purchases ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE purchases ADD COLUMN expires_at BIGINT; -- seconds since 1970; NULL: not waiting for anything
ALTER TABLE purchases ADD COLUMN points_spent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE purchases ADD COLUMN points_earned BIGINT NOT NULL DEFAULT 0;
CREATE INDEX purchases_waiting ON purchases (expires_at) WHERE expires_at IS NOT NULL;

-- What came back of a purchase, or is about to.
CREATE TABLE returns (
    id            TEXT   PRIMARY KEY,
    purchase_id   TEXT   NOT NULL REFERENCES purchases (id),
    number        BIGINT NOT NULL, -- within the purchase, from 1
    state         TEXT   NOT NULL,
    request       TEXT   NOT NULL,
    answer        TEXT   NOT NULL,
    points_back   BIGINT NOT NULL, -- burned points that the member gets back
    points_taken  BIGINT NOT NULL, -- earned points that are taken back
    expires_at    BIGINT,
    updated_at    BIGINT NOT NULL,
    UNIQUE (purchase_id, number)
);
CREATE INDEX returns_waiting ON returns (expires_at) WHERE expires_at IS NOT NULL;

-- Points that a member got at one time. Everything that happens to them is an entry; `remaining` is
-- the sum of the lot's entries. A lot below zero is a debt.
CREATE TABLE point_lots (
    member_id   TEXT   NOT NULL,
    number      BIGINT NOT NULL, -- of the entry that opened it
    remaining   BIGINT NOT NULL, -- smallest steps of points
    active_from BIGINT NOT NULL, -- seconds since 1970
    expires_at  BIGINT,
    purchase_id TEXT,
    PRIMARY KEY (member_id, number)
);
CREATE INDEX point_lots_expiring ON point_lots (expires_at) WHERE remaining > 0;

-- The ledger. Rows are added, never changed.
CREATE TABLE point_entries (
    member_id   TEXT   NOT NULL,
    number      BIGINT NOT NULL, -- within the member, from 1
    lot         BIGINT NOT NULL,
    kind        TEXT   NOT NULL, -- imported, earned, taken_back, spent, given_back or expired
    points      BIGINT NOT NULL, -- signed
    purchase_id TEXT,
    return_id   TEXT,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (member_id, number)
);
CREATE INDEX point_entries_purchase ON point_entries (purchase_id) WHERE purchase_id IS NOT NULL;

-- Points that a calculation wants to spend.
CREATE TABLE point_reservations (
    purchase_id TEXT   PRIMARY KEY REFERENCES purchases (id),
    member_id   TEXT   NOT NULL,
    points      BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX point_reservations_member ON point_reservations (member_id);

-- Last imported balance; the ledger holds the difference to the import before. Members from before
-- the ledger get their points with the next import.
ALTER TABLE members ADD COLUMN points_imported BIGINT NOT NULL DEFAULT 0;

-- How much of its limits an offer has given away. `scope` is the JSON list of what is limited, whose
-- it is, by which period, and which one.
CREATE TABLE counters (
    offer  TEXT   NOT NULL,
    scope  TEXT   NOT NULL,
    uses   BIGINT NOT NULL,
    money  BIGINT NOT NULL,
    points BIGINT NOT NULL,
    PRIMARY KEY (offer, scope)
);
CREATE INDEX counters_scope ON counters (scope);

-- Who took how much of a counter, or is about to.
CREATE TABLE counter_grants (
    purchase_id TEXT   NOT NULL REFERENCES purchases (id),
    offer       TEXT   NOT NULL,
    scope       TEXT   NOT NULL,
    uses        BIGINT NOT NULL,
    money       BIGINT NOT NULL,
    points      BIGINT NOT NULL,
    expires_at  BIGINT, -- NULL: confirmed
    PRIMARY KEY (purchase_id, offer, scope)
);
CREATE INDEX counter_grants_counter ON counter_grants (offer, scope) WHERE expires_at IS NOT NULL;
CREATE INDEX counter_grants_scope ON counter_grants (scope) WHERE expires_at IS NOT NULL;

-- The answer to each mutating call, for whoever sends it again.
CREATE TABLE idempotency_keys (
    caller      TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL, -- of the call
    status      BIGINT NOT NULL,
    body        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Which version of an offer was in which state from which revision on: late receipts are priced with
-- what was valid then.
CREATE TABLE offer_history (
    external_id TEXT   NOT NULL REFERENCES offers (external_id),
    revision    BIGINT NOT NULL REFERENCES revisions (revision),
    version     BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    PRIMARY KEY (external_id, revision)
);
INSERT INTO offer_history (external_id, revision, version, state)
SELECT external_id, revision, version, state FROM offers;
