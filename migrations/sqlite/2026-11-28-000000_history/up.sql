-- The other half of the history: what came in, what was deleted, and all events of one payment.

-- An invoice of one of our nodes that was paid. Its number is one of the payments' own, so that both
-- tables are one list, in the order in which we learnt of each.
create table incoming_payments (
    id               integer primary key,
    node_id          integer not null references nodes (id),
    payment_hash     blob not null check (length(payment_hash) = 32),
    payment_preimage blob not null check (length(payment_preimage) = 32),
    destination      blob not null check (length(destination) = 33),
    -- Null where the invoice leaves the amount to the payer.
    requested_msat   integer check (requested_msat between 1 and 2100000000000000000),
    received_msat    integer not null check (received_msat between 1 and 2100000000000000000),
    created_at       integer not null check (created_at >= 0),
    completed_at     integer not null check (completed_at >= created_at),
    label            text,
    description      text,
    bolt11           text,
    -- An invoice is paid once, however often its node says so. Not by hash alone: who pays an invoice of
    -- another node of theirs has the hash twice.
    unique (node_id, payment_hash)
) strict;

create index incoming_by_hash on incoming_payments (payment_hash);

-- The HTLCs that paid it.
create table incoming_parts (
    payment_id  integer not null references incoming_payments (id),
    place       integer not null check (place >= 0),
    channel     integer not null,
    -- The channel's number of the HTLC, where the node knew it still.
    htlc_id     integer check (htlc_id >= 0),
    amount_msat integer not null check (amount_msat between 1 and 2100000000000000000),
    cltv_expiry integer check (cltv_expiry between 0 and 4294967295),
    received_at integer check (received_at >= 0),
    primary key (payment_id, place)
) strict, without rowid;

create trigger incoming_payments_have_numbers_of_their_own
before insert on incoming_payments
when exists (select 1 from payments where payments.id = new.id)
begin
    select raise(fail, 'A-4: a number is used once');
end;

create trigger incoming_payments_are_history
before update on incoming_payments
begin
    select raise(fail, 'A-14: history does not change');
end;

create trigger incoming_parts_are_history
before update on incoming_parts
begin
    select raise(fail, 'A-14: history does not change');
end;

create trigger incoming_payments_leave_their_number
after delete on incoming_payments
begin
    update counters set last_payment = max(last_payment, old.id) where one = 1;
end;

-- How far each node has been heard about what came in.
create table incoming_cursors (
    node   text primary key,
    cursor integer not null check (cursor >= 0)
) strict, without rowid;

create trigger incoming_cursors_only_grow
before update on incoming_cursors
when new.cursor < old.cursor
begin
    select raise(fail, 'A-5: a cursor only grows');
end;

-- A-10: what was paid and deleted since.
create table tombstones (
    payment_hash blob primary key check (length(payment_hash) = 32),
    payment_id   integer not null,
    deleted_at   integer not null check (deleted_at >= 0)
) strict, without rowid;

create trigger tombstones_are_fixed
before update on tombstones
begin
    select raise(fail, 'A-10: what was paid is refused for ever');
end;

create trigger tombstones_are_kept
before delete on tombstones
begin
    select raise(fail, 'A-10: what was paid is refused for ever');
end;

create trigger payments_stay_deleted
before insert on payments
when exists (select 1 from tombstones where tombstones.payment_hash = new.payment_hash)
begin
    select raise(fail, 'A-10: this payment was paid, and deleted since');
end;

-- A-10: what was paid leaves a tombstone, and what may still be paid is not deleted.
drop trigger payments_are_kept;
create trigger payments_are_kept
before delete on payments
when old.live_parts > 0 or (old.status <> 2 and not exists (
    select 1 from tombstones where tombstones.payment_hash = old.payment_hash and tombstones.payment_id = old.id
))
begin
    select raise(fail, 'A-10: only what has failed, or has a tombstone, can be deleted');
end;

drop trigger parts_are_kept;
create trigger parts_are_kept
before delete on parts
when old.status = 0 or (old.status = 1 and not exists (
    select 1 from tombstones join payments using (payment_hash) where payments.id = old.payment_id
))
begin
    select raise(fail, 'A-5: only what has failed, or has a tombstone, can be deleted');
end;

-- Events of what came in have no part of ours, and kind 6.
create table all_events (
    seq            integer primary key,
    payment_id     integer not null,
    part_id        integer,
    kind           integer not null check (kind between 1 and 6),
    payment_status integer not null check (payment_status in (0, 1, 2)),
    part_status    integer check (part_status in (0, 1, 2)),
    at             integer not null check (at >= 0),
    constraint "A-14 part" check ((kind = 6) = (part_id is null))
) strict;
insert into all_events select seq, payment_id, part_id, kind, payment_status, part_status, at from events;
drop table events;
alter table all_events rename to events;

create index events_by_payment on events (payment_id);

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

-- A key goes with its payment, which has to be found without reading all of them.
create index requests_by_payment on requests (payment_id);
create index requests_by_part on requests (part_id);
