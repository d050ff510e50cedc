-- Forgets which parts somebody else's payment was in the way of (they stay failed), and under which
-- keys nodes know our parts: for development, and for a database that never offered any to lightningd.
drop table installation;
alter table parts drop column elsewhere;
