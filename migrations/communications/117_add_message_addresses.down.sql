ALTER TABLE messages DROP COLUMN sent_to;
