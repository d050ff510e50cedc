-- Forgets what came in. What was paid and deleted would be forgotten too, and could be paid again: with
-- a tombstone there is no way back (A-10).
create table no_way_back (tombstones integer check (tombstones = 0)) strict;
insert into no_way_back select count(*) from tombstones;
drop table no_way_back;

drop index requests_by_part;
drop index requests_by_payment;

create table own_events (
    seq            integer primary key,
    payment_id     integer not null,
    part_id        integer not null,
    kind           integer not null check (kind between 1 and 5),
    payment_status integer not null check (payment_status in (0, 1, 2)),
    part_status    integer check (part_status in (0, 1, 2)),
    at             integer not null check (at >= 0)
) strict;
delete from events where kind = 6;
insert into own_events select seq, payment_id, part_id, kind, payment_status, part_status, at from events;
drop table events;
alter table own_events rename to events;

create trigger events_are_history
before update on events
begin
    select raise(fail, 'A-14: history does not change');
end;

create trigger events_leave_their_number
after delete on events
begin
    update counters set last_event = max(last_event, old.seq) where one = 1;
end;

drop trigger parts_are_kept;
create trigger parts_are_kept
before delete on parts
when old.status <> 2
begin
    select raise(fail, 'A-5: only a failed part can be deleted');
end;

drop trigger payments_are_kept;
create trigger payments_are_kept
before delete on payments
when old.status <> 2
begin
    select raise(fail, 'A-10: only a failed payment can be deleted');
end;

drop trigger payments_stay_deleted;
drop table tombstones;
drop table incoming_cursors;
delete from incoming_parts;
delete from incoming_payments;
drop table incoming_parts;
drop table incoming_payments;
