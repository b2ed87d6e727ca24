DROP INDEX point_lots_open;
