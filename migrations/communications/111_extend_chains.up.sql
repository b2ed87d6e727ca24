-- The channel that a webhook goes through; NULL for what is done in the database of tills.
ALTER TABLE chain_effects ADD COLUMN channel TEXT;

CREATE INDEX chain_effects_by_channel ON chain_effects (channel, next_at)
    WHERE channel IS NOT NULL AND next_at IS NOT NULL;

-- Members of a chain in the order of their numbers, some at a time, to credit purchases to it.
CREATE INDEX messages_of_chains ON messages (queue, number) WHERE cause_kind = 'chain';
