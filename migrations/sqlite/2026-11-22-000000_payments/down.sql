-- Forgets every payment: for development, and for a database that never paid anything.
drop table counters;
drop table cursors;
drop table requests;
drop table events;
drop table parts;
drop table payments;
drop table nodes;
