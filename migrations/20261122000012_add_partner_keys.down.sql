ALTER TABLE mechanic_versions DROP COLUMN signature;
ALTER TABLE mechanic_versions DROP COLUMN signing_key;
ALTER TABLE mechanic_versions DROP COLUMN uploader_role;
ALTER TABLE mechanic_versions DROP COLUMN uploader;
DROP TABLE partner_keys;
