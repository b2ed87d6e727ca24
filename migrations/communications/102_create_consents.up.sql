-- What members have answered about channels and topics, with the proof. Answers are added and never changed: the latest
-- counts. Times are milliseconds since 1970.
CREATE TABLE consents (
    -- Names the answer, so that the same one is kept once.
    id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    -- A name, or `*` for all.
    channel TEXT NOT NULL,
    topic TEXT NOT NULL,
    -- `granted`, `pending` or `withdrawn`.
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    -- Where the answer was given, and the version of the text that was shown.
    source TEXT NOT NULL,
    text_version TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    actor TEXT NOT NULL
);

CREATE INDEX consents_by_member ON consents (number, channel, topic, state, at);

-- Members and addresses that are not written to. An address is kept as a digest: the list tells nobody's address, and
-- stays when a member is erased.
CREATE TABLE suppressions (
    -- Names whom it is about, the channel and the scope.
    id TEXT PRIMARY KEY NOT NULL,
    number BIGINT,
    digest TEXT,
    -- A name, or `*` for all.
    channel TEXT NOT NULL,
    -- `marketing` or `all`.
    scope TEXT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

CREATE INDEX suppressions_by_member ON suppressions (number);
CREATE INDEX suppressions_by_address ON suppressions (digest);

-- Ranges of phone numbers with operator and zone: the table that was imported last.
CREATE TABLE number_ranges (
    first_number BIGINT PRIMARY KEY NOT NULL,
    last_number BIGINT NOT NULL,
    operator TEXT NOT NULL,
    region TEXT NOT NULL,
    zone TEXT NOT NULL
);

-- How often the table was imported.
INSERT INTO sequences (name, last) VALUES ('number_ranges', 0);
