-- A commit costs what its pages cost, and each index that it changes is one of them. What two of them said
-- is now said by the part itself, and by what is pending.

-- For `in` with three numbers and more SQLite makes a little tree of them each time that it checks a row:
-- a tenth of what it does for a payment. Only the words change, so no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(replace(sql,
    'status in (0, 1, 2)', 'status between 0 and 2'),
    'failure_code in (202, 203, 204, 209)', 'failure_code between 202 and 204 or failure_code = 209')
where type = 'table' and name in ('payments', 'parts', 'events');
pragma writable_schema = reset;

-- The events of a part: the one that it began with, and its first end. All others are rare. Null only in
-- rows that are older than this, and damaged.
alter table parts add column accepted_event integer check (accepted_event > 0);
alter table parts add column ended_event integer
    constraint "A-14 end" check (
        accepted_event is null or ((status = 0) = (ended_event is null) and coalesce(ended_event > accepted_event, true))
    );

create index events_by_part on events (part_id, kind);
update parts set accepted_event = accepted, ended_event = ended
from (
    select part_id, min(seq) filter (where kind = 1) as accepted, min(seq) filter (where kind in (2, 3)) as ended
    from events group by part_id
) as history
where history.part_id = parts.id
    and accepted is not null
    and (status = 0) = (ended is null)
    and coalesce(ended > accepted, true);
drop index events_by_part;

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
