-- What a member can spend, without a look at each lot: a member has more of them every year.
CREATE INDEX point_lots_open ON point_lots (member_id, remaining, active_from, expires_at) WHERE remaining <> 0;
