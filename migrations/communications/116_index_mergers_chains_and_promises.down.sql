DROP INDEX promises_by_end;
DROP INDEX messages_by_chain;
DROP INDEX visitors_by_time;
DROP INDEX members_by_survivor;
