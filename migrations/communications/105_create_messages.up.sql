-- Times are milliseconds since 1970, UTC.

-- One row for each message that was ever planned. The id is a function of cause, member and channel, so that planning
-- the same thing twice is the same row.
CREATE TABLE messages (
    id TEXT PRIMARY KEY NOT NULL,
    -- What wanted it: `mailing/NAME`, `chain/…`, `test/…`.
    cause TEXT NOT NULL,
    cause_kind TEXT NOT NULL,
    -- The queue it waits in; closing a queue pauses all that is in it.
    queue TEXT NOT NULL,
    number BIGINT NOT NULL,
    channel TEXT NOT NULL,
    template TEXT NOT NULL,
    template_version BIGINT NOT NULL,
    -- `marketing` or `transactional`.
    category TEXT NOT NULL,
    topic TEXT NOT NULL,
    priority BIGINT NOT NULL,
    -- The A/B variant; empty if there is none.
    variant TEXT NOT NULL DEFAULT '',
    not_before BIGINT NOT NULL,
    too_late_after BIGINT,
    -- `planned`, `held`, `attempting`, `sent`, `skipped`, `failed`, `unknown`, `ghost`, `dead`.
    state TEXT NOT NULL,
    -- Why, in a word.
    reason TEXT NOT NULL DEFAULT '',
    -- Why, in the words of the provider.
    detail TEXT NOT NULL DEFAULT '',
    -- 0 to 63, the same for all messages of a member.
    lane BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    -- 1 if an attempt may be repeated when nobody knows what became of it.
    may_repeat BIGINT NOT NULL DEFAULT 0,
    -- When it is due; NULL once it is decided or on the wire.
    next_at BIGINT,
    -- Values for the template, as a JSON object.
    payload TEXT NOT NULL,
    provider_id TEXT,
    planned_at BIGINT NOT NULL,
    -- When it came into its present state.
    changed_at BIGINT NOT NULL,
    sent_at BIGINT,
    -- First reactions.
    delivered_at BIGINT,
    opened_at BIGINT,
    clicked_at BIGINT,
    bounced_at BIGINT,
    complained_at BIGINT,
    unsubscribed_at BIGINT
);

CREATE INDEX messages_due ON messages (queue, next_at, lane) WHERE next_at IS NOT NULL;
CREATE INDEX messages_attempting ON messages (lane) WHERE state = 'attempting';
CREATE INDEX messages_by_cause ON messages (cause, state, reason, id);
CREATE INDEX messages_by_member ON messages (number, planned_at);
CREATE INDEX messages_by_time ON messages (planned_at);
CREATE INDEX messages_by_provider ON messages (channel, provider_id) WHERE provider_id IS NOT NULL;

-- Queues of messages. A closed one is not looked at.
CREATE TABLE message_queues (
    queue TEXT PRIMARY KEY NOT NULL,
    is_open BIGINT NOT NULL DEFAULT 1,
    -- Higher ones are looked at first.
    priority BIGINT NOT NULL DEFAULT 0,
    -- Messages a second at most; NULL: no limit of its own.
    rate BIGINT
);

-- Who sends what: each lane belongs to one worker at a time.
CREATE TABLE message_lanes (
    lane BIGINT PRIMARY KEY NOT NULL,
    owner TEXT NOT NULL,
    -- Rises with each change of owner.
    fence BIGINT NOT NULL,
    leased_until BIGINT NOT NULL
);

-- The latest fencing number. Whoever leases lanes writes this row first.
INSERT INTO sequences (name, last) VALUES ('lanes', 0);

-- Workers that are alive, so that lanes are shared out evenly.
CREATE TABLE message_workers (
    owner TEXT PRIMARY KEY NOT NULL,
    seen_at BIGINT NOT NULL
);

-- Limits that all nodes share: the time, in microseconds, at which the next message of a queue or account may go.
CREATE TABLE message_rates (
    name TEXT PRIMARY KEY NOT NULL,
    next_at_us BIGINT NOT NULL
);

CREATE TABLE mailings (
    name TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- `draft`, `running`, `paused`, `stopped`, `done`.
    state TEXT NOT NULL,
    -- Why it is in its state, if it came there by itself.
    reason TEXT NOT NULL DEFAULT '',
    created_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    started_at BIGINT,
    -- The versions of its templates when it was started, by name, as a JSON object.
    template_versions TEXT NOT NULL DEFAULT '{}',
    -- Members of the frozen audience.
    audience BIGINT NOT NULL DEFAULT 0,
    -- The next number to plan; what is below is planned.
    cursor BIGINT NOT NULL DEFAULT 0,
    -- Members of the audience who turned out to be one with another.
    merged BIGINT NOT NULL DEFAULT 0,
    -- 1 once everybody is planned.
    is_planned BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX mailings_by_state ON mailings (state, name);

-- The frozen audience: for each 65,536 numbers that have members in it, those as a Roaring bitmap.
CREATE TABLE mailing_audiences (
    mailing TEXT NOT NULL,
    part BIGINT NOT NULL,
    numbers BYTEA NOT NULL,
    PRIMARY KEY (mailing, part)
);
