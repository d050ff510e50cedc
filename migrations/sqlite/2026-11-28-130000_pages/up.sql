-- A commit costs what its pages cost, and each index that it changes is one of them. Two go: a part itself
-- says its events, and the index of pending parts says which payments have any.

-- For `in` with three numbers and more SQLite makes a little tree of them each time that it checks a row.
-- And where there is a trigger, and a foreign key is checked at once or a check calls a function, it copies
-- every page that a statement changes, to be able to undo it. So for parts the triggers below ask for the
-- payment and the node at once, the keys are checked with the commit, and how long `erring_node` is, is
-- looked at when it is read. Only the words change, so no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(replace(sql,
    'status in (0, 1, 2)', 'status between 0 and 2'),
    'failure_code in (202, 203, 204, 209)', 'failure_code between 202 and 204 or failure_code = 209')
where type = 'table' and name in ('payments', 'parts', 'events');
update sqlite_schema set sql = replace(replace(replace(sql,
    'references payments (id)', 'references payments (id) deferrable initially deferred'),
    'references nodes (id)', 'references nodes (id) deferrable initially deferred'),
    ' check (length(erring_node) = 33)', '')
where type = 'table' and name = 'parts';
pragma writable_schema = reset;

-- A-1, A-2: a part joins an open payment, and is not larger than it.
drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when not exists (
    select 1 from payments
    where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
) or not exists (select 1 from nodes where nodes.id = new.node_id)
begin
    select raise(fail, 'A-2: a part joins an open payment, is not larger than it, and has a node');
end;

-- Whether a payment may go at all is asked first. Afterwards only `abort` brings it back.
create trigger payments_go_after_their_parts
after delete on payments
when exists (select 1 from parts where parts.payment_id = old.id)
begin
    select raise(abort, 'A-5: a payment goes after its parts');
end;

create trigger nodes_are_kept
before delete on nodes
begin
    select raise(fail, 'A-4: the number of a node is used once');
end;

-- What refers to a number refers to the same row for ever, by whatever name the number is called.
create trigger nodes_keep_their_number
before update of id, rowid, oid, _rowid_ on nodes
begin
    select raise(fail, 'A-4: the parts of a node are looked up at no other');
end;

create trigger payments_keep_their_number
before update of rowid, oid, _rowid_ on payments
begin
    select raise(fail, 'A-9: the terms of a payment are fixed');
end;

-- The events of a part: the one that it began with, and its first end. All others are rare. Null only in
-- rows that are older than this, and whose history is damaged: their events are in the list of all, and not
-- in their payment's. What is damaged does not keep the daemon from starting, so nothing is checked here.
pragma ignore_check_constraints = on;
alter table parts add column accepted_event integer check (accepted_event > 0);
alter table parts add column ended_event integer
    constraint "A-14 end" check (
        accepted_event is null or ((status = 0) = (ended_event is null) and coalesce(ended_event > accepted_event, true))
    );

-- A table for once, because a sort of all events would be held in memory.
create table part_events (part_id integer primary key, accepted integer, ended integer) strict;
insert into part_events
select part_id, iif(kind = 1, seq, null), iif(kind = 1, null, seq) from events where kind < 4 order by seq
on conflict (part_id) do update set
    accepted = coalesce(accepted, excluded.accepted),
    ended = coalesce(ended, excluded.ended);
update parts set (accepted_event, ended_event) = (select accepted, ended from part_events where part_id = parts.id);
drop table part_events;
update parts set accepted_event = null, ended_event = null
where accepted_event is null
    or (status = 0) <> (ended_event is null)
    or ended_event <= accepted_event;
pragma ignore_check_constraints = off;

drop index events_by_payment;
-- A fulfilled part that had been called failed, a contradiction, a payment that came in.
create index events_rare on events (payment_id) where kind > 3;

create trigger parts_have_one_beginning
before update of accepted_event on parts
begin
    select raise(fail, 'A-14: history does not change');
end;

-- A-7: an outcome is written once; only a proof beats an earlier failure, which stays in the history.
drop trigger parts_have_one_outcome;
create trigger parts_have_one_outcome
before update of status, ended_event on parts
when not (
    old.status = 0
    or (old.status = 2 and new.status = 1 and (old.ended_event is null or new.ended_event is old.ended_event))
)
begin
    select raise(fail, 'A-7: a part has one outcome');
end;

-- What has live parts is found by its live parts.
drop index payments_live;
drop index parts_pending;
create index parts_pending on parts (id, payment_id) where status = 0;
