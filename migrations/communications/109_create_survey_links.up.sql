-- Pages of surveys that members were sent the addresses of.
CREATE TABLE survey_links (
    -- The secret part of the address.
    token TEXT PRIMARY KEY NOT NULL,
    survey TEXT NOT NULL,
    version BIGINT NOT NULL,
    number BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    -- The member's language; empty if it is not known.
    language TEXT NOT NULL,
    -- Milliseconds since 1970.
    created_at BIGINT NOT NULL,
    UNIQUE (message_id, survey)
);

CREATE INDEX survey_links_by_member ON survey_links (number);
CREATE INDEX survey_links_by_time ON survey_links (created_at);
