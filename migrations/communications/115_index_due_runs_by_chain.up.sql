-- Runs that are due, chain by chain, so that those of one chain do not wait for all of another.
CREATE INDEX chain_runs_due_by_chain ON chain_runs (shard, chain, wake_at) WHERE wake_at IS NOT NULL;
