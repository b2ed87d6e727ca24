-- Digest of the address that the message went to, as suppressions keep it. NULL: it went to none, or was sent by a release
-- without this column.
ALTER TABLE messages ADD COLUMN sent_to TEXT;
