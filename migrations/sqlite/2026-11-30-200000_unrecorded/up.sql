-- What nodes know and the database does not: after a copy was put back, or after a payment was deleted.

-- A-10: a proof may come when there is no payment of its hash. Then the tombstone names no row.
-- Events of kind 7: an operator has ended a part. 8: a node fulfilled a part that is not stored (alarm).
-- Only the words change, so no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(sql, 'kind between 1 and 6', 'kind between 1 and 8')
where type = 'table' and name = 'events';
update sqlite_schema set sql = replace(sql, 'payment_id   integer not null', 'payment_id   integer')
where type = 'table' and name = 'tombstones';
pragma writable_schema = reset;

-- A-5: what an operator has ended, because no node could tell what became of it: who said so, and why. What it
-- says holds as long as the part has that status: a preimage beats a failure (A-7).
create table resolutions (
    seq     integer primary key references events (seq) deferrable initially deferred,
    part_id integer not null unique references parts (id) deferrable initially deferred,
    status  integer not null check (status in (1, 2)),
    who     text not null check (who <> ''),
    why     text not null check (why <> '')
) strict;

-- Written first, so that what it ends is still pending.
create trigger resolutions_end_what_is_pending
before insert on resolutions
when not exists (select 1 from parts where parts.id = new.part_id and parts.status = 0)
begin
    select raise(fail, 'A-5: an operator ends only what is pending');
end;

create trigger resolutions_are_history
before update on resolutions
begin
    select raise(fail, 'A-14: history does not change');
end;

-- It goes with its part, after the event.
create trigger resolutions_are_kept
before delete on resolutions
when exists (select 1 from events where events.seq = old.seq)
begin
    select raise(fail, 'A-14: history does not change');
end;

create trigger tombstones_take_no_payment
before insert on tombstones
when new.payment_id is null
    and exists (select 1 from payments where payments.payment_hash = new.payment_hash)
begin
    select raise(fail, 'A-10: a payment that is there is proven by its part, and not buried');
end;
