-- Templates of messages: every version that was ever put, as it was sent. A version never changes.
CREATE TABLE message_templates (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    -- SHA-256 of the document, in hexadecimal digits.
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);

-- Surveys, likewise.
CREATE TABLE surveys (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    digest TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);
