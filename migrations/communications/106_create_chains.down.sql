DELETE FROM sequences WHERE name IN ('chains', 'runs', 'shards');
DROP TABLE chain_workers;
DROP TABLE chain_shards;
DROP TABLE chain_counts;
DROP TABLE chain_effects;
DROP TABLE chain_steps;
DROP TABLE chain_runs;
DROP TABLE chain_versions;
DROP TABLE chains;
