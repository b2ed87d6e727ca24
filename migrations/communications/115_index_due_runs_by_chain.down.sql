DROP INDEX chain_runs_due_by_chain;
