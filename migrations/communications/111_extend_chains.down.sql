DROP INDEX messages_of_chains;
DROP INDEX chain_effects_by_channel;
ALTER TABLE chain_effects DROP COLUMN channel;
