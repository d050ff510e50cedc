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

-- Parts that nodes know under our keys and that are not in `parts`: the database is older than its nodes, because
-- a copy was put back, or they were deleted.
-- fate: 0 may be out, 1 was fulfilled, 2 failed, 3 nobody can tell. As long as it is 0 or 3, no part of the
-- payment is taken (A-10).
create table unrecorded_parts (
    part_id          integer not null check (part_id > 0),
    payment_hash     blob not null check (length(payment_hash) = 32),
    node_id          integer not null references nodes (id),
    fate             integer not null check (fate between 0 and 3),
    amount_sent_msat integer check (amount_sent_msat between 1 and 2100000000000000000),
    noticed_at       integer not null check (noticed_at >= 0),
    -- Who ended it by hand, and why.
    who              text check (who <> ''),
    why              text check (why <> ''),
    primary key (part_id, payment_hash, node_id),
    constraint "A-5 by hand" check ((who is null) = (why is null) and (who is null or fate in (1, 2)))
) strict, without rowid;

-- Every new part asks for these; there are hardly ever any.
create index unrecorded_open on unrecorded_parts (payment_hash) where fate in (0, 3);

-- A-7: a proof goes before everything, and what has ended does not begin anew.
create trigger unrecorded_parts_have_one_outcome
before update of fate on unrecorded_parts
when not (old.fate in (0, 3) or new.fate = 1 or new.fate = old.fate)
begin
    select raise(fail, 'A-7: a part has one outcome');
end;

create trigger unrecorded_parts_are_fixed
before update of part_id, payment_hash, node_id on unrecorded_parts
begin
    select raise(fail, 'A-4: the key of a part is fixed');
end;

create trigger unrecorded_parts_are_kept
before delete on unrecorded_parts
begin
    select raise(fail, 'A-10: what a node knows is not forgotten');
end;

-- Nodes that have not been asked yet which parts they know with a larger number than that.
create table unasked_nodes (
    node_id     integer primary key references nodes (id),
    after       integer not null check (after >= 0),
    -- Whether other nodes have shown that the database is older than they are.
    is_restored integer not null check (is_restored in (0, 1))
) strict;

drop trigger payments_stay_deleted;
create trigger payments_stay_deleted
before insert on payments
when exists (select 1 from tombstones where tombstones.payment_hash = new.payment_hash)
    or exists (
        select 1 from unrecorded_parts
        where unrecorded_parts.payment_hash = new.payment_hash and unrecorded_parts.fate in (0, 3)
    )
begin
    select raise(fail, 'A-10: this payment was paid, or may be: a part of it is not stored');
end;

-- A-1, A-2, A-9: as before. And none of it is out that is not stored (A-10).
drop trigger parts_join_an_open_payment;
create trigger parts_join_an_open_payment
before insert on parts
when not exists (
    select 1 from payments
    where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
        and (payments.basic_mpp is not 0 or new.amount_msat = payments.intended_msat)
        and (payments.invoice_expires_at is null or new.created_at <= payments.invoice_expires_at)
        and not exists (
            select 1 from unrecorded_parts
            where unrecorded_parts.payment_hash = payments.payment_hash and unrecorded_parts.fate in (0, 3)
        )
) or not exists (select 1 from nodes where nodes.id = new.node_id)
begin
    select raise(fail, 'A-10: a part of this payment may be out that is not stored')
    where exists (
        select 1 from payments join unrecorded_parts using (payment_hash)
        where payments.id = new.payment_id and unrecorded_parts.fate in (0, 3)
    );
    select raise(fail, 'A-9: a part keeps to its invoice: it comes in time, and whole if the payee takes no parts')
    where exists (
        select 1 from payments
        where payments.id = new.payment_id and payments.status <> 1 and new.amount_msat <= payments.intended_msat
    ) and exists (select 1 from nodes where nodes.id = new.node_id);
    select raise(fail, 'A-2: a part joins an open payment, is not larger than it, and has a node');
end;

create trigger tombstones_take_no_payment
before insert on tombstones
when new.payment_id is null
    and exists (select 1 from payments where payments.payment_hash = new.payment_hash)
begin
    select raise(fail, 'A-10: a payment that is there is proven by its part, and not buried');
end;
