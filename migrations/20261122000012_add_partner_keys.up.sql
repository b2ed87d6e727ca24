-- Public keys that partners sign their mechanics with. A key is never edited: it is revoked.
CREATE TABLE partner_keys (
    id         TEXT   PRIMARY KEY,
    partner    TEXT   NOT NULL, -- the name of its API keys
    public_key TEXT   NOT NULL, -- ed25519, base64
    created_at BIGINT NOT NULL, -- seconds since 1970
    revoked_at BIGINT
);

-- Who uploaded a version, and the key that its signature is by. NULL: nobody, or from before it was kept.
ALTER TABLE mechanic_versions ADD COLUMN uploader TEXT;
ALTER TABLE mechanic_versions ADD COLUMN uploader_role TEXT;
ALTER TABLE mechanic_versions ADD COLUMN signing_key TEXT;
ALTER TABLE mechanic_versions ADD COLUMN signature TEXT;
