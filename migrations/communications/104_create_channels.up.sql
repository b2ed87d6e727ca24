-- How messages reach members. Times are milliseconds since 1970.

CREATE TABLE channels (
    name TEXT PRIMARY KEY NOT NULL,
    -- `smtp`, `http` or `in_app`.
    kind TEXT NOT NULL,
    -- JSON, without the secrets that are stored.
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);

-- Secrets that were sent with a channel. Nothing shows them again.
CREATE TABLE channel_secrets (
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (channel, name)
);

-- Messages that were handed over on a day (UTC), by channel: the limit of a day is shared by all nodes.
CREATE TABLE channel_days (
    channel TEXT NOT NULL,
    -- Days since 1970.
    day BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    PRIMARY KEY (channel, day)
);

-- The keys that sign the tokens of links: the latest signs, all are believed.
CREATE TABLE link_keys (
    -- From 1; nodes that start together agree on the first by it.
    place BIGINT PRIMARY KEY NOT NULL,
    -- In hexadecimal digits.
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Where the links of a message lead.
CREATE TABLE message_links (
    message_id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    -- Addresses as a JSON array; the first one is link 1.
    urls TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX message_links_by_time ON message_links (created_at);
CREATE INDEX message_links_by_member ON message_links (number);

-- The most severe status that was reported of a message.
CREATE TABLE message_statuses (
    message_id TEXT PRIMARY KEY NOT NULL,
    number BIGINT NOT NULL,
    status TEXT NOT NULL,
    severity BIGINT NOT NULL,
    reason TEXT NOT NULL,
    at BIGINT NOT NULL
);

CREATE INDEX message_statuses_by_member ON message_statuses (number);
CREATE INDEX message_statuses_by_time ON message_statuses (at);

-- Requests for links and pictures of messages, without the address that they came from. They are judged a little later and
-- together, because a scanner is known by what it does next.
CREATE TABLE message_hits (
    -- A digest of message, link, method and second: the same request twice is one.
    id TEXT PRIMARY KEY NOT NULL,
    message_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    -- 0 for the picture.
    link BIGINT NOT NULL,
    is_head BIGINT NOT NULL,
    at BIGINT NOT NULL,
    -- `proxy`, `scanner` or empty.
    network TEXT NOT NULL,
    -- When it is to be judged; NULL once it was.
    judge_at BIGINT
);

CREATE INDEX message_hits_by_message ON message_hits (message_id, at);
CREATE INDEX message_hits_by_member ON message_hits (number);
CREATE INDEX message_hits_due ON message_hits (judge_at) WHERE judge_at IS NOT NULL;
CREATE INDEX message_hits_by_time ON message_hits (at);

-- Reports that were taken, so that a repeated one is told.
CREATE TABLE channel_receipts (
    channel TEXT NOT NULL,
    id TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (channel, id)
);

CREATE INDEX channel_receipts_by_time ON channel_receipts (received_at);

-- Soft bounces of a member's address in a row.
CREATE TABLE soft_bounces (
    channel TEXT NOT NULL,
    number BIGINT NOT NULL,
    bounces BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (channel, number)
);

CREATE INDEX soft_bounces_by_member ON soft_bounces (number);

-- Messages that members read in the retailer's own app or site.
CREATE TABLE in_app_messages (
    message_id TEXT PRIMARY KEY NOT NULL,
    channel TEXT NOT NULL,
    number BIGINT NOT NULL,
    title TEXT NOT NULL,
    content TEXT NOT NULL,
    sent_at BIGINT NOT NULL,
    -- From then on it is not shown.
    expires_at BIGINT,
    read_at BIGINT
);

CREATE INDEX in_app_messages_by_member ON in_app_messages (number, sent_at);
CREATE INDEX in_app_messages_by_time ON in_app_messages (sent_at);
