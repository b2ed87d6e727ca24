DROP INDEX purchases_confirmed;
DROP TABLE backtests;
