-- What a key is bound to, and until when it opens anything. NULL: to nothing; for ever.
ALTER TABLE api_keys ADD COLUMN places TEXT; -- stores and tills, one a line
ALTER TABLE api_keys ADD COLUMN partner TEXT;
ALTER TABLE api_keys ADD COLUMN expires_at BIGINT; -- seconds since 1970
ALTER TABLE api_keys ADD COLUMN revoked_at BIGINT;
ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT; -- written now and then, not at every call

-- Tokens that open one member each, for a short time.
CREATE TABLE member_tokens (
    digest     TEXT   PRIMARY KEY, -- SHA-256 of the token, hexadecimal
    member_id  TEXT   NOT NULL,
    issued_by  TEXT   NOT NULL, -- digest of the key
    created_at BIGINT NOT NULL, -- seconds since 1970, by the clock of the database
    expires_at BIGINT NOT NULL
);
CREATE INDEX member_tokens_age ON member_tokens (expires_at);
